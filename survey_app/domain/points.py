"""Exact points: reading them from outside values, rounding half up, and writing them as people do."""

from decimal import Decimal
from fractions import Fraction

# More decimals, or larger numbers, than any plan has; bounds keep exact arithmetic cheap on hostile input.
MAX_DECIMALS = 10
MAX_NUMBER = 10**9
_MAX_DIGITS = 100


def read_number(value: object) -> Decimal | None:
    """Return the finite number that a JSON or TOML value is, exactly, or None when it is none or too large.

    A truth value and a text are no numbers. A binary float stands for the shortest decimal that prints as it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) <= MAX_NUMBER else None
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if not number.is_finite():
        return None
    if number.is_zero():
        return Decimal(0)
    # The exponents are looked at before anything is computed: 1e999999999 must not become an integer.
    if not -MAX_DECIMALS <= number.adjusted() <= 9 or len(number.as_tuple().digits) > _MAX_DIGITS:
        return None
    exact = Fraction(number)
    if abs(exact) > MAX_NUMBER or (exact * 10**MAX_DECIMALS).denominator != 1:
        return None
    return number


def read_count(value: object) -> int | None:
    """Return the whole number of 0 or more that a JSON value is, or None; 5.0 is the count 5."""
    number = read_number(value)
    if number is None or number < 0 or number != number.to_integral_value():
        return None
    return int(number)


def round_half_up(value: Fraction | Decimal, places: int) -> Decimal:
    """Round to `places` decimals; a half goes away from zero."""
    scaled = abs(Fraction(value)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = -1 if value < 0 else 1
    return Decimal(sign * whole).scaleb(-places)


def plain(number: Decimal | int) -> str:
    """Write a number as people do: 7.5, not 7.50; 20, not 20.0; with a true minus sign."""
    written = f"{Decimal(number):f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written in ("-0", "0") else written.replace("-", "−")


def describe(value: object) -> str:
    """Describe an outside value in a few characters on one line, for a sentence that refuses it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            shown = value if len(value) <= 20 else value[:20] + "…"
            return "「" + "".join(c if c.isprintable() or c == "\u3000" else "�" for c in shown) + "」"
        case int() if abs(value) > MAX_NUMBER:
            return "过大的数"
        case int() | float() | Decimal():
            shown = str(value)
            return shown if len(shown) <= 20 else shown[:20] + "…"
        case dict():
            return "一个对象"
        case list() | tuple():
            return "一个列表"
        case _:
            return "一个无法识别的值"
