"""The one way to write JSON as bytes, so that a digest says whether its content changed."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal

# Between these exponents a number is written out in digits, as people and other tools write it.
_PLAIN = range(-6, 21)
_encode = json.JSONEncoder(ensure_ascii=False).encode


def canonical_json(value: object) -> bytes:
    """Return JSON in UTF-8 with sorted keys and no blanks; equal numbers are written alike (5.0 is 5).

    Raises TypeError for what JSON can't hold. A NaN or an infinity is written by its name.
    """
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces).encode("utf-8", "surrogatepass")


def canonical_digest(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _write(value: object, pieces: list[str]) -> None:
    match value:
        case None | bool() | str():
            pieces.append(_encode(value))
        case int() | float() | Decimal():
            pieces.append(_number(value))
        case Mapping():
            pieces.append("{")
            for place, key in enumerate(sorted(value)):
                pieces.append(("," if place else "") + _encode(key) + ":")
                _write(value[key], pieces)
            pieces.append("}")
        case list() | tuple():
            pieces.append("[")
            for place, each in enumerate(value):
                if place:
                    pieces.append(",")
                _write(each, pieces)
            pieces.append("]")
        case _:
            raise TypeError(f"{type(value).__name__} is no JSON")


def _number(value: float | Decimal) -> str:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        return str(number)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    written = "".join(map(str, digits)).lstrip("0")
    stripped = written.rstrip("0")
    if not stripped:
        return "0"
    exponent += len(written) - len(stripped)
    minus = "-" if sign else ""
    if exponent + len(stripped) - 1 not in _PLAIN:
        return f"{minus}{stripped}e{exponent}"
    if exponent >= 0:
        return minus + stripped + "0" * exponent
    whole, part = stripped[:exponent], stripped[exponent:].rjust(-exponent, "0")
    return f"{minus}{whole or '0'}.{part}"
