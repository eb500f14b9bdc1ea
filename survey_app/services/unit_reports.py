"""单位报告: how a unit stands over the quarters, what enterprises needed of time, papers and money, and why they complained."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from survey_app.domain.disclosure import is_open
from survey_app.domain.instrument import Instrument
from survey_app.domain.measures import MEASURES, MONEY, Measured, measure
from survey_app.domain.official_sheet import Beside, beside
from survey_app.domain.quartiles import Quartiles, coarse
from survey_app.domain.remarks import REASONS
from survey_app.domain.scheme import Scheme
from survey_app.domain.scoring import UnitScore
from survey_app.domain.statistics import share
from survey_app.domain.tally import Tally
from survey_app.domain.text import Name, Text, joined
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit_score import UnitScore as FrozenUnitScore
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import load_scheme
from survey_app.services.counted_answers import counted_answers
from survey_app.services.own_results import own_score, shows_levels
from survey_app.services.promise_reports import (
    PromiseReport,
    own_promise_report,
    promise_advice,
    promise_report,
)
from survey_app.services.scores import RoundResult
from survey_app.services.unit_remarks import Remarks, unit_remarks

_INSTRUMENT = "satisfaction"
_MOST_NAMED = 3
_LONGEST_TREND = 8  # quarters; more can't be read side by side


@dataclass(frozen=True)
class TrendPoint:
    """A finished quarter: the unit's total, its rank of how many, and the share of 满意 from 0 to 1."""

    quarter: str
    total: Decimal
    rank: int
    of: int
    satisfied: Decimal | None


@dataclass(frozen=True)
class MeasureRow:
    """A measure of the unit; what the unit itself may not see is None or left out.

    `answered` gave a number, `unknown` couldn't remember, `others` are codes such as 还没办完, each with how
    many gave it; `share_unknown` is of all who answered the question, 0 to 1.
    """

    title: Name
    unit: str
    quartiles: Quartiles | None
    answered: int | None
    unknown: int | None
    share_unknown: Decimal | None
    others: tuple[tuple[Name, int], ...]


@dataclass(frozen=True)
class Reason:
    """A reason for which answers weren't 满意; `named` is how often, None where that may not be told."""

    title: Name
    named: int | None


@dataclass(frozen=True)
class Report:
    """单位报告 — of one unit in one round, made of `answers`, of which `complaints` weren't 满意.

    `hidden` says that numbers were left out, so as to protect who answered; both numbers are then None.
    `smallest` is the smallest number of answers that a unit sees.
    """

    score: UnitScore
    trend: tuple[TrendPoint, ...]
    beside: tuple[Beside, ...]
    answers: int | None
    complaints: int | None
    measures: tuple[MeasureRow, ...]
    reasons: tuple[Reason, ...]
    promises: PromiseReport
    advice: tuple[Text, ...]
    remarks: tuple[Remarks, ...]
    smallest: int
    hidden: bool = False


def unit_report(session: Session, round_: Round, result: RoundResult, unit_id: int, own_view: bool) -> Report:
    """Return a unit's report; with `own_view` it is for the unit itself.

    The unit then sees published quarters only, and of the answers no number that could tell who gave them.
    Raises NotFoundError when the unit takes no part in the round.
    """
    score = own_score(session, round_, result, unit_id) if own_view else result.unit(unit_id)
    instrument = load_instrument(round_.scheme_key, _INSTRUMENT)
    smallest = result.score.scheme.smallest_cell
    answers = counted_answers(session, round_.id, _INSTRUMENT, unit_id, result.frozen_at)
    all_details = [answer.details for answer in answers]
    satisfied = {level.key for level in result.score.scheme.ratings if level.satisfied}
    complaints = [answer.details for answer in answers if answer.rating not in satisfied]
    report = Report(
        score=score,
        trend=trend(session, round_, unit_id, own_view),
        beside=tuple(beside(score)),
        answers=len(answers),
        complaints=len(complaints),
        measures=_measures(instrument, all_details),
        reasons=_reasons(instrument, complaints),
        promises=promise_report(session, unit_id, instrument, all_details),
        advice=(),
        remarks=unit_remarks(
            session,
            round_,
            result.score.scheme,
            unit_id,
            result.frozen_at,
            score.statistics.keys() if own_view else None,
        ),
        smallest=smallest,
    )
    if own_view:
        numbers = _INSTRUMENT in score.statistics
        promises = own_promise_report(session, unit_id, instrument, all_details, numbers, smallest)
        report = protected(replace(report, promises=promises), numbers)
    return replace(report, advice=tuple(_advice(report)))


