"""Interviewing by phone: a case is claimed by one person, called, and moved on by what came of the call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.db import reading
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.call_queue import CallContext, after_call, outcome_faults, part_bit
from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.text import Text
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Response
from survey_app.services import audit
from survey_app.services.calling import hours_of, rules_of
from survey_app.services.case_phones import phones_of
from survey_app.services.case_queue import Place, first_in_turn
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.interview_drafts import drop_drafts, give_consent
from survey_app.services.respondent_cases import Receipt
from survey_app.services.responses import submit
from survey_app.services.waiting_cases import (
    can_be_called,
    free_at,
    has_response,
    open_attempt,
    round_takes_calls,
    without_response,
)

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

    Cases of all surveys are in one queue, in the order of `call_order`; `seed` draws what that leaves open.
    Returns None when nothing is due. The holder gets a case back even after its lease, unless another took it.
    """
    while True:
        held = session.scalar(select(Case).where(Case.held_by_id == interviewer_id).with_for_update())
        if held is not None:
            if can_be_called(session, held, now):
                held.held_until = now + rules_of(held.round).lease
                session.commit()
                return held
            _free(held)
            session.commit()
        session.rollback()
        with reading():  # so that the others, of whom one may write at a time on SQLite, needn't wait
            places = first_in_turn(session, interviewer_id, now, seed)
            session.rollback()
        if not places:
            return None
        for place in places:
            if _claim(session, place, interviewer_id, now):
                case = session.get_one(Case, place.case_id, populate_existing=True)
                if case.held_by_id == interviewer_id:
                    return case
                break  # the enterprise answered by itself in this very moment
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
    case.held_until = now + rules_of(case.round).lease
    attempt = open_attempt(session, case_id, interviewer_id, now)
    if attempt is not None and attempt.phone != phone:
        raise ServiceError("上一个号码的通话还没有登记结果，请先登记")
    if attempt is None:
        attempt = ContactAttempt(
            case_id=case.id, interviewer_id=interviewer_id, phone=phone, started_at=now, note=""
        )
        session.add(attempt)
        part = hours_of(session, case.round.scheme_key).part_of(now.astimezone(COUNTY_ZONE))
        case.attempts += 1
        case.counted_attempts += 1
        case.parts_tried |= part_bit(part)
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
        drop_drafts(session, case.id)
        session.commit()
        return Recorded(Disposition.COMPLETE, closed=True, answered=True)
    if not holds and (case.held_by_id is not None or case.closed):
        # The lease ended during a long call and the case went on without us; its new holder decides.
        session.commit()
        return Recorded(case.disposition, hold_lost=True)
    session.flush()
    hours = hours_of(session, case.round.scheme_key)
    known = _context(session, case, attempt, outcome, now, hours)
    case.counted_attempts, case.parts_tried = known.attempts, known.parts_tried
    step = after_call(outcome, known, rules_of(case.round), hours, appointment_at)
    case.disposition, case.closed = step.disposition, step.closed
    case.appointment_at = step.appointment_at
    case.due_at = step.due_at or case.due_at
    if step.closed:
        drop_drafts(session, case.id)
    stays = holds and step.stay_on_case
    if stays:
        case.held_until = now + rules_of(case.round).lease
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
        drop_drafts(session, case.id)
    elif case.held_by_id != interviewer_id:
        raise HoldLostError(NOT_HELD)
    if case.held_by_id == interviewer_id:
        _free(case)
        if case.appointment_at is None and not answered:
            # It rests for a while, so that nobody can leaf through the queue for a friend.
            case.due_at = max(case.due_at, now + rules_of(case.round).rest)
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
    opened_at = attempt.started_at

    def end_call() -> None:
        _end_call(attempt, Disposition.COMPLETE, "", now)
        give_consent(session, attempt, "yes", script_version, now)

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
    drop_drafts(session, case_id)
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


def _claim(session: Session, place: Place, interviewer_id: int, now: datetime) -> bool:
    """Take a case by compare-and-set, and commit; False when somebody was faster or it needs no call now."""
    try:
        taken = session.execute(
            update(Case)
            .where(
                Case.id == place.case_id,
                Case.closed.is_(False),
                Case.due_at <= now,
                free_at(now),
                without_response(),
            )
            .values(held_by_id=interviewer_id, held_until=now + place.lease)
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
    session: Session,
    case: Case,
    attempt: ContactAttempt,
    outcome: Disposition,
    now: datetime,
    hours: CallingHours,
) -> CallContext:
    """What is known of the case once this call has its outcome."""
    phones = phones_of(session, case)
    wrong = {phone.text for phone in phones if phone.is_wrong}
    calls = session.execute(
        select(
            ContactAttempt.id, ContactAttempt.phone, ContactAttempt.started_at, ContactAttempt.outcome
        ).where(ContactAttempt.case_id == case.id)
    ).all()
    counted = [called_at.astimezone(COUNTY_ZONE) for _, phone, called_at, _ in calls if phone not in wrong]
    return CallContext(
        now=now.astimezone(COUNTY_ZONE),
        attempts=len(counted),
        days=len({called_at.date() for called_at in counted}),
        parts_tried=sum({part_bit(hours.part_of(called_at)) for called_at in counted}),
        times_before=sum(each == outcome.value and call_id != attempt.id for call_id, _, _, each in calls),
        numbers_left=len(wrong) < len(phones),
        before=case.disposition,
    )
