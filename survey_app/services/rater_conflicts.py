"""回避: declaring that a supervisor may not rate a unit, and withdrawing that with a reason."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.models.account import Account
from survey_app.models.correction import Correction
from survey_app.models.item_entry import SupervisorMark
from survey_app.models.rater_conflict import RaterConflict
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.round_locks import FROZEN, is_frozen
from survey_app.services.written_reasons import required_reason

FieldFault = tuple[str, str]  # the field, and the sentence
Span = tuple[datetime, datetime | None]


class RaterConflictRefusedError(ServiceError):
    """A declaration that breaks a rule; `faults` are pairs of field and sentence, nothing was stored."""

    def __init__(self, faults: list[FieldFault]) -> None:
        super().__init__(faults[0][1], faults[0][0])
        self.faults = faults


def standing_conflicts(session: Session, supervisor_id: int, round_: Round) -> dict[int, RaterConflict]:
    """Return what a supervisor stands back from in a round, by unit id; under correction also what stands by now."""
    standing = _standing(session, round_)
    if not is_frozen(round_):
        standing = or_(standing, RaterConflict.withdrawn_at.is_(None))
    rows = session.scalars(
        select(RaterConflict).where(RaterConflict.supervisor_id == supervisor_id, standing)
    )
    return {row.unit_id: row for row in rows}


def stands_back(session: Session, round_: Round) -> ColumnElement[bool]:
    """Whether the supervisor who gave a mark of a round stands back from its unit: then it doesn't count."""
    return (
        select(RaterConflict.id)
        .where(
            RaterConflict.supervisor_id == SupervisorMark.supervisor_id,
            RaterConflict.unit_id == SupervisorMark.unit_id,
            _standing(session, round_),
        )
        .exists()
    )


def marked_anyway(session: Session, round_: Round) -> set[tuple[int, int]]:
    """Return the (supervisor, unit) ids of the marks in a round that are kept and don't count."""
    rows = session.execute(
        select(SupervisorMark.supervisor_id, SupervisorMark.unit_id).where(
            SupervisorMark.round_id == round_.id, stands_back(session, round_)
        )
    )
    return {(supervisor, unit) for supervisor, unit in rows}


def all_conflicts(session: Session) -> list[RaterConflict]:
    """Return every declaration, those that stand first, the newest first among each."""
    return list(
        session.scalars(
            select(RaterConflict)
            .options(
                joinedload(RaterConflict.supervisor),
                joinedload(RaterConflict.declared_by),
                joinedload(RaterConflict.unit),
            )
            .order_by(RaterConflict.withdrawn_at.is_not(None), RaterConflict.id.desc())
        )
    )


def find_conflict(session: Session, conflict_id: int) -> RaterConflict:
    """Return a declaration; raise NotFoundError when there is none."""
    found = session.get(RaterConflict, conflict_id)
    if found is None:
        raise NotFoundError("没有这条回避：请从列表重新进入")
    return found


def supervisors(session: Session) -> list[Account]:
    """Return the accounts of supervisors that may sign in, by name."""
    return list(
        session.scalars(
            select(Account)
            .where(Account.role == Role.SUPERVISOR, Account.active)
            .order_by(Account.display_name, Account.id)
        )
    )


def declare_conflict(
    session: Session,
    supervisor_id: int | None,
    unit_id: int | None,
    reason: str,
    account_id: int,
    now: datetime,
) -> RaterConflict:
    """Declare that a supervisor stands back from a unit; commits.

    From then on the supervisor's marks of the unit are kept and count in no round that isn't frozen. Raises
    RaterConflictRefusedError with every fault, ConflictError where it stands already, ServiceError for an
    account that is neither the supervisor's own nor the office's.
    """
    account = session.get(Account, account_id)
    own = account is not None and account.role is Role.SUPERVISOR and supervisor_id == account_id
    if account is None or not (own or account.role is Role.OFFICE):
        raise ServiceError("回避由监督员本人或营商办登记，您的账号不能登记")
    reason = reason.strip()
    faults = _faults(session, supervisor_id, unit_id, reason)
    if faults or supervisor_id is None or unit_id is None:
        raise RaterConflictRefusedError(faults)
    rounds = _hold_all(session)
    declared = RaterConflict(
        supervisor_id=supervisor_id,
        unit_id=unit_id,
        reason=reason,
        declared_by_id=account_id,
        declared_at=now,
    )
    session.add(declared)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise ConflictError("这位监督员对这个单位已经登记过回避，不必重复登记") from None
    _record(session, declared, rounds, "conflict.declare", account_id, now)
    session.commit()
    return declared