def protected(report: Report, numbers: bool) -> Report:
    """Return a report without what could tell the unit who answered.

    `numbers`: whether its answers by level are open.

    If they aren't, no number of answers is shown at all: each would be an equation more to solve them by.
    """
    measures = tuple(
        _coarse_money(_protected_measure(row, report.answers or 0, numbers, report.smallest))
        for row in report.measures
    )
    reasons = tuple(
        _protected_reason(each, report.complaints or 0, numbers, report.smallest) for each in report.reasons
    )
    counted = [each for each in reasons if each and each.named is not None]
    # In an order that tells nothing of how often each was named.
    uncounted = sorted(
        (each for each in reasons if each and each.named is None), key=lambda each: str(each.title)
    )
    kept = (*counted, *uncounted)
    return replace(
        report,
        answers=report.answers if numbers else None,
        complaints=report.complaints if numbers else None,
        measures=measures,
        reasons=kept,
        hidden=not numbers or report.promises.hidden or (measures, kept) != (report.measures, report.reasons),
    )


def _protected_measure(row: MeasureRow, answers: int, numbers: bool, smallest: int) -> MeasureRow:
    cells = {str(name): number for name, number in row.others}
    cells |= {"answered": row.answered or 0, "unknown": row.unknown or 0}
    cells["blank"] = answers - sum(cells.values())
    if numbers and is_open(cells, smallest):
        return row
    enough = (row.answered or 0) >= smallest
    return MeasureRow(row.title, row.unit, row.quartiles if enough else None, None, None, None, ())


def _coarse_money(row: MeasureRow) -> MeasureRow:
    """A quartile of few amounts is some enterprise's own, which the unit finds in its books."""
    if row.unit != MONEY or row.quartiles is None:
        return row
    return replace(row, quartiles=coarse(row.quartiles))


def _protected_reason(reason: Reason, complaints: int, numbers: bool, smallest: int) -> Reason | None:
    named = reason.named or 0
    if numbers:
        # Naming it without its number would tell that the others are few: all of them are known.
        return reason if is_open({"named": named, "others": complaints - named}, smallest) else None
    return Reason(reason.title, None) if named >= smallest else None


def trend(session: Session, round_: Round, unit_id: int, own_view: bool) -> tuple[TrendPoint, ...]:
    """Return a unit's finished quarters up to a round's own, eight at most, in their newest versions.

    With `own_view` these are the published ones, with the share of 满意 only where its numbers are open.
    """
    newest = (
        select(ResultVersion.round_id, func.max(ResultVersion.version).label("version"))
        .where(ResultVersion.published_at.is_not(None) if own_view else true())
        .group_by(ResultVersion.round_id)
        .subquery()
    )
    current = (FrozenUnitScore.round_id == newest.c.round_id) & (FrozenUnitScore.version == newest.c.version)
    categories: dict[int, list[str | None]] = {}
    for round_id, category in session.execute(
        select(FrozenUnitScore.round_id, FrozenUnitScore.data["category"].as_string()).join(newest, current)
    ):
        categories.setdefault(round_id, []).append(category)
    rows = session.execute(
        select(FrozenUnitScore, Round)
        .join(newest, current)
        .join(Round, Round.id == FrozenUnitScore.round_id)
        .where(FrozenUnitScore.unit_id == unit_id, Round.quarter <= round_.quarter)
        .order_by(Round.quarter)
    )
    points = []
    for row, each in rows:
        scheme, of = load_scheme(each.scheme_key), categories[row.round_id]
        if scheme.within:
            of = [category for category in of if category == row.data.get("category")]
        satisfied = None
        counts = row.data.get(item.id) if (item := scheme.surveyed) else None
        if item is not None and isinstance(counts, dict):
            least = scheme.smallest_cell
            if not own_view or shows_levels(session, each.id, row.version, unit_id, item.id, counts, least):
                satisfied = _satisfied(scheme, counts)
        points.append(TrendPoint(each.quarter, row.total, row.rank, len(of), satisfied))
    return tuple(points[-_LONGEST_TREND:])


