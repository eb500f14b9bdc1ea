"""Which cases wait to be called, as conditions in the database, and what stands in the way of calling one."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.orm import Session

from survey_app.domain.disposition import RULES
from survey_app.domain.round_state import RoundState
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Response
from survey_app.models.round import Round

SATISFACTION = "satisfaction"
# After these outcomes another interviewer calls.
BY_ANOTHER = tuple(code.value for code, rule in RULES.items() if rule.by_another)
# A call that has no outcome after this was forgotten, and gives no right to the case any more.
LONGEST_CALL = timedelta(hours=3)


def open_attempt(session: Session, case_id: int, interviewer_id: int, now: datetime) -> ContactAttempt | None:
    """Return the interviewer's latest call to the case if it has no outcome yet and may still be going on."""
    attempt = session.scalar(
        select(ContactAttempt)
        .where(
            ContactAttempt.case_id == case_id,
            ContactAttempt.interviewer_id == interviewer_id,
            ContactAttempt.started_at > now - LONGEST_CALL,
        )
        .order_by(ContactAttempt.id.desc())
        .limit(1)
    )
    return attempt if attempt is not None and attempt.outcome is None else None


def has_response(session: Session, case_id: int) -> bool:
    """Whether the case has its counted response, whatever channel it came by."""
    return session.scalar(select(Response.id).where(Response.case_id == case_id)) is not None


def can_be_called(session: Session, case: Case, now: datetime) -> bool:
    """Whether there is still something to call this case for."""
    return not case.closed and round_takes_calls(case.round, now) and not has_response(session, case.id)


def unfinished(now: datetime, instrument: str | None = None) -> ColumnElement[bool]:
    """The condition on Case joined with Round for cases of open rounds that still want an answer.

    `instrument` None: of every survey, since the interviewers call for all of them.
    """
    return and_(
        Case.instrument == instrument if instrument else true(),
        Case.closed.is_(False),
        Round.state == RoundState.OPEN,
        or_(Round.closes_at.is_(None), Round.closes_at > now),
        without_response(),
    )


def without_response() -> ColumnElement[bool]:
    """The condition on Case for cases that have no counted response."""
    return ~exists().where(Response.case_id == Case.id)


def open_rounds(now: datetime) -> Select[Round]:
    """The rounds for which enterprises may be called, the newest quarter first."""
    return (
        select(Round)
        .where(Round.state == RoundState.OPEN, or_(Round.closes_at.is_(None), Round.closes_at > now))
        .order_by(Round.quarter.desc())
    )


def waiting_now(now: datetime, instrument: str | None = None) -> ColumnElement[bool]:
    """The condition on Case joined with Round for cases that are due and that nobody holds."""
    return and_(unfinished(now, instrument), Case.due_at <= now, free_at(now))


def free_at(now: datetime) -> ColumnElement[bool]:
    """The condition on Case for cases that nobody holds, or whose lease has ended."""
    return or_(Case.held_by_id.is_(None), Case.held_until < now)


def for_this_interviewer(interviewer_id: int) -> ColumnElement[bool]:
    """Leave out cases whose next call is to be made by somebody else than who made the last one."""
    return ~and_(
        Case.disposition.in_(BY_ANOTHER),
        exists().where(
            ContactAttempt.case_id == Case.id,
            ContactAttempt.interviewer_id == interviewer_id,
            ContactAttempt.outcome.in_(BY_ANOTHER),
        ),
    )


def round_takes_calls(round_: Round, now: datetime) -> bool:
    """Whether enterprises may still be called for a round."""
    return round_.state is RoundState.OPEN and (round_.closes_at is None or now < round_.closes_at)
