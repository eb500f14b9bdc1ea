"""Calling interviews back: another person takes one, calls, asks again, and only then may a supervisor compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from survey_app.config import COUNTY_ZONE
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.back_check import OUTCOMES, BackCheckState, Called, after_outcome
from survey_app.domain.call_queue import MAX_NOTE
from survey_app.domain.disposition import Disposition
from survey_app.domain.json_object import is_clean
from survey_app.models.back_check import BackCheck, BackCheckCall
from survey_app.models.round import Round
from survey_app.schemes.quality import load_quality_rules
from survey_app.services import audit
from survey_app.services.back_check_draws import CHECKED, check_interviews
from survey_app.services.case_phones import CasePhone, phones_of
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.round_locks import hold_for_entry
from survey_app.services.waiting_cases import LONGEST_CALL

LEASE = timedelta(minutes=30)
# One that was put back rests, so that nobody can leaf through them for a friend's interview.
REST = timedelta(minutes=15)
NOT_HELD = "这一件复核不在您手上：可能已经完成、放回，或由其他人接手。请回到质量复核页取下一件。"
NOT_DIALLED = "还没有拨打：请先点号码旁的「开始拨打」，再提交"


class CheckLostError(NotFoundError):
    """The call-back isn't in this person's hands; the same for one that doesn't exist."""


@dataclass(frozen=True)
class CheckDesk:
    """A checker's day: the one in hand, how many wait for them now and later, and what they did today."""

    held: BackCheck | None
    due: int
    waiting: int
    next_due_at: datetime | None
    done_today: int