def withdraw_conflict(
    session: Session, conflict_id: int, reason: str, account_id: int, now: datetime
) -> None:
    """Let a supervisor rate a unit again, which the office alone may; commits.

    Marks that the supervisor gave in rounds that aren't frozen count again. Raises RaterConflictRefusedError
    without a reason, ConflictError when it was withdrawn already, NotFoundError when there is none.
    """
    account = session.get(Account, account_id)
    if account is None or account.role is not Role.OFFICE:
        raise ServiceError("回避由营商办撤销，您的账号不能撤销")
    rounds = _hold_all(session)
    found = session.scalar(
        select(RaterConflict)
        .where(RaterConflict.id == conflict_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError("没有这条回避：请从列表重新进入")
    if found.withdrawn_at is not None:
        raise ConflictError("这条回避已经撤销过，请刷新列表")
    reason = reason.strip()
    faults = _reason_faults(reason, "撤销原因")
    if faults:
        raise RaterConflictRefusedError(faults)
    found.withdrawn_by_id, found.withdrawn_at, found.withdrawn_reason = account_id, now, reason
    _record(session, found, rounds, "conflict.withdraw", account_id, now)
    session.commit()


def _standing(session: Session, round_: Round) -> ColumnElement[bool]:
    """What was declared, and not withdrawn again, while the round's scores could change.

    What happened while they were frozen touches them neither then nor in a later correction, which would
    otherwise change the score of units that it is not about.
    """
    spans = _frozen_spans(session, round_)
    return and_(
        ~_within(RaterConflict.declared_at, spans),
        or_(RaterConflict.withdrawn_at.is_(None), _within(RaterConflict.withdrawn_at, spans)),
    )


def _within(moment: InstrumentedAttribute[Any], spans: list[Span]) -> ColumnElement[bool]:
    inside = [moment > start if end is None else and_(moment > start, moment < end) for start, end in spans]
    return or_(false(), *inside)


def _frozen_spans(session: Session, round_: Round) -> list[Span]:
    """From when until when the round's scores were frozen; the last span has no end while they are."""
    first = select(func.min(ResultVersion.frozen_at)).where(ResultVersion.round_id == round_.id)
    start = session.scalar(first) or round_.finalised_at
    corrections = session.execute(
        select(Correction.decided_at, Correction.ended_at)
        .where(Correction.round_id == round_.id, Correction.approval == Approval.APPROVED)
        .order_by(Correction.number)
    )
    spans: list[Span] = []
    for reopened, ended in corrections:
        if start is not None:
            spans.append((start, reopened))
        start = ended
    return spans if start is None else [*spans, (start, None)]


def _hold_all(session: Session) -> list[Round]:
    """Keep every round whose scores a mark may still change from being finalised meanwhile."""
    return list(
        session.scalars(
            select(Round).where(Round.state.not_in(FROZEN)).order_by(Round.id).with_for_update(read=True)
        )
    )


def _record(
    session: Session,
    conflict: RaterConflict,
    rounds: list[Round],
    action: str,
    account_id: int,
    now: datetime,
) -> None:
    """Note the deed, and the rounds in which a mark that was given leaves the mean, or comes back to it."""
    marked = set(
        session.scalars(
            select(SupervisorMark.round_id).where(
                SupervisorMark.supervisor_id == conflict.supervisor_id,
                SupervisorMark.unit_id == conflict.unit_id,
            )
        )
    )
    audit.record(
        session, now, account_id, action, "unit", conflict.unit_id,
        conflict=conflict.id, supervisor=conflict.supervisor_id,
        marks_in=[round_.quarter for round_ in rounds if round_.id in marked],
    )  # fmt: skip


def _faults(
    session: Session, supervisor_id: int | None, unit_id: int | None, reason: str
) -> list[FieldFault]:
    faults = []
    supervisor = session.get(Account, supervisor_id) if supervisor_id is not None else None
    if supervisor is None or supervisor.role is not Role.SUPERVISOR:
        faults.append(("supervisor", "请选择监督员"))
    if unit_id is None or not session.scalar(select(Unit.id).where(Unit.id == unit_id, Unit.active)):
        faults.append(("unit", "请选择责任单位"))
    return faults + _reason_faults(reason, "回避的理由")


def _reason_faults(reason: str, name: str) -> list[FieldFault]:
    try:
        required_reason(reason, name)
    except ServiceError as error:
        return [("reason", str(error))]
    return []
