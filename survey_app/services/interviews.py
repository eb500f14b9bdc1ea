"""Interviewing by phone: a case is claimed by one person, called, and moved on by what came of the call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.call_queue import CallContext, WaitingCase, after_call, call_order, outcome_faults
from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.text import Text
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Response
from survey_app.models.round import Round
from survey_app.services import audit
from survey_app.services.case_phones import phones_of
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.respondent_cases import Receipt
from survey_app.services.responses import submit
from survey_app.services.waiting_cases import (
    can_be_called,
    for_this_interviewer,
    free_at,
    has_response,
    open_attempt,
    round_takes_calls,
    waiting_now,
)

LEASE = timedelta(minutes=30)
# A case that was put back rests for a while, so that nobody can leaf through the queue for a friend.
REST_AFTER_RELEASE = timedelta(minutes=15)
# More than any county has due at once; the longest due come first, so the rest only waits its turn.
CONSIDERED = 2000
ANSWERED_BY_ITSELF = "通话期间企业已自行提交"
NOT_DIALLED = "还没有拨打：请先点号码旁的「开始拨打」，再提交"
NOT_HELD = "这一户不在您手上：可能已经完成、放回，或由其他回访员接手。请回到电话回访页取下一户。"


class HoldLostError(NotFoundError):
    """The case is no longer this interviewer's: put back, finished, or taken over after the lease ended."""


class InvalidOutcomeError(ServiceError):
    """An outcome that was reported incompletely; `faults` are pairs of field and sentence."""

    def __init__(self, faults: list[tuple[str, Text]]) -> None:
        super().__init__(str(faults[0][1]), faults[0][0])
        self.faults = faults


@dataclass(frozen=True)
class Recorded:
    """What came of a reported outcome.

    `stay_on_case`: go on with the case's next number. `answered`: the enterprise had sent its answers itself.
    `hold_lost`: somebody else had taken the case over, so the call was recorded and the case left to them.
    """

    disposition: Disposition
    closed: bool = False
    due_at: datetime | None = None
    stay_on_case: bool = False
    answered: bool = False
    hold_lost: bool = False


def next_case(session: Session, interviewer_id: int, now: datetime, seed: str) -> Case | None:
    """Return the case that the interviewer holds, else claim the best one that is due; commits.

    Cases of all surveys are in one queue. Returns None when nothing is due. `seed` draws the order among cases that fell due within the same hour.
    """
    while True:
        held = session.scalar(select(Case).where(Case.held_by_id == interviewer_id).with_for_update())
        if held is not None:
            if can_be_called(session, held, now):
                held.held_until = now + LEASE
                session.commit()
                return held
            _free(held)
            session.commit()
        waiting = session.execute(
            select(Case.id, Case.due_at, Case.appointment_at)
            .join(Round, Round.id == Case.round_id)
            .where(waiting_now(now), for_this_interviewer(interviewer_id))
            .order_by(Case.due_at)
            .limit(CONSIDERED)
        )
        order = call_order((WaitingCase(*row) for row in waiting), seed)
        if not order:
            session.rollback()
            return None
        for place in order:
            if _claim(session, place.case_id, interviewer_id, now):
                return session.get_one(Case, place.case_id, populate_existing=True)
            if session.scalar(select(Case.id).where(Case.held_by_id == interviewer_id)):
                break  # the same person asked twice at once, and the other request was served
        session.rollback()  # everything seen is gone by now: look again


def held_case(session: Session, public_id: str, interviewer_id: int) -> Case:
    """Return the case with this public id if the interviewer holds it; raise HoldLostError otherwise."""
    case = session.scalar(select(Case).where(Case.public_id == public_id))
    if case is None or case.held_by_id != interviewer_id:
        raise HoldLostError(NOT_HELD)
    return case


def case_in_hand(session: Session, public_id: str, interviewer_id: int, now: datetime) -> Case:
    """Return the case if the interviewer holds it, or has a call to it still without outcome.

    The second lets a long call be reported after its lease ended. Raises HoldLostError otherwise.
    """
    case = session.scalar(select(Case).where(Case.public_id == public_id))
    if case is not None and open_attempt(session, case.id, interviewer_id, now) is not None:
        return case
    return held_case(session, public_id, interviewer_id)


