"""What a round's pages show: where it stands, and how far the asking about each unit has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from survey_app.domain.round_state import RoundState
from survey_app.domain.tally import Tally
from survey_app.domain.text import Text
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import entry_pages, reserves, rounds, scores, tallies
from survey_app.services.errors import ServiceError
from survey_app.services.reserves import SampleSummary
from survey_app.services.rounds import Overview
from survey_app.services.waiting_cases import SATISFACTION


@dataclass(frozen=True)
class Summary:
    """A round at a glance; `due` are calls that wait now; `overdue`: its last day is over."""

    overview: Overview
    samples: list[SampleSummary]
    without_sample: list[str]
    due: int
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
    warnings: tuple[Text, ...]


@dataclass(frozen=True)
class Warnings:
    """What should be known beside the figures: of each unit, of the round, and why none can be scored if so."""

    of_units: Mapping[int, tuple[Text, ...]] = field(default_factory=dict)
    of_round: tuple[Text, ...] = ()
    fault: str | None = None


def summarise(session: Session, round_: Round, now: datetime) -> Summary:
    """Return a round's figures, counted now."""
    drawn = reserves.summaries(session, round_)
    drawn_ids = {summary.unit.id for summary in drawn}
    return Summary(
        rounds.overview(session, round_.id),
        drawn,
        [unit.name for unit in entry_pages.active_units(session) if unit.id not in drawn_ids],
        rounds.due_calls(session, round_.id, now),
        round_.closes_at is not None and round_.closes_at <= now,
    )


def unit_rows(session: Session, round_: Round, summary: Summary) -> tuple[list[UnitRow], Warnings]:
    """Return a line for each unit that has a draw, in order, and what is to be said of the round as a whole."""
    tally = tallies.live_tally(session, round_.id, SATISFACTION)
    fieldwork = tallies.fieldwork(session, round_.id, SATISFACTION)
    warnings = _warnings(session, round_) if summary.samples else Warnings()
    rows = []
    for drawn in summary.samples:
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
                warnings.of_units.get(drawn.unit.id, ()),
            )
        )
    return rows, warnings


def _warnings(session: Session, round_: Round) -> Warnings:
    """Return what the scores warn of; a round that can't be scored still has its page."""
    if round_.state is RoundState.PREPARING:
        return Warnings()
    try:
        result = scores.scores_of(session, round_)
    except ServiceError as error:
        return Warnings(fault=str(error))
    of_units = {result.unit_ids[unit.unit]: unit.response_warnings for unit in result.score.units}
    return Warnings(of_units, result.score.warnings)
