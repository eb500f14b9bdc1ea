"""年度汇总: the units' totals and ranks over the finished quarters of a year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy.orm import Session

from survey_app.domain.points import round_half_up
from survey_app.domain.quarter import Quarter, parse_quarter
from survey_app.domain.ranking import ranks_within
from survey_app.services.errors import NotFoundError
from survey_app.services.scores import frozen_scores
from survey_app.services.versions import finished_rounds, standing_version

PLACES = 2


@dataclass(frozen=True)
class QuarterResult:
    """A unit's total and rank in a finished quarter."""

    total: Decimal
    rank: int


@dataclass(frozen=True)
class AnnualRow:
    """A unit's year: a result for each finished quarter, None where it took no part; the mean to two places.

    `rank` is by the mean, among all or within the category; equal means share one, and the next is skipped.
    """

    unit: str
    category: str | None
    results: tuple[QuarterResult | None, ...]
    mean: Decimal
    rank: int


@dataclass(frozen=True)
class FinishedQuarter:
    """A finished quarter, and what its result can be checked by."""

    quarter: Quarter
    version: int
    digest: str
    published: bool


@dataclass(frozen=True)
class AnnualSummary:
    """年度汇总 — `quarters` are the finished ones, of four; `rows` are by rank; `as_of` the latest finalising.

    `within`: ranks are within the categories, as they are in each of the quarters; rows then go by category.
    """

    year: int
    quarters: tuple[FinishedQuarter, ...]
    rows: tuple[AnnualRow, ...]
    as_of: datetime
    within: bool

    @property
    def incomplete(self) -> int:
        """How many units took part in some of the finished quarters only."""
        return sum(1 for row in self.rows if None in row.results)


def years(session: Session) -> list[int]:
    """Return the years that have a finished quarter, the newest first."""
    rounds = finished_rounds(session)
    return sorted({parse_quarter(each.quarter).year for each in rounds}, reverse=True)


def annual_summary(session: Session, year: int) -> AnnualSummary:
    """Return a year's summary, of each quarter the version that units see or, before that, the newest.

    Raises NotFoundError when no quarter of the year is finished, ServiceError when a frozen score is not what
    its digest says.
    """
    finished = finished_rounds(session)[::-1]
    rounds = [each for each in finished if parse_quarter(each.quarter).year == year]
    if not rounds:
        raise NotFoundError(f"{year} 年还没有已核定的季度")
    versions = [standing_version(session, each) for each in rounds]
    found = [
        frozen_scores(session, each, version.version) for each, version in zip(rounds, versions, strict=True)
    ]
    results: dict[int, dict[int, QuarterResult]] = {}
    names: dict[int, tuple[str, str | None]] = {}  # as they were in the latest quarter
    for place, result in enumerate(found):
        for score in result.score.units:
            unit_id = result.unit_ids[score.unit]
            results.setdefault(unit_id, {})[place] = QuarterResult(score.total, score.rank)
            names[unit_id] = score.unit, score.category
    means = [_mean([each.total for each in of_unit.values()]) for of_unit in results.values()]
    within = all(result.score.scheme.within for result in found)
    groups = [names[unit_id][1] if within else None for unit_id in results]
    ranked = ranks_within(groups, means)
    rows = [
        AnnualRow(*names[unit_id], tuple(of_unit.get(place) for place in range(len(rounds))), mean, rank)
        for (unit_id, of_unit), mean, rank in zip(results.items(), means, ranked, strict=True)
    ]
    order = list(dict.fromkeys(groups))
    in_order = sorted(zip(groups, rows, strict=True), key=lambda each: (order.index(each[0]), each[1].rank))
    return AnnualSummary(
        year,
        tuple(
            FinishedQuarter(
                parse_quarter(each.quarter), version.version, version.digest, version.published_at is not None
            )
            for each, version in zip(rounds, versions, strict=True)
        ),
        tuple(row for _, row in in_order),
        max(result.frozen_at for result in found if result.frozen_at is not None),
        within,
    )


def _mean(totals: Sequence[Decimal]) -> Decimal:
    return round_half_up(sum((Fraction(each) for each in totals), Fraction(0)) / len(totals), PLACES)
