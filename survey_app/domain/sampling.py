"""The draw: a ranking of a frame by a keyed hash, which anyone repeats from the frame and the seed."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Enterprises asked about a unit where nobody says otherwise.
USUAL_SIZE = 10


@dataclass(frozen=True)
class Draw:
    """A unit's frame in the order of the draw: the first `size` are the sample, the rest the reserve."""

    seed: str
    size: int
    frame_digest: str
    order: tuple[str, ...]

    @property
    def sample(self) -> tuple[str, ...]:
        """The keys that are asked, in rank order."""
        return self.order[: self.size]

    @property
    def reserve(self) -> tuple[str, ...]:
        """The keys that step in, in the order in which they do."""
        return self.order[self.size :]


def frame_digest(keys: Iterable[str]) -> str:
    """Return the SHA-256 of a frame's keys, sorted, one a line: the same set gives the same digest."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def order_digest(keys: Iterable[str]) -> str:
    """Return the SHA-256 of a draw's keys in its order, one a line: a replay is compared without the keys."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def rank(seed: str, unit: str, key: str) -> bytes:
    """Return a key's rank value; the unit's name is hashed in, so that samples of two units are independent."""
    return hmac.digest(seed.encode(), f"{unit}\n{key}".encode(), hashlib.sha256)


def draw(keys: Sequence[str], size: int, seed: str, unit: str) -> Draw:
    """Draw `size` of the frame `keys` (credit codes, or name and phone where there is none) for one unit.

    A frame smaller than `size` is drawn whole. Raises ValueError for a size below 1, an empty seed or a
    repeated key.
    """
    if size < 1:
        raise ValueError(f"抽样数应至少为 1，不是 {size}")
    if not seed.strip():
        raise ValueError("抽样需要种子：请填写公开的种子")
    if len(set(keys)) != len(keys):
        raise ValueError(f"{unit}的样本库中有重复的企业")
    order = tuple(sorted(keys, key=lambda key: (rank(seed, unit, key), key)))
    return Draw(seed, min(size, len(order)), frame_digest(keys), order)
