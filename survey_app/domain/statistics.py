"""Figures beside the official score, never in its place: normalised points, intervals, unclear ranks."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import accumulate

from survey_app.domain.average import average_points
from survey_app.domain.points import round_half_up
from survey_app.domain.ranking import ranks
from survey_app.domain.scheme import Average, Deductions
from survey_app.domain.tally import Tally

_Z = Decimal("1.959964")  # of a two-sided interval at 95 %
_SHARE_PLACES = 4


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a share: both ends from 0 to 1, to four places."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class TallyStatistics:
    """What a tally says beside its points: answers, normalised points, share of 满意 and its interval.

    Where nobody answered, all but `answered` is None. `population` is the number of enterprises in the unit's
    library, None where it is not known; the interval is then that of an endless population, which is wider.
    """

    answered: int
    normalised: Decimal | None
    share: Decimal | None
    interval: Interval | None
    population: int | None


def tally_statistics(
    maximum: Decimal, settings: Deductions | Average, tally: Tally, population: int | None
) -> TallyStatistics:
    """Return the figures beside an item's points (rule: Beside the official score)."""
    satisfied = tally.satisfied(settings.levels)
    return TallyStatistics(
        tally.n,
        normalised(maximum, settings, tally),
        share(satisfied, tally.n),
        wilson(satisfied, tally.n, population),
        population,
    )


def normalised(maximum: Decimal, settings: Deductions | Average, tally: Tally) -> Decimal | None:
    """Return the points that don't grow or shrink with the number of answers, to two places.

    The maximum times one less the share of what could have been deducted: 20 × (1 − (b + 2d) / 2n) and
    30 × (1 − d / n) in the first scheme. An average's are its own points. None where nobody answered.
    """
    if not tally.n:
        return None
    if isinstance(settings, Average):
        return average_points(maximum, settings, tally)
    deducted = sum((Fraction(each) * tally.count(key) for key, each in settings.per.items()), Fraction(0))
    most = Fraction(max(settings.per.values())) * tally.n
    return round_half_up(Fraction(maximum) * (1 - deducted / most), 2)


def share(part: int, whole: int) -> Decimal | None:
    """Return part of whole, 0 to 1, to four places; None of nothing."""
    return round_half_up(Fraction(part, whole), _SHARE_PLACES) if whole else None


def wilson(satisfied: int, answered: int, population: int | None = None) -> Interval | None:
    """Return Wilson's interval of the share of 满意, with its finite-population correction.

    The number of answers n counts as n(N − 1)/(N − n) of a library of N; with all of it answered the interval
    is a point; without answers there is none. Raises ValueError for more answers than the library holds.
    """
    if not 0 <= satisfied <= answered:
        raise ValueError(f"满意 {satisfied} 份应在 0 与答卷数 {answered} 之间")
    if population is not None and answered > population:
        raise ValueError(f"答卷 {answered} 份多于样本库企业 {population}")
    if not answered:
        return None
    if answered == population:
        point = round_half_up(Fraction(satisfied, answered), _SHARE_PLACES)
        return Interval(point, point)
    with localcontext(prec=40):
        n = Decimal(answered)
        if population is not None:
            n = n * (population - 1) / (population - answered)
        p, z2 = Decimal(satisfied) / answered, _Z * _Z
        centre = p + z2 / (2 * n)
        half = _Z * (p * (1 - p) / n + z2 / (4 * n * n)).sqrt()
        low, high = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    # At 0 and at n satisfied one end is exactly 0 or 1, which the square root may miss by its last digit.
    return Interval(
        Decimal(0) if not satisfied else round_half_up(low, _SHARE_PLACES),
        Decimal(1) if satisfied == answered else round_half_up(high, _SHARE_PLACES),
    )


def rank_ranges(
    totals: Sequence[Decimal], margins: Sequence[tuple[Decimal, Decimal]]
) -> list[tuple[int, int]]:
    """Return, for each total, the best and the worst rank of those it can't be told apart from.

    A margin is what the interval leaves open below and above a total, in points, never negative. Two totals
    can't be told apart when the higher one less its margin is not above the lower one with its own.
    """
    order = sorted(range(len(totals)), key=lambda index: -totals[index])
    ranked = ranks(totals)
    lows = [totals[index] - margins[index][0] for index in order]
    highs = [totals[index] + margins[index][1] for index in order]
    # From the top, the lowest low so far; from the bottom, the highest high. Both fall along the order, so
    # that negated they can be searched by halves.
    reach_up = [-low for low in accumulate(lows, min)]
    reach_down = [-high for high in accumulate(reversed(highs), max)][::-1]
    found = [(0, 0)] * len(totals)
    for place, index in enumerate(order):
        best = order[bisect_left(reach_up, -highs[place])]
        worst = order[bisect_right(reach_down, -lows[place]) - 1]
        found[index] = (ranked[best], ranked[worst])
    return found
