"""单位报告: how a unit stands over the quarters, what enterprises needed of time, papers and money, and why they complained."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from survey_app.domain.instrument import Instrument
from survey_app.domain.measures import MEASURES, Measured, measure
from survey_app.domain.quartiles import Quartiles
from survey_app.domain.scheme import Deductions, Scheme
from survey_app.domain.scoring import UnitScore
from survey_app.domain.statistics import share
from survey_app.domain.tally import Rating
from survey_app.domain.text import Name, Text, joined
from survey_app.models.response import Answer
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit_score import UnitScore as FrozenUnitScore
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import load_scheme
from survey_app.services.score_sheets import Beside, beside
from survey_app.services.scores import RoundResult

# A unit sees no number of answers below this: it could tell who gave them.
SMALLEST_CELL = 5
REASONS = "reasons"
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
    """A measure of the unit; what is hidden, being too small a number, is None or left out.

    `unknown` is the share of 记不清 among those that answered the question, 0 to 1. `others` are other
    codes, such as 还没办完, with their numbers.
    """

    title: Name
    unit: str
    quartiles: Quartiles | None
    unknown: Decimal | None
    others: tuple[tuple[Name, int], ...]


@dataclass(frozen=True)
class Report:
    """单位报告 — of one unit in one round; `hidden` says that numbers below SMALLEST_CELL were left out."""

    score: UnitScore
    of: int
    trend: tuple[TrendPoint, ...]
    beside: tuple[Beside, ...]
    measures: tuple[MeasureRow, ...]
    reasons: tuple[tuple[Name, int], ...]
    hidden: bool
    advice: tuple[Text, ...]


def unit_report(session: Session, round_: Round, result: RoundResult, unit_id: int, own_view: bool) -> Report:
    """Return a unit's report; with `own_view` it is for the unit itself.

    The unit then sees published quarters only, and no number of answers below SMALLEST_CELL. Raises
    NotFoundError when the unit takes no part in the round.
    """
    score = result.unit(unit_id)
    instrument = load_instrument(round_.scheme_key, _INSTRUMENT)
    answers = _answers(session, round_.id, unit_id)
    least = SMALLEST_CELL if own_view else 0
    complaints = [details for rating, details in answers if rating != Rating.SATISFIED]
    measures, hidden = _measures(instrument, [details for _, details in answers], least)
    counted = _reasons(instrument, complaints)
    reasons = tuple((name, number) for name, number in counted if number >= least)
    return Report(
        score=score,
        of=len(result.score.units),
        trend=trend(session, round_, unit_id, published=own_view),
        beside=tuple(each for each in beside(score) if each.found.answered >= least),
        measures=measures,
        reasons=reasons,
        hidden=hidden or len(reasons) < len(counted),
        advice=tuple(_advice(score, reasons, measures)),
    )


def trend(session: Session, round_: Round, unit_id: int, published: bool) -> tuple[TrendPoint, ...]:
    """Return a unit's finished quarters up to a round's own, eight at most, in their newest versions.

    With `published` they are the quarters and versions that the unit may see.
    """
    newest = (
        select(ResultVersion.round_id, func.max(ResultVersion.version).label("version"))
        .where(ResultVersion.published_at.is_not(None) if published else true())
        .group_by(ResultVersion.round_id)
        .subquery()
    )
    current = (FrozenUnitScore.round_id == newest.c.round_id) & (FrozenUnitScore.version == newest.c.version)
    sizes = dict(
        session.execute(
            select(FrozenUnitScore.round_id, func.count())
            .join(newest, current)
            .group_by(FrozenUnitScore.round_id)
        ).all()
    )
    rows = session.execute(
        select(FrozenUnitScore, Round)
        .join(newest, current)
        .join(Round, Round.id == FrozenUnitScore.round_id)
        .where(FrozenUnitScore.unit_id == unit_id, Round.quarter <= round_.quarter)
        .order_by(Round.quarter)
    )
    points = tuple(
        TrendPoint(
            each.quarter,
            row.total,
            row.rank,
            sizes[row.round_id],
            _satisfied(load_scheme(each.scheme_key), row.data),
        )
        for row, each in rows
    )
    return points[-_LONGEST_TREND:]


def _satisfied(scheme: Scheme, data: Mapping[str, Any]) -> Decimal | None:
    for item in scheme.items:
        tally = data.get(item.id)
        if isinstance(item.settings, Deductions) and item.settings.from_library and isinstance(tally, dict):
            return share(
                int(tally.get(Rating.SATISFIED.value) or 0), sum(int(n or 0) for n in tally.values())
            )
    return None


def _answers(session: Session, round_id: int, unit_id: int) -> list[tuple[str, dict[str, Any]]]:
    return [
        (rating, details)
        for rating, details in session.execute(
            select(Answer.rating, Answer.details).where(
                Answer.round_id == round_id,
                Answer.instrument == _INSTRUMENT,
                Answer.unit_id == unit_id,
                Answer.rating.is_not(None),
            )
        )
    ]


def _measures(
    instrument: Instrument, answers: Sequence[Mapping[str, Any]], least: int
) -> tuple[tuple[MeasureRow, ...], bool]:
    """The measures that the questionnaire asks for, and whether anything in them was hidden."""
    asked = {question.id for question in instrument.questions}
    found = [measure(each, answers) for each in MEASURES if each.question in asked]
    rows = tuple(_measure_row(instrument, each, least) for each in found if each.said)
    hidden = any(
        0 < number < least
        for each in found
        for number in (each.quartiles.n if each.quartiles else 0, each.unknown, *each.codes.values())
    )
    return rows, hidden


def _measure_row(instrument: Instrument, found: Measured, least: int) -> MeasureRow:
    question = instrument.question(found.measure.question)
    numbers = found.quartiles if found.quartiles and found.quartiles.n >= least else None
    return MeasureRow(
        title=question.label,
        unit=found.measure.unit,
        quartiles=numbers,
        unknown=share(found.unknown, found.said) if found.unknown >= least else None,
        others=tuple(
            (option.text, number)
            for option in question.options
            if (number := found.codes.get(option.value, 0)) and number >= least
        ),
    )


def _reasons(instrument: Instrument, answers: Sequence[Mapping[str, Any]]) -> list[tuple[Name, int]]:
    """The chosen reasons by their frequency, those of one frequency in the questionnaire's order."""
    question = next((each for each in instrument.questions if each.id == REASONS), None)
    if question is None:
        return []
    counts = Counter(
        value for details in answers if isinstance(chosen := details.get(REASONS), list) for value in chosen
    )
    named = [(option.text, counts[option.value]) for option in question.options if counts[option.value]]
    return sorted(named, key=lambda each: -each[1])


def _advice(
    score: UnitScore, reasons: Sequence[tuple[Name, int]], measures: Sequence[MeasureRow]
) -> list[Text]:
    """What to improve first, in sentences: the largest losses, the most frequent reasons, the longest times."""
    sentences = []
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
            Text("%(reason)s（%(n)s 次）", {"reason": reason, "n": number})
            for reason, number in reasons[:_MOST_NAMED]
        )
        sentences.append(
            Text("企业没有评“满意”的原因中，提到最多的是%(reasons)s。", {"reasons": joined(named)})
        )
    for row in measures:
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
    return sentences
