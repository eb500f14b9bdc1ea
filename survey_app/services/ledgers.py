"""台账: entering what proves a unit's points, one entry or many rows at once, and what of it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.approval import Approval
from survey_app.domain.evidence import Book, books
from survey_app.domain.ledger import Data, Keys, keys_of, read_entry, repeats
from survey_app.domain.pasted_rows import PastedRow, read_rows
from survey_app.domain.roles import Role
from survey_app.domain.text import N_, Text
from survey_app.models.account import Account
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services import audit
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.round_locks import hold_for_entry

MOST_ROWS = 500
UNIT_HEADING = N_("责任单位")
FieldFault = tuple[str, str]  # the field, and the sentence


class LedgerRefusedError(ServiceError):
    """An entry that breaks a rule; `faults` are pairs of field and sentence, nothing was stored."""

    def __init__(self, faults: list[FieldFault]) -> None:
        super().__init__(faults[0][1], faults[0][0])
        self.faults = faults


class RowsRefusedError(ServiceError):
    """Pasted rows of which some break a rule; nothing was stored, `faults` has a sentence for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults[0], "rows")
        self.faults = faults


@dataclass
class _Known:
    """What a unit's ledger says already, in the order of entering; `where` is told to who enters it again."""

    entries: list[tuple[Data, Keys, str]] = field(default_factory=list)

    def repeated(self, book: Book, data: Data, keys: Keys) -> str | None:
        for other, its, where in self.entries:
            if repeats(book.ledger, data, keys, other, its):
                return where
        return None


def book_of(round_: Round, item_id: str) -> Book:
    """Return the ledger of an item, the bonus or the penalty; raise NotFoundError when it has none."""
    found = next((book for book in books(load_scheme(round_.scheme_key)) if book.item == item_id), None)
    if found is None:
        raise NotFoundError("评分方案没有这本台账：请从台账列表重新进入")
    return found


def find_entry(session: Session, round_: Round, entry_id: int) -> LedgerEntry:
    """Return an entry of the round as it stands now; raise NotFoundError when there is none."""
    entry = session.scalar(
        select(LedgerEntry)
        .options(joinedload(LedgerEntry.unit))
        .where(LedgerEntry.id == entry_id, LedgerEntry.round_id == round_.id)
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise NotFoundError("没有这条台账：请从列表重新进入")
    return entry


def stands() -> ColumnElement[bool]:
    """The condition for entries that claim something: neither returned nor withdrawn."""
    return and_(LedgerEntry.withdrawn_at.is_(None), LedgerEntry.approval != Approval.RETURNED)


def counts() -> ColumnElement[bool]:
    """The condition for entries that count: approved and not withdrawn."""
    return and_(LedgerEntry.withdrawn_at.is_(None), LedgerEntry.approval == Approval.APPROVED)


def counting_entries(
    session: Session, round_id: int, items: Sequence[str]
) -> dict[tuple[int, str], list[LedgerEntry]]:
    """Return a round's entries that count in the ledgers of items, by unit id and item, in the order of entering."""
    rows = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.round_id == round_id, LedgerEntry.item.in_(items), counts())
        .order_by(LedgerEntry.id)
    )
    found: dict[tuple[int, str], list[LedgerEntry]] = {}
    for row in rows:
        found.setdefault((row.unit_id, row.item), []).append(row)
    return found


def withdrawn_places(session: Session, round_id: int) -> set[tuple[int, str]]:
    """Return the unit ids and items of which approved entries were withdrawn in a round."""
    rows = session.execute(
        select(LedgerEntry.unit_id, LedgerEntry.item).where(
            LedgerEntry.round_id == round_id,
            LedgerEntry.approval == Approval.APPROVED,
            LedgerEntry.withdrawn_at.is_not(None),
        )
    )
    return {(unit_id, item) for unit_id, item in rows}


def enter(
    session: Session,
    round_: Round,
    item_id: str,
    unit_id: int | None,
    typed: Mapping[str, str],
    account_id: int,
    now: datetime,
) -> LedgerEntry:
    """Enter one entry, which waits for approval; commits.

    Raises LedgerRefusedError with every fault, ServiceError for another role or a frozen round.
    """
    require_office(session, account_id)
    book = book_of(round_, item_id)
    hold_for_entry(session, round_)
    unit = session.scalar(select(Unit).where(Unit.id == unit_id, Unit.active))
    data, by_field = read_entry(book.ledger, typed, book.levels, _today(now))
    faults = [] if unit else [("unit", "请选择责任单位")]
    faults += [(each.key, by_field[each.key]) for each in book.ledger.fields if each.key in by_field]
    if faults or unit is None:
        raise LedgerRefusedError(faults)
    keys = keys_of(book.ledger, data)
    where = _known(session, round_, book, [unit.id])[unit.id].repeated(book, data, keys)
    if where:
        raise LedgerRefusedError([(book.ledger.known_by[0], _already(unit, where))])
    entry = _add(session, round_, book, unit, data, keys, account_id, now)
    session.commit()
    return entry


