"""方阵: how a tiered item's values suggest points (rule: Tiers)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from survey_app.domain.inputs import TierInput
from survey_app.domain.points import round_half_up
from survey_app.domain.scheme import Band, Tiers

_PLACES = 1  # suggested points are rounded to 0.1


@dataclass(frozen=True)
class Standing:
    """Where a unit stands: `place` of `of`, in `band`, at the `step`-th best of `steps` distinct values."""

    value: Fraction
    place: int
    of: int
    band: Band
    step: int
    steps: int
    points: Decimal
    fixed: bool

    @property
    def allowed(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest points that staff may enter instead of the suggested ones."""
        return (self.points, self.points) if self.fixed else (self.band.low, self.band.high)


def tier_value(settings: Tiers, entry: TierInput) -> Fraction | None:
    """Return the value that orders a unit: the mean of its marks, or the weighted number of its articles.

    None where it has neither; a unit with entered points only has no value.
    """
    if entry.marks:
        return sum((Fraction(mark) for mark in entry.marks), Fraction(0)) / len(entry.marks)
    if entry.counts:
        pairs = zip(settings.fields, entry.counts, strict=True)
        return sum((Fraction(field.weight) * count for field, count in pairs), Fraction(0))
    return None


def standings(settings: Tiers, entries: Mapping[str, TierInput]) -> dict[str, Standing]:
    """Return the standing of every unit whose entry has a value.

    n counts these units only: whoever was given points without marks or counts is not compared with the
    others. A value of 0 counts in n and as one of the last tier's distinct values, but its own points are
    fixed where the scheme says so.
    """
    values = {
        unit: value for unit, entry in entries.items() if (value := tier_value(settings, entry)) is not None
    }
    ordered = sorted(values.values(), reverse=True)
    place: dict[Fraction, int] = {}
    for r, value in enumerate(ordered, start=1):
        place.setdefault(value, r)
    band_of = {value: _band(settings, value, r, len(ordered)) for value, r in place.items()}
    found = {}
    for index, band in enumerate(settings.bands):
        distinct = [value for value in place if band_of[value] == index]
        for step, value in enumerate(distinct, start=1):
            fixed = settings.zero_points is not None and value == 0
            points = settings.zero_points if fixed else None
            if points is None:
                points = _points(band, step, len(distinct))
            found[value] = Standing(
                value, place[value], len(ordered), band, step, len(distinct), points, fixed
            )
    return {unit: found[value] for unit, value in values.items()}


def _band(settings: Tiers, value: Fraction, place: int, n: int) -> int:
    last = len(settings.bands) - 1
    if settings.zero_points is not None and value == 0:
        return last
    return next((index for index, cut in enumerate(settings.cuts) if place <= ceil(n * cut)), last)


def _points(band: Band, step: int, steps: int) -> Decimal:
    if steps == 1:
        return band.high
    top, bottom = Fraction(band.high), Fraction(band.low)
    return round_half_up(top - (top - bottom) * (step - 1) / (steps - 1), _PLACES)
