"""What the pages of the ledgers show: a ledger's entries with their points, double claims and history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.approval import Approval
from survey_app.domain.evidence import Book, counted
from survey_app.domain.ledger import LedgerKind
from survey_app.domain.paging import Paging
from survey_app.domain.scheme import Scheme
from survey_app.domain.text import N_, Text
from survey_app.models.account import Account
from survey_app.models.attachment import Attachment
from survey_app.models.audit_event import AuditEvent
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services.ledger_claims import Claim, claims_elsewhere
from survey_app.services.ledgers import counting_entries, counts


class LedgerState(StrEnum):
    """How a ledger's list can be narrowed."""

    WAITING = "waiting"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWAL = "withdrawal"
    WITHDRAWN = "withdrawn"


LEDGER_STATE_NAMES = {
    LedgerState.WAITING: N_("待审核"),
    LedgerState.APPROVED: N_("已审核"),
    LedgerState.RETURNED: N_("已退回"),
    LedgerState.WITHDRAWAL: N_("撤销待确认"),
    LedgerState.WITHDRAWN: N_("已撤销"),
}
_DEED_NAMES = {
    "ledger.enter": N_("登记"),
    "ledger.approve": N_("审核通过"),
    "ledger.return": N_("退回"),
    "ledger.ask_withdrawal": N_("申请撤销"),
    "ledger.refuse_withdrawal": N_("不同意撤销"),
    "ledger.withdraw": N_("撤销"),
    "attachment.upload": N_("上传附件"),
    "attachment.withdraw": N_("撤下附件"),
}


@dataclass(frozen=True)
class LedgerRow:
    """An entry in a list: its state, the points it gives by itself, and what staff should look at."""

    entry: LedgerEntry
    state: LedgerState
    points: Text | None
    claims: list[Claim]
    remark: Text | None
    attachments: int


@dataclass(frozen=True)
class Deed:
    """Something that was done to an entry."""

    name: str
    who: str
    at: datetime


@dataclass(frozen=True)
class BookSummary:
    """How many entries a ledger has in a round, and how many of them wait for somebody."""

    book: Book
    total: int
    waiting: int


def state_of(entry: LedgerEntry) -> LedgerState:
    """Return where an entry stands, in one word."""
    if entry.withdrawn_at is not None:
        return LedgerState.WITHDRAWN
    return LedgerState.WITHDRAWAL if entry.withdrawal_waits else LedgerState(entry.approval)


def summaries(session: Session, round_: Round, known: Sequence[Book]) -> list[BookSummary]:
    """Return how full each ledger of a round is."""
    waits = and_(
        LedgerEntry.withdrawn_at.is_(None),
        (LedgerEntry.approval == Approval.WAITING) | LedgerEntry.withdrawal_asked_at.is_not(None),
    )
    rows = session.execute(
        select(LedgerEntry.item, func.count(), func.count().filter(waits))
        .where(LedgerEntry.round_id == round_.id)
        .group_by(LedgerEntry.item)
    )
    found = {item: (total, waiting) for item, total, waiting in rows}
    return [BookSummary(book, *found.get(book.item, (0, 0))) for book in known]


def list_entries(
    session: Session,
    round_: Round,
    book: Book,
    unit_name: str,
    state: LedgerState | None,
    page: int,
) -> tuple[list[LedgerRow], Paging]:
    """Return one page of a ledger, units in their order, narrowed by a part of the unit's name and by state."""
    chosen = select(LedgerEntry).join(Unit, Unit.id == LedgerEntry.unit_id)
    chosen = chosen.where(LedgerEntry.round_id == round_.id, LedgerEntry.item == book.item)
    if unit_name.strip():
        chosen = chosen.where(Unit.name.contains(unit_name.strip(), autoescape=True))
    if state is not None:
        chosen = chosen.where(_condition(state))
    paging = Paging(page, session.scalar(select(func.count()).select_from(chosen.subquery())) or 0)
    entries = session.scalars(
        chosen.options(joinedload(LedgerEntry.unit), joinedload(LedgerEntry.entered_by))
        .order_by(Unit.position, Unit.id, LedgerEntry.id)
        .limit(paging.size)
        .offset(paging.offset)
    ).all()
    return rows_of(session, round_, entries), paging