def enter_many(
    session: Session, round_: Round, item_id: str, text: str, account_id: int, now: datetime
) -> int:
    """Enter rows as they were copied from a spreadsheet, all of them or none; commits. Returns how many.

    The first cell names the unit, the others are the ledger's fields in their order. Raises RowsRefusedError
    with the faults of all rows, ServiceError for another role or a frozen round.
    """
    require_office(session, account_id)
    book = book_of(round_, item_id)
    hold_for_entry(session, round_)
    headings = [UNIT_HEADING, *book.ledger.headings]
    rows = read_rows(text, headings)
    if not rows:
        raise RowsRefusedError(["还没有粘贴内容：请从表格里复制要登记的各行，粘贴到这里"])
    if len(rows) > MOST_ROWS:
        raise RowsRefusedError([f"一次最多登记 {MOST_ROWS} 行，现有 {len(rows)} 行，请分几次粘贴"])
    units = {unit.name: unit for unit in session.scalars(select(Unit).where(Unit.active))}
    named = sorted({units[row.cells[0]].id for row in rows if row.cells[0] in units})
    known = _known(session, round_, book, named)
    faults: list[str] = []
    read: list[tuple[Unit, Data, Keys]] = []
    for row in rows:
        unit, data, found = _read_row(row, units, book, _today(now))
        if unit and not found:
            keys = keys_of(book.ledger, data)
            where = known[unit.id].repeated(book, data, keys)
            found = [_already(unit, where)] if where else []
            known[unit.id].entries.append((data, keys, f"上面第 {row.number} 行"))
            read.append((unit, data, keys))
        faults += [f"第 {row.number} 行：{sentence}" for sentence in found]
    if faults:
        raise RowsRefusedError(faults)
    for unit, data, keys in read:
        _add(session, round_, book, unit, data, keys, account_id, now)
    session.commit()
    return len(read)


def waiting_texts(session: Session, round_: Round) -> list[Text]:
    """Return what of a round's ledgers nobody has decided on yet, unit by unit; it keeps scores from being final."""
    titles = {book.item: book.title for book in books(load_scheme(round_.scheme_key))}
    found = []
    for condition, sentence in (
        (
            and_(LedgerEntry.approval == Approval.WAITING, LedgerEntry.withdrawn_at.is_(None)),
            N_("%(unit)s的%(item)s台账有 %(n)s 条待审核"),
        ),
        (
            and_(LedgerEntry.withdrawal_asked_at.is_not(None), LedgerEntry.withdrawn_at.is_(None)),
            N_("%(unit)s的%(item)s台账有 %(n)s 条撤销申请待确认"),
        ),
    ):
        rows = session.execute(
            select(Unit.name, LedgerEntry.item, func.count())
            .join(Unit, Unit.id == LedgerEntry.unit_id)
            .where(LedgerEntry.round_id == round_.id, condition)
            .group_by(Unit.position, Unit.id, Unit.name, LedgerEntry.item)
            .order_by(Unit.position, Unit.id, LedgerEntry.item)
        )
        found += [Text(sentence, {"unit": unit, "item": titles[item], "n": n}) for unit, item, n in rows]
    return found


def require_office(session: Session, account_id: int) -> None:
    """Raise ServiceError for everybody but the office, which keeps the ledgers."""
    account = session.get(Account, account_id)
    if account is None or account.role is not Role.OFFICE:
        raise ServiceError("台账由营商办登记和审核，您的账号不能填")


def _read_row(
    row: PastedRow, units: Mapping[str, Unit], book: Book, today: date
) -> tuple[Unit | None, Data, list[str]]:
    """Return what a row says, and what is wrong with it."""
    name, *cells = row.cells
    unit = units.get(name)
    faults = [] if unit else [f"没有名为「{name}」的责任单位" if name else "请写明责任单位"]
    fields = book.ledger.fields
    if len(cells) > len(fields):
        faults.append(f"应有 {len(fields) + 1} 列，现有 {len(cells) + 1} 列")
        return unit, {}, faults
    typed = {each.key: cell for each, cell in zip(fields, cells, strict=True)}
    data, by_field = read_entry(book.ledger, typed, book.levels, today)
    return unit, data, faults + [by_field[each.key] for each in fields if each.key in by_field]


def _known(session: Session, round_: Round, book: Book, unit_ids: Sequence[int]) -> dict[int, _Known]:
    """What stands in the ledgers of units, which nobody else adds to until the transaction ends."""
    session.execute(
        # Not the whole key: what only points to a unit, such as an answer, need not wait.
        select(Unit.id).where(Unit.id.in_(unit_ids)).order_by(Unit.id).with_for_update(key_share=True)
    )
    found = {unit_id: _Known() for unit_id in unit_ids}
    for entry in session.scalars(
        select(LedgerEntry)
        .where(
            LedgerEntry.round_id == round_.id,
            LedgerEntry.item == book.item,
            LedgerEntry.unit_id.in_(unit_ids),
            stands(),
        )
        .order_by(LedgerEntry.id)
    ):
        found[entry.unit_id].entries.append((entry.data, Keys(entry.name_key, entry.link_key), "台账里"))
    return found


def _already(unit: Unit, where: str) -> str:
    return f"{where}已有{unit.name}的同一条，不必重复登记"


def _add(
    session: Session,
    round_: Round,
    book: Book,
    unit: Unit,
    data: Data,
    keys: Keys,
    account_id: int,
    now: datetime,
) -> LedgerEntry:
    entry = LedgerEntry(
        round_id=round_.id,
        unit_id=unit.id,
        item=book.item,
        kind=book.ledger.kind,
        data=data,
        name_key=keys.name,
        link_key=keys.link,
        approval=Approval.WAITING,
        entered_by_id=account_id,
        entered_at=now,
    )
    session.add(entry)
    session.flush()
    record(session, round_, entry, "enter", account_id, now)
    return entry


def record(
    session: Session, round_: Round, entry: LedgerEntry, deed: str, account_id: int, now: datetime
) -> None:
    """Note a deed on an entry in the audit trail, from which its history is shown."""
    audit.record(
        session, now, account_id, f"ledger.{deed}", "ledger_entry", entry.id,
        round=round_.quarter, unit=entry.unit_id, item=entry.item,
    )  # fmt: skip


def _today(now: datetime) -> date:
    return now.astimezone(COUNTY_ZONE).date()