def begin_call(
    session: Session, case_id: int, interviewer_id: int, phone_index: int, now: datetime
) -> ContactAttempt:
    """Write the call down before it is dialled, so that none is lost; commits.

    `phone_index` counts `phones_of`. A call to the same number that is still without outcome is gone on with,
    so that a button pressed twice makes one call. Raises HoldLostError, ConflictError (answered meanwhile,
    round closed) or ServiceError (an unknown number, another call still without outcome).
    """
    case = _lock_held(session, case_id, interviewer_id)
    if has_response(session, case.id):
        raise ConflictError("这家企业刚刚自行提交了问卷，不用再拨打")
    if not round_takes_calls(case.round, now):
        raise ConflictError("本轮已经截止，不再拨打")
    phones = phones_of(session, case)
    if not 0 <= phone_index < len(phones):
        raise ServiceError("没有这个号码，请从页面上的号码中选择")
    phone = phones[phone_index].text
    case.held_until = now + LEASE
    attempt = open_attempt(session, case_id, interviewer_id, now)
    if attempt is not None and attempt.phone != phone:
        raise ServiceError("上一个号码的通话还没有登记结果，请先登记")
    if attempt is None:
        attempt = ContactAttempt(
            case_id=case.id, interviewer_id=interviewer_id, phone=phone, started_at=now, note=""
        )
        session.add(attempt)
        case.attempts += 1
    session.commit()
    return attempt


def record_outcome(
    session: Session,
    case_id: int,
    interviewer_id: int,
    outcome: Disposition | None,
    note: str,
    appointment_at: datetime | None,
    now: datetime,
) -> Recorded:
    """Complete the call that was begun, move its case, and free it; commits.

    Raises InvalidOutcomeError, HoldLostError (no hold and no call begun), or ServiceError (nothing dialled).
    """
    case = _lock(session, case_id)
    attempt = open_attempt(session, case_id, interviewer_id, now)
    holds = case.held_by_id == interviewer_id
    if attempt is None and not holds:
        raise HoldLostError(NOT_HELD)
    faults = outcome_faults(outcome, note, appointment_at, now, case.round.closes_at)
    if faults or outcome is None:
        raise InvalidOutcomeError([(fault.field, fault.sentence) for fault in faults])
    if attempt is None:
        raise ServiceError(NOT_DIALLED)
    _end_call(attempt, outcome, note.strip(), now)
    if has_response(session, case.id):
        if holds:
            _free(case)
        session.commit()
        return Recorded(Disposition.COMPLETE, closed=True, answered=True)
    if not holds and (case.held_by_id is not None or case.closed):
        # The lease ended during a long call and the case went on without us; its new holder decides.
        session.commit()
        return Recorded(case.disposition, hold_lost=True)
    session.flush()
    step = after_call(outcome, _context(session, case, attempt, outcome, now), appointment_at)
    case.disposition, case.closed = step.disposition, step.closed
    case.appointment_at = step.appointment_at
    case.due_at = step.due_at or case.due_at
    stays = holds and step.stay_on_case
    if stays:
        case.held_until = now + LEASE
    else:
        _free(case)
    session.commit()
    return Recorded(step.disposition, step.closed, step.due_at, stays)


def release_case(session: Session, case_id: int, interviewer_id: int, now: datetime) -> None:
    """Put a case back into the queue without a result, or down when the enterprise answered itself; commits.

    A call that was begun stays in the history without outcome, unless the case was answered meanwhile, which
    also freed it. Raises HoldLostError.
    """
    case = _lock(session, case_id)
    answered = has_response(session, case.id)
    attempt = open_attempt(session, case_id, interviewer_id, now)
    if answered and attempt is not None:
        _end_call(attempt, Disposition.COMPLETE, ANSWERED_BY_ITSELF, now)
    elif case.held_by_id != interviewer_id:
        raise HoldLostError(NOT_HELD)
    if case.held_by_id == interviewer_id:
        _free(case)
        if case.appointment_at is None and not answered:
            case.due_at = max(case.due_at, now + REST_AFTER_RELEASE)
    audit.record(session, now, interviewer_id, "interview.release", "case", case.id, answered=answered)
    session.commit()


