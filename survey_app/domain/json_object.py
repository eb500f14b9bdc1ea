"""A JSON object under reading: checked values come out, and what is wrong is noted by unit and item."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from unicodedata import category

from survey_app.domain.points import describe, read_count

LONGEST_NAME = 200


@dataclass(frozen=True)
class Fault:
    """What is wrong with a bundle: which unit, which item (or key), and why; as a text, one line."""

    unit: str
    item: str
    reason: str

    def __str__(self) -> str:
        return "：".join(one_line(part) for part in (self.unit, self.item, self.reason))


class RepeatedKeys(dict[str, object]):
    """A JSON object in which a key was written more than once; `repeated` names these keys."""

    def __init__(self, pairs: Iterable[tuple[str, object]], repeated: tuple[str, ...]) -> None:
        super().__init__(pairs)
        self.repeated = repeated


def object_from_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of a JSON reader's pairs, keeping in mind which keys came twice (object_pairs_hook)."""
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    times = Counter(key for key, _ in pairs)
    return RepeatedKeys(pairs, tuple(key for key, n in times.items() if n > 1))


@dataclass
class JsonObject:
    """An object under reading: hands out its values and notes faults under its unit and item."""

    values: Mapping[str, object]
    unit: str
    item: str
    faults: list[Fault]
    read: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, value: object, unit: str, item: str, faults: list[Fault]) -> "JsonObject | None":
        """Begin to read a value, or note that it is no object and return None."""
        if isinstance(value, Mapping):
            return cls(value, unit, item, faults)
        faults.append(Fault(unit, item, f"应为对象（{{…}}），不是{describe(value)}"))
        return None

    def fault(self, reason: str, item: str | None = None) -> None:
        """Note what is wrong, with the object's own item or another."""
        self.faults.append(Fault(self.unit, item or self.item, reason))

    def take(self, key: str) -> object:
        """Return a key's value, None where it is absent or null."""
        self.read.add(key)
        return self.values.get(key)

    def text(self, key: str) -> str | None:
        """Return a text without the blanks around it; None where there is none, or it is none to use."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.fault(f"应为文字，不是{describe(value)}", key)
        elif len(value) > LONGEST_NAME or not is_clean(value):
            self.fault(f"应为不超过 {LONGEST_NAME} 字的文字，不含控制字符", key)
        else:
            return value.strip()
        return None

    def count(self, key: str, item: str | None = None) -> int | None:
        """Return a whole number of 0 or more; None where there is none, noted under `item`, or the key."""
        value = self.take(key)
        count = read_count(value)
        if count is None and value is not None:
            self.fault(f"{key} 应为不小于 0 的整数，不是 {describe(value)}", item or key)
        return count

    def refuse_repeated(self, item: str | None = None) -> None:
        """Note the keys that were written twice: which value was meant can't be known."""
        if isinstance(self.values, RepeatedKeys):
            for key in self.values.repeated:
                self.fault(f"键{describe(key)}写了不止一次", item or key)

    def refuse_unread(self, reason: str, item: str | None = None) -> None:
        """Note the keys that nothing asked for, under `item`, or each under itself."""
        for key in self.values:
            if key not in self.read:
                self.fault(f"{reason}（{describe(key)}）", item or str(key)[:LONGEST_NAME])


def is_clean(text: str) -> bool:
    """Whether a text can be stored and printed on one line: no control character, no lone surrogate."""
    return not any(category(symbol) in ("Cc", "Cs", "Zl", "Zp") for symbol in text)


def one_line(text: str) -> str:
    """Return a text with a sign in place of what can't be printed on one line."""
    return "".join(symbol if is_clean(symbol) else "�" for symbol in text)
