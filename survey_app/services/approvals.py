"""审核: what waits for a second person's eyes, and their approving it or returning it with a reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from survey_app.domain.approval import Approval, why_not_decide
from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.domain.scheme import Scheme, ScoreItem
from survey_app.domain.text import Text
from survey_app.models.account import Account
from survey_app.models.item_entry import ItemEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.evidence import RoundEvidence
from survey_app.services.items import current_entries, entered_by, entries_in_force, items_of
from survey_app.services.round_locks import hold_for_entry
from survey_app.services.round_units import units_of
from survey_app.services.written_reasons import required_reason

Decision = tuple[Approval, str]  # approved or returned, and the reason for returning


@dataclass(frozen=True)
class WaitingEntry:
    """An entry that waits for approval, and the one that it is to follow (None: nothing is in force).

    `gap` says where it falls short of its evidence, None where it doesn't.
    """

    entry: ItemEntry
    unit: Unit
    item: ScoreItem
    before: ItemEntry | None
    gap: Text | None

    def decidable_by(self, account_id: int) -> bool:
        """Whether a person of the owning role may decide on it: anybody but who entered it."""
        return why_not_decide(self.entry.approval, self.entry.entered_by_id, account_id) is None


def waiting_entries(session: Session, round_: Round, role: Role) -> list[WaitingEntry]:
    """Return the entries of a role's items that wait for approval, unit by unit in the sheet's order."""
    items = {item.id: item for item in items_of(load_scheme(round_.scheme_key), role)}
    newest, in_force = current_entries(session, round_.id), entries_in_force(session, round_.id)
    proof = RoundEvidence(session, round_)
    return [
        WaitingEntry(
            entry,
            unit,
            item,
            in_force.get((unit.id, item.id)),
            proof.of(unit.id, item).gap(entry.data, entry.note),
        )
        for unit in units_of(session, round_)
        for item in items.values()
        if (entry := newest.get((unit.id, item.id))) and entry.approval is Approval.WAITING
    ]


def waiting_count(session: Session, round_: Round, role: Role) -> int:
    """Return how many entries of a role's items wait for approval."""
    items = [item.id for item in items_of(load_scheme(round_.scheme_key), role)]
    later = aliased(ItemEntry)
    followed = select(later.id).where(
        later.round_id == ItemEntry.round_id,
        later.unit_id == ItemEntry.unit_id,
        later.item == ItemEntry.item,
        later.version > ItemEntry.version,
    )
    return session.scalars(
        select(func.count())
        .select_from(ItemEntry)
        .where(
            ItemEntry.round_id == round_.id,
            ItemEntry.item.in_(items),
            ItemEntry.approval == Approval.WAITING,
            ItemEntry.unit_id.in_([unit.id for unit in units_of(session, round_)]),
            ~followed.exists(),
        )
    ).one()


def find_waiting(session: Session, round_: Round, entry_id: int, role: Role) -> WaitingEntry:
    """Return an entry that waits; raise ConflictError when it no longer does, NotFoundError for none such."""
    found = next((each for each in waiting_entries(session, round_, role) if each.entry.id == entry_id), None)
    if found is not None:
        return found
    entry = session.get(ItemEntry, entry_id)
    if entry is None or entry.round_id != round_.id:
        raise NotFoundError("没有这条填报：请从「待审核」重新进入")
    scheme = load_scheme(round_.scheme_key)
    if entered_by(scheme.item(entry.item)) is not role:
        raise NotFoundError("没有这条填报：请从「待审核」重新进入")
    raise _already(session, scheme, entry)