def _satisfied(scheme: Scheme, counts: Mapping[str, Any]) -> Decimal | None:
    tally = Tally({key: int(n or 0) for key, n in counts.items()})
    return share(tally.satisfied(scheme.ratings), tally.n)


def _measures(instrument: Instrument, answers: Sequence[Mapping[str, Any]]) -> tuple[MeasureRow, ...]:
    """The measures that the questionnaire asks for and that anybody answered."""
    asked = {question.id for question in instrument.questions}
    found = [measure(each, answers) for each in MEASURES if each.question in asked]
    return tuple(_measure_row(instrument, each) for each in found if each.said)


def _measure_row(instrument: Instrument, found: Measured) -> MeasureRow:
    question = instrument.question(found.measure.question)
    return MeasureRow(
        title=question.label,
        unit=found.measure.unit,
        quartiles=found.quartiles,
        answered=found.quartiles.n if found.quartiles else 0,
        unknown=found.unknown,
        share_unknown=share(found.unknown, found.said),
        others=tuple(
            (option.text, number)
            for option in question.options
            if (number := found.codes.get(option.value, 0))
        ),
    )


def _reasons(instrument: Instrument, answers: Sequence[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """The chosen reasons by their frequency, those of one frequency in the questionnaire's order."""
    question = next((each for each in instrument.questions if each.id == REASONS), None)
    if question is None:
        return ()
    counts = Counter(
        value for details in answers if isinstance(chosen := details.get(REASONS), list) for value in chosen
    )
    named = [(option.text, counts[option.value]) for option in question.options if counts[option.value]]
    return tuple(Reason(title, number) for title, number in sorted(named, key=lambda each: -each[1]))


def _advice(report: Report) -> list[Text]:
    """What to improve first, in sentences: the largest losses, the most frequent reasons, the longest times."""
    sentences = []
    score, reasons = report.score, report.reasons
    lost = [
        (line.item.title, line.max - line.points)
        for line in score.lines
        if line.item.counts and line.points is not None and line.points < line.max
    ]
    lost += [(line.rule.title, -line.points) for line in score.adjustments if line.points and line.points < 0]
    if lost:
        largest = sorted(lost, key=lambda each: -each[1])[:_MOST_NAMED]
        named = tuple(
            Text("%(item)s（失 %(points)s 分）", {"item": item, "points": points}) for item, points in largest
        )
        sentences.append(Text("失分最多的是%(items)s，请优先改进。", {"items": joined(named)}))
    else:
        sentences.append(Text("各评分项都没有失分，请继续保持。"))
    if reasons:
        named = tuple(
            Text("%(reason)s", {"reason": each.title})
            if each.named is None
            else Text("%(reason)s（%(n)s 次）", {"reason": each.title, "n": each.named})
            for each in reasons[:_MOST_NAMED]
        )
        sentences.append(
            Text("企业没有评“满意”的原因中，提到最多的是%(reasons)s。", {"reasons": joined(named)})
        )
    for row in report.measures:
        if row.quartiles is not None and row.quartiles.high > row.quartiles.median:
            sentences.append(
                Text(
                    "%(title)s：一半企业不超过 %(median)s %(unit)s，但有四分之一的企业达到 %(high)s %(unit)s"
                    "以上，差别较大的请查找原因。",
                    {
                        "title": row.title,
                        "unit": Text(row.unit),
                        "median": row.quartiles.median,
                        "high": row.quartiles.high,
                    },
                )
            )
            break
    return sentences + promise_advice(report.promises)
