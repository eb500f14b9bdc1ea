"""回执: the code that a received answer gets, the published list of those that count, and the way to disown one."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from survey_app.domain.access_code import ALPHABET, normalise_code

# Nine symbols, so that nobody takes a receipt for the eight of an access code.
RECEIPT_LENGTH = 9
_RECEIPT = re.compile(f"[{ALPHABET}]{{{RECEIPT_LENGTH}}}", re.ASCII)
# 96 bits beside the receipt's 44; whoever knows a receipt still has to guess these.
_PROOF_BYTES = 12
DISOWN_LENGTH = RECEIPT_LENGTH + _PROOF_BYTES * 4 // 3


def is_receipt(code: str) -> bool:
    """Whether a text is a receipt's code as it is stored."""
    return _RECEIPT.fullmatch(code) is not None


def normalise_receipt(typed: str) -> str | None:
    """Return the receipt that `typed` means, or None when it can't be one; read as an access code is."""
    return normalise_code(typed, RECEIPT_LENGTH)


def list_text(codes: Iterable[str]) -> str:
    """Return a list of receipts as it is published: one a line, sorted, each line ended by a line feed."""
    return "".join(f"{code}\n" for code in sorted(codes))


def list_digest(codes: Iterable[str]) -> str:
    """Return the SHA-256 of the published list in hex: what `sha256sum` gives for the file."""
    return hashlib.sha256(list_text(codes).encode()).hexdigest()


def listed_receipts(
    now: Iterable[str], before: Iterable[str] | None, version: int, as_of: int, smallest: int
) -> tuple[int, tuple[str, ...]]:
    """Return of which version a new version's list is, and its codes, sorted.

    `now` are those that count at this freezing, `before` the list that stood (of version `as_of`), None where
    there was none. A correction that takes in or drops fewer than `smallest` codes keeps the list that stood:
    together with the points that changed, the difference of two lists would tell whoever knows an enterprise's
    receipt what that enterprise had answered.
    """
    counted = frozenset(now)
    if before is not None and len(counted ^ (stood := frozenset(before))) < smallest:
        return as_of, tuple(sorted(stood))
    return version, tuple(sorted(counted))


def disown_token(key: bytes, code: str) -> str:
    """Return the token of the page on which an enterprise says that it didn't give the answer of a receipt.

    It opens no answer, and nothing of it is stored: it is the code with a proof that we made it.
    """
    proof = hmac.digest(key, f"disown:{code}".encode(), hashlib.sha256)[:_PROOF_BYTES]
    return code + base64.urlsafe_b64encode(proof).decode()


def receipt_of(key: bytes, token: str) -> str | None:
    """Return the receipt that a token is about, or None for one that we did not make."""
    code = token[:RECEIPT_LENGTH]
    if len(token) != DISOWN_LENGTH or not token.isascii() or not is_receipt(code):
        return None
    return code if hmac.compare_digest(token, disown_token(key, code)) else None
