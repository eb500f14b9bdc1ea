"""How a case that an interviewer has open stands at this moment, for a page that asks by itself."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from survey_app.services.interviews import HoldLostError, case_in_hand
from survey_app.services.waiting_cases import has_response, round_takes_calls


class CallState(StrEnum):
    """Whether the call may go on, or what came between.

    `taken`: the lease ended and another has the case, what was asked may still be sent in. `lost`: the case
    isn't in this interviewer's hands, which is also said of a case that doesn't exist.
    """

    GOING_ON = "going_on"
    ANSWERED = "answered"
    ROUND_CLOSED = "round_closed"
    TAKEN = "taken"
    LOST = "lost"


def call_state(session: Session, public_id: str, interviewer_id: int, now: datetime) -> CallState:
    """Return how the case stands; changes nothing, and costs a handful of look-ups by key."""
    try:
        case = case_in_hand(session, public_id, interviewer_id, now)
    except HoldLostError:
        return CallState.LOST
    if has_response(session, case.id):
        return CallState.ANSWERED
    if not round_takes_calls(case.round, now):
        return CallState.ROUND_CLOSED
    return CallState.GOING_ON if case.held_by_id == interviewer_id else CallState.TAKEN