def rows_of(session: Session, round_: Round, entries: Sequence[LedgerEntry]) -> list[LedgerRow]:
    """Return entries as lists show them."""
    claims = claims_elsewhere(session, entries)
    scheme = load_scheme(round_.scheme_key)
    best = _counted(session, round_, scheme)
    files = _attachments(session, [entry.id for entry in entries])
    rows = []
    for entry in entries:
        state = state_of(entry)
        in_force = state in (LedgerState.APPROVED, LedgerState.WITHDRAWAL)
        points, remark = _points(scheme, entry, in_force, entry.id in best)
        rows.append(LedgerRow(entry, state, points, claims[entry.id], remark, files.get(entry.id, 0)))
    return rows


def history_of(session: Session, entry: LedgerEntry) -> list[Deed]:
    """Return what was done to an entry, by whom, the oldest first.

    An entry that was made before ledgers were kept has no trail but who entered it.
    """
    rows = session.execute(
        select(AuditEvent.action, Account.display_name, AuditEvent.at)
        .join(Account, Account.id == AuditEvent.account_id)
        .where(AuditEvent.subject_type == "ledger_entry", AuditEvent.subject_id == str(entry.id))
        .order_by(AuditEvent.id)
    ).all()
    deeds = [Deed(_DEED_NAMES[action], who, at) for action, who, at in rows if action in _DEED_NAMES]
    if deeds and deeds[0].name == _DEED_NAMES["ledger.enter"]:
        return deeds
    return [Deed(_DEED_NAMES["ledger.enter"], entry.entered_by.display_name, entry.entered_at), *deeds]


def _condition(state: LedgerState) -> ColumnElement[bool]:
    match state:
        case LedgerState.WITHDRAWN:
            return LedgerEntry.withdrawn_at.is_not(None)
        case LedgerState.WITHDRAWAL:
            return and_(LedgerEntry.withdrawal_asked_at.is_not(None), LedgerEntry.withdrawn_at.is_(None))
        case LedgerState.APPROVED:
            return and_(counts(), LedgerEntry.withdrawal_asked_at.is_(None))
        case _:
            return and_(LedgerEntry.approval == Approval(state), LedgerEntry.withdrawn_at.is_(None))


def _counted(session: Session, round_: Round, scheme: Scheme) -> set[int]:
    """The ids of the endorsements that earn points."""
    places = counting_entries(session, round_.id, [scheme.bonus.id])
    endorsed = (entry for entries in places.values() for entry in entries)
    return counted(
        scheme.bonus, ((each.id, (each.unit_id, each.name_key), each.data["level"]) for each in endorsed)
    )


def _points(
    scheme: Scheme, entry: LedgerEntry, in_force: bool, earns: bool
) -> tuple[Text | None, Text | None]:
    """The points of an entry that gives any by itself, and why it gives none where it might."""
    if entry.kind is LedgerKind.BROKEN_PROMISES:
        return Text("−%(n)s" if in_force else "%(n)s", {"n": scheme.penalty.points if in_force else 0}), None
    if entry.kind is not LedgerKind.ENDORSEMENTS:
        return None, None
    level = scheme.bonus.level(entry.data["level"])
    if earns and level:
        return Text("+%(n)s", {"n": level.points}), None
    remark = Text("同一做法已按最高级别计，这一条不另加分") if in_force else None
    return Text("%(n)s", {"n": 0}), remark


def _attachments(session: Session, entry_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(Attachment.ledger_entry_id, func.count())
        .where(Attachment.ledger_entry_id.in_(entry_ids), Attachment.withdrawn_at.is_(None))
        .group_by(Attachment.ledger_entry_id)
    )
    return {entry_id: number for entry_id, number in rows if entry_id is not None}
