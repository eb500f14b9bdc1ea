"""平均分: the points of an item that the mean of its answers decides, and the sentence that explains them."""

from decimal import Decimal
from fractions import Fraction

from survey_app.domain.points import round_half_up
from survey_app.domain.scheme import Average
from survey_app.domain.tally import Tally
from survey_app.domain.text import Param, Text


def average_points(maximum: Decimal, settings: Average, tally: Tally) -> Decimal:
    """Return the maximum times the mean share of the answers, of which there is one at least, rounded."""
    return round_half_up(_exact(maximum, settings, tally), settings.places)


def average_why(maximum: Decimal, settings: Average, tally: Tally, points: Decimal) -> Text:
    """Return how many answers of each level make up the points."""
    plus = Text(" + ")
    terms: tuple[Param, ...] = ()
    for level in settings.levels:
        term = {"level": level.name, "count": tally.count(level.key), "share": settings.share[level.key]}
        terms += (plus, Text("%(level)s %(count)s × %(share)s", term))
    params = {
        "n": tally.n,
        "terms": terms[1:],
        "sum": _sum(settings, tally),
        "max": maximum,
        "points": points,
        "places": settings.places,
    }
    if points == _exact(maximum, settings, tally):
        return Text("%(n)s 份答卷：%(terms)s = %(sum)s，%(max)s × %(sum)s ÷ %(n)s = %(points)s", params)
    return Text(
        "%(n)s 份答卷：%(terms)s = %(sum)s，%(max)s × %(sum)s ÷ %(n)s ≈ %(points)s（四舍五入到 %(places)s 位小数）",
        params,
    )


def _sum(settings: Average, tally: Tally) -> Decimal:
    return sum((share * tally.count(key) for key, share in settings.share.items()), Decimal(0))


def _exact(maximum: Decimal, settings: Average, tally: Tally) -> Fraction:
    return Fraction(maximum) * Fraction(_sum(settings, tally)) / tally.n