def complete_interview(
    session: Session,
    case_id: int,
    interviewer_id: int,
    answers: Mapping[int, UnitAnswer],
    script_version: str,
    now: datetime,
) -> Receipt:
    """Store the answers given in the call that was begun, by the door for every response; commits.

    The consent given at its opening goes on record with the version of the script. The case is closed and
    free afterwards; where the enterprise answered by itself meanwhile, its own answers count and these are
    kept beside them. Raises ServiceError (nothing dialled) or RoundClosedError.
    """
    attempt = open_attempt(session, case_id, interviewer_id, now)
    if attempt is None:
        raise ServiceError(NOT_DIALLED)
    attempt_id, opened_at = attempt.id, attempt.started_at

    def end_call() -> None:
        _end_call(attempt, Disposition.COMPLETE, "", now)
        audit.record(
            session,
            now,
            interviewer_id,
            "interview.consent",
            "contact_attempt",
            attempt_id,
            script=script_version,
        )

    end_call()
    # The case is not locked here: every response locks its round first, and this one must not differ.
    session.flush()
    receipt = submit(session, case_id, Mode.PHONE, answers, opened_at, now, script_version, interviewer_id)
    if attempt.outcome is None:  # the same content had come before, and what we wrote was rolled back
        end_call()
    if not receipt.is_first:
        attempt.note = ANSWERED_BY_ITSELF
    session.execute(
        update(Case)
        .where(Case.id == case_id, Case.held_by_id == interviewer_id)
        .values(held_by_id=None, held_until=None)
    )
    session.commit()
    return receipt


def was_completed_by(session: Session, public_id: str, interviewer_id: int) -> bool:
    """Whether the case's counted response was taken down by this interviewer."""
    found = (
        select(Response.id)
        .join(Case, Case.id == Response.case_id)
        .where(Case.public_id == public_id, Response.interviewer_id == interviewer_id)
    )
    return session.scalar(found) is not None


def _claim(session: Session, case_id: int, interviewer_id: int, now: datetime) -> bool:
    """Take a case by compare-and-set, and commit; False when somebody was faster or it needs no call now."""
    try:
        taken = session.execute(
            update(Case)
            .where(
                Case.id == case_id,
                Case.closed.is_(False),
                Case.due_at <= now,
                free_at(now),
                ~exists().where(Response.case_id == Case.id),
            )
            .values(held_by_id=interviewer_id, held_until=now + LEASE)
            .execution_options(synchronize_session=False)
            .returning(Case.id)
        ).scalar()
        session.commit()
    except IntegrityError:  # held_by_id is unique: this person got another case at the same moment
        session.rollback()
        return False
    return taken is not None


def _lock(session: Session, case_id: int) -> Case:
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise NotFoundError("没有这一户")
    return case


def _lock_held(session: Session, case_id: int, interviewer_id: int) -> Case:
    case = _lock(session, case_id)
    if case.held_by_id != interviewer_id:
        raise HoldLostError(NOT_HELD)
    return case


def _end_call(attempt: ContactAttempt, outcome: Disposition, note: str, now: datetime) -> None:
    attempt.outcome, attempt.note, attempt.ended_at = outcome.value, note, now


def _free(case: Case) -> None:
    case.held_by_id = case.held_until = None


def _context(
    session: Session, case: Case, attempt: ContactAttempt, outcome: Disposition, now: datetime
) -> CallContext:
    before = session.scalar(
        select(func.count())
        .select_from(ContactAttempt)
        .where(
            ContactAttempt.case_id == case.id,
            ContactAttempt.id != attempt.id,
            ContactAttempt.outcome == outcome.value,
        )
    )
    numbers_left = any(not phone.is_wrong for phone in phones_of(session, case))
    return CallContext(now.astimezone(COUNTY_ZONE), case.attempts, before or 0, numbers_left)
