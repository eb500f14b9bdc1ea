"""四分位数: what half, and each quarter, of some numbers stay below."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from survey_app.domain.points import round_half_up

PLACES = 1


@dataclass(frozen=True)
class Quartiles:
    """中位数和四分位数 of `n` numbers, to one decimal."""

    n: int
    low: Decimal
    median: Decimal
    high: Decimal


def quartiles(values: Sequence[Decimal]) -> Quartiles | None:
    """Return the quartiles of some numbers; None of none.

    Between two numbers the point is found in proportion, the smallest being the quantile 0 and the largest
    the quantile 1 (Hyndman and Fan's type 7, as spreadsheets' QUARTILE.INC).
    """
    if not values:
        return None
    ordered = [Fraction(value) for value in sorted(values)]
    low, median, high = (_quantile(ordered, Fraction(part, 4)) for part in (1, 2, 3))
    return Quartiles(len(ordered), low, median, high)


def coarse(found: Quartiles) -> Quartiles:
    """Return quartiles to one significant digit, which no single amount in anybody's books can be told by."""
    return Quartiles(found.n, *(_one_digit(each) for each in (found.low, found.median, found.high)))


def _one_digit(value: Decimal) -> Decimal:
    unit = Decimal(1).scaleb(value.adjusted()) if value else Decimal(1)
    return round_half_up(Fraction(value) / Fraction(unit), 0) * unit


def _quantile(ordered: Sequence[Fraction], part: Fraction) -> Decimal:
    place = (len(ordered) - 1) * part
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return round_half_up(ordered[below] + (ordered[above] - ordered[below]) * (place - below), PLACES)
