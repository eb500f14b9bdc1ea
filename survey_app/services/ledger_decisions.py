"""台账审核: one enters, another approves; a withdrawal too is asked for by one and confirmed by another."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval, why_not_decide
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.ledger_claims import claims_elsewhere
from survey_app.services.ledgers import find_entry, record, require_office
from survey_app.services.round_locks import hold_for_entry
from survey_app.services.written_reasons import optional_reason, required_reason

_CHANGED = "这一条已由他人处理过，请刷新后再看"


def decide(
    session: Session,
    round_: Round,
    entry_id: int,
    approve: bool,
    reason: str,
    account_id: int,
    now: datetime,
) -> None:
    """Approve or return an entry that another person made; commits.

    Returning needs a reason, and so does approving what is claimed elsewhere too. Raises ServiceError (field
    "reason" for the reason), ConflictError where somebody decided first.
    """
    _begin(session, round_, account_id)
    entry = find_entry(session, round_, entry_id)
    _check(entry, account_id)
    reason = optional_reason(reason, "审核意见")
    if not approve and not reason:
        raise ServiceError("请写明退回的原因，填报人要照着改", "reason")
    if approve and not reason and claims_elsewhere(session, [entry])[entry.id]:
        raise ServiceError("同一内容别处也申报过：要审核通过，请写明核实情况", "reason")
    _decide(session, round_, entry, approve, reason, account_id, now)
    session.commit()


def approve_many(
    session: Session, round_: Round, entry_ids: Sequence[int], account_id: int, now: datetime
) -> int:
    """Approve entries that need no reason, all of them or none; commits. Returns how many."""
    _begin(session, round_, account_id)
    if not entry_ids:
        raise ServiceError("还没有勾选要审核通过的台账")
    entries = [find_entry(session, round_, entry_id) for entry_id in sorted(set(entry_ids))]
    claims = claims_elsewhere(session, entries)
    for entry in entries:
        _check(entry, account_id)
        if claims[entry.id]:
            raise ServiceError(f"{entry.unit.name}有一条台账别处也申报过，须打开逐条审核，其他各条也没有保存")
    for entry in entries:
        _decide(session, round_, entry, True, "", account_id, now)
    session.commit()
    return len(entries)


def withdraw(
    session: Session, round_: Round, entry_id: int, reason: str, account_id: int, now: datetime
) -> LedgerEntry:
    """Withdraw one's own entry that still waits, or ask for the withdrawal of an approved one; commits.

    Raises ServiceError (field "reason" for the reason), ConflictError where somebody was first.
    """
    _begin(session, round_, account_id)
    entry = find_entry(session, round_, entry_id)
    reason = required_reason(reason, "撤销原因")
    if entry.withdrawn_at is not None or entry.withdrawal_waits:
        raise ConflictError(_CHANGED)
    if entry.approval is Approval.RETURNED:
        raise ServiceError("已退回的台账不计分，不必撤销")
    waits = entry.approval is Approval.WAITING
    if waits and entry.entered_by_id != account_id:
        raise ServiceError("这一条还没有审核：请由填报人撤销，或在审核时退回")
    values: dict[str, Any] = {
        "withdrawal_reason": reason,
        "withdrawal_asked_at": now,
        "withdrawal_asked_by_id": account_id,
    }
    if waits:
        values |= {"withdrawn_at": now, "withdrawn_by_id": account_id}
    _change(session, entry, values, LedgerEntry.withdrawal_asked_at.is_(None))
    record(session, round_, entry, "withdraw" if waits else "ask_withdrawal", account_id, now)
    session.commit()
    return entry


def decide_withdrawal(
    session: Session, round_: Round, entry_id: int, confirm: bool | None, account_id: int, now: datetime
) -> None:
    """Confirm or refuse a withdrawal that another person asked for; commits.

    Raises ServiceError for the person who asked or without a decision, ConflictError where somebody decided first.
    """
    _begin(session, round_, account_id)
    if confirm is None:
        raise ServiceError("请选择确认撤销，或者不同意撤销")
    entry = find_entry(session, round_, entry_id)
    if not entry.withdrawal_waits:
        raise ConflictError(_CHANGED)
    if entry.withdrawal_asked_by_id == account_id:
        raise ServiceError("自己申请的撤销须由另一人确认")
    if confirm:
        values: dict[str, Any] = {"withdrawn_at": now, "withdrawn_by_id": account_id}
    else:
        values = {"withdrawal_reason": "", "withdrawal_asked_at": None, "withdrawal_asked_by_id": None}
    _change(
        session,
        entry,
        values,
        LedgerEntry.withdrawal_asked_at == entry.withdrawal_asked_at,
        LedgerEntry.withdrawn_at.is_(None),
    )
    record(session, round_, entry, "withdraw" if confirm else "refuse_withdrawal", account_id, now)
    session.commit()


def _begin(session: Session, round_: Round, account_id: int) -> None:
    require_office(session, account_id)
    hold_for_entry(session, round_)


def _check(entry: LedgerEntry, account_id: int) -> None:
    if entry.withdrawn_at is not None or entry.approval is not Approval.WAITING:
        raise ConflictError(_CHANGED)
    why = why_not_decide(entry.approval, entry.entered_by_id, account_id)
    if why:
        raise ServiceError(str(why))


def _decide(
    session: Session,
    round_: Round,
    entry: LedgerEntry,
    approve: bool,
    reason: str,
    account_id: int,
    now: datetime,
) -> None:
    values = {
        "approval": Approval.APPROVED if approve else Approval.RETURNED,
        "decided_by_id": account_id,
        "decided_at": now,
        "decision_reason": reason,
    }
    _change(
        session, entry, values, LedgerEntry.approval == Approval.WAITING, LedgerEntry.withdrawn_at.is_(None)
    )
    record(session, round_, entry, "approve" if approve else "return", account_id, now)


def _change(
    session: Session, entry: LedgerEntry, values: dict[str, Any], *unless_changed: ColumnElement[bool]
) -> None:
    """Change an entry if it still is what was looked at; otherwise somebody else was first."""
    changed = session.execute(
        update(LedgerEntry)
        .where(LedgerEntry.id == entry.id, *unless_changed)
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(LedgerEntry.id)
    ).all()
    if not changed:
        session.rollback()
        raise ConflictError(_CHANGED)
    session.refresh(entry)
