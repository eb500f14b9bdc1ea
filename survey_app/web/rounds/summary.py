"""What a round's pages show: where it stands, and how far the asking about each unit has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.domain.tally import Tally
from survey_app.domain.text import Name, Text
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.instruments import load_instrument
from survey_app.services import reserves, rounds, scores, sms_silence, tallies
from survey_app.services.errors import ServiceError
from survey_app.services.reserves import SampleSummary
from survey_app.services.round_units import active_units
from survey_app.services.rounds import Overview
from survey_app.services.surveys import survey_title, surveys_in


@dataclass(frozen=True)
class SurveyFigures:
    """One survey of a round at a glance: `due` are calls that wait now, `silent` cases that wait for an SMS first."""

    instrument: str
    overview: Overview
    samples: list[SampleSummary]
    without_sample: list[str]
    due: int
    silent: int
    title: Name
    asker: Name


@dataclass(frozen=True)
class Summary:
    """A round at a glance; `overdue`: its last day is over.

    `own` is the survey that whoever looks asks with, all zeros where they ask with none; `others` are those
    whose figures they may read besides.
    """

    own: SurveyFigures
    others: list[SurveyFigures]
    overdue: bool


@dataclass(frozen=True)
class UnitRow:
    """One unit's line: how many are asked, were reached and answered, and what they said."""

    unit: Unit
    sampled: int
    reached: int
    answered: int
    rate: Decimal | None
    tally: Tally
    replaceable: int


@dataclass(frozen=True)
class Warnings:
    """What should be known beside the figures: of each unit, of the round, and why none can be scored if so."""

    of_units: Mapping[int, tuple[Text, ...]] = field(default_factory=dict)
    of_round: tuple[Text, ...] = ()
    fault: str | None = None


NOTHING_ASKED = SurveyFigures(
    "", Overview(0, 0, {}, 0, 0, 0, 0, 0, 0, 0), [], [], 0, 0, Name("", ""), Name("", "")
)


def summarise(session: Session, round_: Round, role: Role, now: datetime) -> Summary:
    """Return a round's figures as a role may read them, counted now."""
    own, others = NOTHING_ASKED, []
    for instrument, owner in surveys_in(round_, role):
        figures = _figures(session, round_, instrument, now)
        if owner is role:
            own = figures
        else:
            others.append(figures)
    return Summary(own, others, round_.closes_at is not None and round_.closes_at <= now)


def unit_rows(session: Session, round_: Round, figures: SurveyFigures) -> list[UnitRow]:
    """Return a line for each unit that has a draw for the survey, in order."""
    tally = tallies.live_tally(session, round_.id, figures.instrument)
    fieldwork = tallies.fieldwork(session, round_.id, figures.instrument)
    rows = []
    for drawn in figures.samples:
        done = fieldwork[drawn.unit.id]
        rows.append(
            UnitRow(
                drawn.unit,
                done.sampled,
                done.reached,
                done.answered,
                done.rate,
                tally.get(drawn.unit.id, Tally()),
                drawn.replaceable,
            )
        )
    return rows


def warnings_of(session: Session, round_: Round, summary: Summary) -> Warnings:
    """Return what the scores warn of; a round that can't be scored still has its page."""
    drawn = [figures for figures in (summary.own, *summary.others) if figures.samples]
    if round_.state is RoundState.PREPARING or not drawn:
        return Warnings()
    try:
        result = scores.scores_of(session, round_)
    except ServiceError as error:
        return Warnings(fault=str(error))
    of_units = {result.unit_ids[unit.unit]: unit.response_warnings for unit in result.score.units}
    return Warnings(of_units, result.score.warnings)


def _figures(session: Session, round_: Round, instrument: str, now: datetime) -> SurveyFigures:
    drawn = reserves.summaries(session, round_, instrument)
    drawn_ids = {summary.unit.id for summary in drawn}
    return SurveyFigures(
        instrument,
        rounds.overview(session, round_.id, instrument),
        drawn,
        [unit.name for unit in active_units(session) if unit.id not in drawn_ids],
        rounds.due_calls(session, round_.id, now, instrument),
        sms_silence.waiting_count(session, round_.id, now, instrument),
        survey_title(round_, instrument),
        load_instrument(round_.scheme_key, instrument).asker,
    )
