"""The wait for an answer to an SMS before a case is called, and its end when the SMS failed."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.message import MessageState
from survey_app.domain.sending import ASKING, silence_ends
from survey_app.models.case import Case
from survey_app.models.message import Message
from survey_app.models.round import Round
from survey_app.schemes.messages import load_sending
from survey_app.services.calling import hours_of
from survey_app.services.waiting_cases import unfinished


def wait_for_answer(case: Case, leaves_at: datetime, hours: CallingHours) -> None:
    """Put off the first call of a case whose message leaves at `leaves_at`, in the caller's transaction.

    A case that was called already goes on as its calls have it.
    """
    if case.attempts or case.appointment_at is not None:
        return
    round_ = case.round
    days = load_sending(round_.scheme_key).silence_days
    ends = silence_ends(leaves_at.astimezone(COUNTY_ZONE), days, round_.closes_at, hours)
    if ends is not None:
        case.due_at = max(case.due_at, ends)


def end_wait(session: Session, message: Message, now: datetime) -> None:
    """Let the case of a message that failed be called from the next calling hour, in the caller's transaction."""
    if message.template_key not in ASKING:
        return
    hours = hours_of(session, message.case.round.scheme_key)
    moment = hours.next_moment(now.astimezone(COUNTY_ZONE))
    session.execute(
        update(Case)
        .where(
            Case.id == message.case_id,
            Case.attempts == 0,
            Case.appointment_at.is_(None),
            Case.due_at > moment,
        )
        .values(due_at=moment)
    )


def waits_for_sms(now: datetime) -> ColumnElement[bool]:
    """The condition on Case for those whose first call waits for an answer to a message."""
    return and_(
        Case.attempts == 0,
        Case.due_at > now,
        exists().where(
            Message.case_id == Case.id,
            Message.template_key.in_(ASKING),
            Message.state != MessageState.FAILED,
        ),
    )


def waits_until(session: Session, case: Case, now: datetime) -> datetime | None:
    """Return when a case that waits for an answer to a message may be called; None when it doesn't wait."""
    found = select(Case.due_at).join(Round).where(Case.id == case.id, unfinished(now), waits_for_sms(now))
    return session.scalar(found)


def waiting_count(session: Session, round_id: int, now: datetime, instrument: str) -> int:
    """Return how many cases of a survey in a round wait for an answer to a message before they are called."""
    found = select(func.count()).select_from(Case).join(Round)
    waiting = (Case.round_id == round_id, unfinished(now, instrument), waits_for_sms(now))
    return session.scalar(found.where(*waiting)) or 0