def decide_entries(
    session: Session, round_: Round, decisions: Mapping[int, Decision], account_id: int, now: datetime
) -> int:
    """Approve or return entries by their ids, all of them or none; commits. Returns how many.

    Raises ServiceError for one's own entry, another role's item, a return without its reason (field "reason")
    or a frozen round; ConflictError naming an entry that somebody decided on or replaced first; NotFoundError
    for an entry that is none of the round's.
    """
    account = session.get(Account, account_id)
    if account is None:
        raise NotFoundError("没有这个账号")
    hold_for_entry(session, round_)
    scheme = load_scheme(round_.scheme_key)
    newest = {entry.id: entry for entry in current_entries(session, round_.id).values()}
    entries = _entries_of(session, round_, decisions)
    proof = RoundEvidence(session, round_)
    for entry in entries:
        item = scheme.item(entry.item)
        owner = entered_by(item)
        if owner is not account.role:
            by = ROLE_NAMES[owner] if owner else ""
            raise ServiceError(f"「{item.title}」由{by}审核，您的账号不能审核")
        if entry.approval is not Approval.WAITING or entry.id not in newest:
            raise _already(session, scheme, entry)
        own = why_not_decide(entry.approval, entry.entered_by_id, account_id)
        if own is not None:
            raise ServiceError(f"{_named(session, scheme, entry)}：{own}")
        _check_reason(*decisions[entry.id])
        _check_evidence(session, scheme, entry, decisions[entry.id][0], proof)
    for entry in entries:
        decision, reason = decisions[entry.id]
        # Of two people who decide at the same moment one finds it waiting.
        decided = session.scalar(
            update(ItemEntry)
            .where(ItemEntry.id == entry.id, ItemEntry.approval == Approval.WAITING)
            .values(
                approval=decision, decision_reason=reason.strip(), decided_by_id=account_id, decided_at=now
            )
            .returning(ItemEntry.id)
        )
        if decided is None:
            session.rollback()
            raise _already(session, scheme, session.get_one(ItemEntry, entry.id, populate_existing=True))
        audit.record(
            session, now, account_id, f"item.{'approve' if decision is Approval.APPROVED else 'return'}",
            "unit", entry.unit_id, round=round_.quarter, item=entry.item, version=entry.version,
        )  # fmt: skip
    session.commit()
    return len(decisions)


def _check_evidence(
    session: Session,
    scheme: Scheme,
    entry: ItemEntry,
    decision: Approval,
    proof: RoundEvidence,
) -> None:
    """Refuse to approve figures that the ledger contradicts and whose note doesn't say why."""
    found = proof.of(entry.unit_id, scheme.item(entry.item))
    why = found.why_not_approve(entry.data, entry.note)
    if decision is Approval.APPROVED and why is not None:
        raise ServiceError(f"{_named(session, scheme, entry)}：{why}")


def _entries_of(session: Session, round_: Round, ids: Iterable[int]) -> list[ItemEntry]:
    """The round's entries with these ids, always in one order, so that two people can't wait for each other."""
    wanted = set(ids)
    entries = list(
        session.scalars(
            select(ItemEntry)
            .options(joinedload(ItemEntry.entered_by))
            .where(ItemEntry.id.in_(wanted), ItemEntry.round_id == round_.id)
            .order_by(ItemEntry.id)
        )
    )
    if len(entries) < len(wanted):
        raise NotFoundError("有一条填报不在这一轮里：请刷新「待审核」后再审核")
    return entries


def _check_reason(decision: Approval, reason: str) -> None:
    if decision is Approval.RETURNED:
        required_reason(reason, "退回的原因", missing="请写明退回的原因，填报人才知道要改什么")


def _already(session: Session, scheme: Scheme, entry: ItemEntry) -> ConflictError:
    """What to say of an entry that doesn't wait any more."""
    why = "已经有人填了新的内容" if entry.approval is Approval.WAITING else "已经有人审核过"
    return ConflictError(f"{_named(session, scheme, entry)}{why}，这次没有审核任何一条，请核对后再审核")


def _named(session: Session, scheme: Scheme, entry: ItemEntry) -> str:
    unit = session.get_one(Unit, entry.unit_id)
    return f"{unit.name}的「{scheme.item(entry.item).title}」"
