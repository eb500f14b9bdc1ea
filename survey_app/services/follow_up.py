"""核定以后: what is still to be done about a round's result, to publish it, to answer objections, to correct it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from survey_app.domain.objection import ObjectionState
from survey_app.models.correction import Correction
from survey_app.models.objection import Objection
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.services.corrections import running_correction, waiting_correction
from survey_app.services.objections import final_answer, in_state, objections_of, window_of
from survey_app.services.versions import newest_version


@dataclass(frozen=True)
class FollowUp:
    """What waits after a round's scores were frozen.

    `unanswered` objections have no answer, `unapproved` one that waits for a second person, `to_correct` were
    upheld and no version was frozen since. `until` is the last day of the open window for objections.
    """

    newest: ResultVersion | None
    asked: Correction | None
    running: Correction | None
    unanswered: tuple[Objection, ...]
    unapproved: tuple[Objection, ...]
    to_correct: tuple[Objection, ...]
    until: date | None


def follow_up(session: Session, round_: Round, now: datetime) -> FollowUp:
    """Return what is still to be done about a round's result."""
    newest, objections = newest_version(session, round_), objections_of(session, round_)
    window = window_of(session, round_, now)
    upheld = in_state(objections, ObjectionState.UPHELD)
    return FollowUp(
        newest=newest,
        asked=waiting_correction(session, round_),
        running=running_correction(session, round_),
        unanswered=tuple(in_state(objections, ObjectionState.OPEN)),
        unapproved=tuple(in_state(objections, ObjectionState.PROPOSED)),
        to_correct=tuple(each for each in upheld if newest and _answered_since(each, newest)),
        until=window.until if window and window.open else None,
    )


def _answered_since(objection: Objection, version: ResultVersion) -> bool:
    answer = final_answer(objection)
    return bool(answer and answer.decided_at and answer.decided_at >= version.frozen_at)
