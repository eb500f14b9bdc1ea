"""The interviewer's day: what they did, what waits, and which appointments come up."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disposition import Disposition
from survey_app.domain.phone_mask import mask_phone
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import Response
from survey_app.services.waiting_cases import BY_ANOTHER, for_this_interviewer, free_at, open_rounds

RECENT = 20


@dataclass(frozen=True)
class DayAppointment:
    """A call-back that the interviewer promised for today, or that was missed earlier."""

    at: datetime
    enterprise: str
    is_due: bool


@dataclass(frozen=True)
class RecentCall:
    """One of the interviewer's own calls of today; the number is masked."""

    started_at: datetime
    enterprise: str
    phone: str
    outcome: Disposition | None


@dataclass(frozen=True)
class Desk:
    """The desk's figures: the interviewer's own of today, and the queue's as of now.

    `lease_over`: the held case could be taken over by now, and nobody did. `next_due_at` is asked only when
    nothing is due. Call-backs that others promised, up to the end of today, are only counted.
    """

    held: Case | None
    lease_over: bool
    calls: int
    completed: int
    agreed: int
    due: int
    unfinished: int
    next_due_at: datetime | None
    appointments: list[DayAppointment]
    promised_by_others: int
    recent: list[RecentCall]


def desk(session: Session, interviewer_id: int, now: datetime) -> Desk:
    """Return what the interviewer's desk shows at `now`; days are the county's."""
    local = now.astimezone(COUNTY_ZONE)
    today = datetime.combine(local.date(), time(), COUNTY_ZONE)
    tomorrow = today + timedelta(days=1)
    own_today = (ContactAttempt.interviewer_id == interviewer_id, ContactAttempt.started_at >= today)
    held = session.scalar(select(Case).where(Case.held_by_id == interviewer_id))
    rounds = [round_.id for round_ in session.scalars(open_rounds(now))]
    open_cases = (Case.round_id.in_(rounds), Case.closed.is_(False))
    due = _due(session, interviewer_id, now, open_cases)
    promised = (*open_cases, Case.appointment_at < tomorrow)
    appointments = _appointments(session, interviewer_id, now, promised)
    return Desk(
        held=held,
        lease_over=held is not None and held.held_until is not None and held.held_until < now,
        calls=_count(session, select(func.count()).select_from(ContactAttempt).where(*own_today)),
        completed=_count(
            session,
            select(func.count())
            .select_from(Response)
            .where(Response.interviewer_id == interviewer_id, Response.received_at >= today),
        ),
        agreed=_count(
            session,
            select(func.count())
            .select_from(ContactAttempt)
            .where(*own_today, ContactAttempt.outcome == Disposition.APPOINTMENT),
        ),
        due=due,
        unfinished=_count(session, select(func.count()).select_from(Case).where(*open_cases)),
        next_due_at=None
        if due
        else session.scalar(
            select(func.min(Case.due_at)).where(
                *open_cases, Case.due_at > now, for_this_interviewer(interviewer_id)
            )
        ),
        appointments=appointments,
        promised_by_others=_count(session, select(func.count()).select_from(Case).where(*promised))
        - len(appointments),
        recent=_recent(session, *own_today),
    )


def _count(session: Session, statement: Select[int]) -> int:
    return session.scalar(statement) or 0


def _due(
    session: Session, interviewer_id: int, now: datetime, open_cases: tuple[ColumnElement[bool], ...]
) -> int:
    """Count the cases that the interviewer may be given now.

    All that are due are counted from the queue's index; the few that are held, or that somebody else is to
    call, are looked up and taken off: asking each case of a hundred thousand takes a second.
    """
    due = select(func.count()).select_from(Case).where(*open_cases, Case.due_at <= now)
    held = due.where(Case.held_by_id.is_not(None), ~free_at(now))
    called = select(ContactAttempt.case_id).where(ContactAttempt.interviewer_id == interviewer_id)
    for_others = due.where(
        Case.id.in_(called.where(ContactAttempt.outcome.in_(BY_ANOTHER))),
        free_at(now),
        ~for_this_interviewer(interviewer_id),
    )
    return _count(session, due) - _count(session, held) - _count(session, for_others)


def _appointments(
    session: Session, interviewer_id: int, now: datetime, promised: tuple[ColumnElement[bool], ...]
) -> list[DayAppointment]:
    own = select(ContactAttempt.case_id).where(
        ContactAttempt.interviewer_id == interviewer_id,
        ContactAttempt.outcome == Disposition.APPOINTMENT,
    )
    rows = session.execute(
        select(Case.appointment_at, Enterprise.name, Case.due_at <= now)
        .join(Enterprise, Enterprise.id == Case.enterprise_id)
        .where(*promised, Case.id.in_(own))
        .order_by(Case.appointment_at, Case.id)
    )
    return [DayAppointment(at, name, bool(is_due)) for at, name, is_due in rows if at is not None]


def _recent(session: Session, *own_today: ColumnElement[bool]) -> list[RecentCall]:
    rows = session.execute(
        select(ContactAttempt, Enterprise.name)
        .join(Case, Case.id == ContactAttempt.case_id)
        .join(Enterprise, Enterprise.id == Case.enterprise_id)
        .where(*own_today)
        .order_by(ContactAttempt.id.desc())
        .limit(RECENT)
    )
    return [
        RecentCall(
            attempt.started_at,
            name,
            mask_phone(attempt.phone),
            Disposition(attempt.outcome) if attempt.outcome else None,
        )
        for attempt, name in rows
    ]