def check_desk(session: Session, checker_id: int, now: datetime) -> CheckDesk:
    """Return what one person can check; never their own interviews."""
    mine = _takeable_by(checker_id)
    waiting = select(func.count(), func.min(BackCheck.due_at)).join(Round, Round.id == BackCheck.round_id)
    due = session.execute(waiting.where(mine, BackCheck.due_at <= now, _free_at(now))).one()
    all_, next_due_at = session.execute(waiting.where(mine)).one()
    midnight = now.astimezone(COUNTY_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    done = session.scalar(
        select(func.count())
        .select_from(BackCheck)
        .where(BackCheck.checker_id == checker_id, BackCheck.ended_at >= midnight)
    )
    return CheckDesk(_held(session, checker_id), due[0], all_, next_due_at, done or 0)


def next_back_check(session: Session, secret: bytes, checker_id: int, now: datetime) -> BackCheck | None:
    """Return the call-back that a person holds, else claim the one drawn first; commits. None: nothing waits.

    What was interviewed and not drawn from yet is drawn from before that is said.
    """
    held = _held(session, checker_id)
    if held is not None:
        if held.state is BackCheckState.WAITING and held.round.state in CHECKED:
            held.held_until = now + LEASE
            session.commit()
            return held
        held.held_by_id = held.held_until = None
        session.commit()
    claimed = _claim_first(session, checker_id, now)
    if claimed is None and check_interviews(session, secret, now):
        claimed = _claim_first(session, checker_id, now)
    return claimed


def check_in_hand(session: Session, public_id: str, checker_id: int, now: datetime) -> BackCheck:
    """Return the call-back if this person holds it or is in a call for it; raise CheckLostError otherwise."""
    check = session.scalar(select(BackCheck).where(BackCheck.public_id == public_id))
    if check is None or check.state is not BackCheckState.WAITING:
        raise CheckLostError(NOT_HELD)
    if check.held_by_id != checker_id and open_call(session, check.id, checker_id, now) is None:
        raise CheckLostError(NOT_HELD)
    return check


def numbers_for(session: Session, check: BackCheck) -> tuple[list[CasePhone], int | None]:
    """Return the numbers of the enterprise, and the place of the one to call first.

    That is the number at which the interview was, unless this call-back found it wrong.
    """
    phones = phones_of(session, check.case)
    wrong = _wrong(check)
    order = [
        (Disposition.COMPLETE not in phone.outcomes, place)
        for place, phone in enumerate(phones)
        if phone.text not in wrong and not phone.is_wrong
    ]
    return phones, min(order)[1] if order else None


def open_call(session: Session, check_id: int, checker_id: int, now: datetime) -> BackCheckCall | None:
    """Return this person's latest call if it has no outcome yet and may still be going on."""
    call = session.scalar(
        select(BackCheckCall)
        .where(
            BackCheckCall.back_check_id == check_id,
            BackCheckCall.checker_id == checker_id,
            BackCheckCall.started_at > now - LONGEST_CALL,
        )
        .order_by(BackCheckCall.id.desc())
        .limit(1)
    )
    return call if call is not None and call.outcome is None else None


def begin_check_call(
    session: Session, check_id: int, checker_id: int, phone_index: int, now: datetime
) -> BackCheckCall:
    """Write a call down before it is dialled; commits. A button pressed twice makes one call.

    Raises CheckLostError or ServiceError (an unknown number, another call still without outcome).
    """
    check = _lock(session, check_id)
    if check.held_by_id != checker_id:
        raise CheckLostError(NOT_HELD)
    phones = phones_of(session, check.case)
    if not 0 <= phone_index < len(phones):
        raise ServiceError("没有这个号码，请从页面上的号码中选择")
    phone = phones[phone_index].text
    call = open_call(session, check_id, checker_id, now)
    if call is not None and call.phone != phone:
        raise ServiceError("上一个号码的通话还没有登记结果，请先登记")
    if call is None:
        call = BackCheckCall(back_check_id=check_id, checker_id=checker_id, phone=phone, started_at=now)
        session.add(call)
    check.held_until = now + LEASE
    session.commit()
    return call


def complete_check(
    session: Session,
    check_id: int,
    checker_id: int,
    called: Called,
    answers: Mapping[int, UnitAnswer],
    now: datetime,
) -> None:
    """Store what the enterprise said when it was called back; commits. The interview's answers stay as they are.

    Raises CheckLostError, ServiceError (nothing dialled, a frozen round) or ConflictError (ended meanwhile).
    """
    check, call = _ending(session, check_id, checker_id, now)
    _end_call(call, Disposition.COMPLETE, "", now)
    check.called = called
    check.answers = {
        str(unit_id): {"dealt": each.dealt.value, "rating": each.rating} for unit_id, each in answers.items()
    }
    _end(session, check, checker_id, BackCheckState.DONE, now)
    session.commit()


def record_check_outcome(
    session: Session, check_id: int, checker_id: int, outcome: Disposition | None, note: str, now: datetime
) -> BackCheckState:
    """Record a call that brought no answers, and free the call-back; commits. WAITING: it is tried again later.

    Raises CheckLostError, or ServiceError with its field.
    """
    if outcome not in OUTCOMES:
        raise ServiceError("请选择这次通话的结果", "outcome")
    note = note.strip()
    if len(note) > MAX_NOTE:
        raise ServiceError(f"备注最多 {MAX_NOTE} 个字", "note")
    if not all(is_clean(line) for line in note.splitlines()):
        raise ServiceError("备注里有看不见的控制字符，请重新输入", "note")
    check, call = _ending(session, check_id, checker_id, now)
    _end_call(call, outcome, note, now)
    session.flush()
    session.refresh(check, ["calls"])
    rules = load_quality_rules(check.round.scheme_key)
    wrong = _wrong(check)
    left = any(not phone.is_wrong and phone.text not in wrong for phone in phones_of(session, check.case))
    state = after_outcome(outcome, len(check.calls), rules, left)
    if state is BackCheckState.WAITING:
        check.held_by_id = check.held_until = None
        check.due_at = now if outcome is Disposition.WRONG_NUMBER else now + rules.retry
    else:
        _end(session, check, checker_id, state, now)
    session.commit()
    return state


def release_check(session: Session, check_id: int, checker_id: int, now: datetime) -> None:
    """Put a call-back back without a result; commits. A call that was begun stays in the record."""
    check = _lock(session, check_id)
    if check.held_by_id != checker_id:
        raise CheckLostError(NOT_HELD)
    check.held_by_id = check.held_until = None
    check.due_at = max(check.due_at, now + REST)
    audit.record(session, now, checker_id, "back_check.release", "back_check", check.id)
    session.commit()


def _claim_first(session: Session, checker_id: int, now: datetime) -> BackCheck | None:
    waiting = session.scalars(
        select(BackCheck.id)
        .join(Round, Round.id == BackCheck.round_id)
        .where(_takeable_by(checker_id), BackCheck.due_at <= now, _free_at(now))
        .order_by(BackCheck.due_at, BackCheck.id)
        .limit(50)
    ).all()
    for check_id in waiting:
        try:
            taken = session.execute(
                update(BackCheck)
                .where(
                    BackCheck.id == check_id,
                    BackCheck.state == BackCheckState.WAITING,
                    BackCheck.interviewer_id != checker_id,
                    _free_at(now),
                )
                .values(held_by_id=checker_id, held_until=now + LEASE)
                .execution_options(synchronize_session=False)
                .returning(BackCheck.id)
            ).scalar()
            session.commit()
        except IntegrityError:  # held_by_id is unique: the same person asked twice at once
            session.rollback()
            return _held(session, checker_id)
        if taken is not None:
            return session.get_one(BackCheck, check_id, populate_existing=True)
    session.rollback()
    return None


def _takeable_by(checker_id: int) -> ColumnElement[bool]:
    """The condition, joined with Round, for what waits and neither was interviewed nor called back by a person."""
    earlier = aliased(BackCheck)
    return and_(
        BackCheck.state == BackCheckState.WAITING,
        BackCheck.interviewer_id != checker_id,
        Round.state.in_(CHECKED),
        ~exists().where(earlier.response_id == BackCheck.response_id, earlier.checker_id == checker_id),
    )


def _free_at(now: datetime) -> ColumnElement[bool]:
    return or_(BackCheck.held_by_id.is_(None), BackCheck.held_until < now)


def _held(session: Session, checker_id: int) -> BackCheck | None:
    return session.scalar(select(BackCheck).where(BackCheck.held_by_id == checker_id))


def _lock(session: Session, check_id: int) -> BackCheck:
    check = session.get(BackCheck, check_id, with_for_update=True, populate_existing=True)
    if check is None:
        raise CheckLostError(NOT_HELD)
    return check


def _ending(
    session: Session, check_id: int, checker_id: int, now: datetime
) -> tuple[BackCheck, BackCheckCall]:
    """Return the call-back, locked, and the call that is ending."""
    hold_for_entry(session, session.get_one(BackCheck, check_id).round)
    check = _lock(session, check_id)
    if check.state is not BackCheckState.WAITING:
        raise ConflictError("这一件复核刚刚已由其他人完成，您的内容没有记入")
    call = open_call(session, check_id, checker_id, now)
    if call is None and check.held_by_id != checker_id:
        raise CheckLostError(NOT_HELD)
    if call is None:
        raise ServiceError(NOT_DIALLED)
    return check, call


def _end_call(call: BackCheckCall, outcome: Disposition, note: str, now: datetime) -> None:
    call.outcome, call.note, call.ended_at = outcome.value, note, now


def _end(session: Session, check: BackCheck, checker_id: int, state: BackCheckState, now: datetime) -> None:
    check.state, check.checker_id, check.ended_at = state, checker_id, now
    check.held_by_id = check.held_until = None
    audit.record(session, now, checker_id, f"back_check.{state.value}", "back_check", check.id)


def _wrong(check: BackCheck) -> set[str]:
    """The numbers that this call-back found wrong."""
    return {call.phone for call in check.calls if call.outcome == Disposition.WRONG_NUMBER.value}
