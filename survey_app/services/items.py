"""评分项填报: who may enter what, each entry a new version, the newest one and the one in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.approval import Approval
from survey_app.domain.entry_fields import entry_faults, entry_fields, field_of, in_words
from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.domain.scheme import Answered, Scheme, ScoreItem, Tiers
from survey_app.domain.text import Text, joined
from survey_app.models.account import Account
from survey_app.models.item_entry import ItemEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.round_locks import hold_for_entry
from survey_app.services.tier_bands import outside_bands

LONGEST_NOTE = 500

Place = tuple[int, str]  # unit id and item id


@dataclass(frozen=True)
class Change:
    """What somebody wants an item to be: data (None: cleared), a note, and the version they saw."""

    data: Mapping[str, str] | None
    note: str = ""
    base_version: int = 0


@dataclass(frozen=True)
class EntryFault:
    """What is wrong with one field of one unit's item."""

    unit_id: int
    item: str
    field: str
    sentence: str


@dataclass(frozen=True)
class EntryConflict:
    """An item that somebody else changed first: their entry, what was asked for, and both in a sentence."""

    unit_id: int
    item: str
    newest: ItemEntry
    asked: Change
    sentence: str


class EntryRefusedError(ServiceError):
    """Entries that break a rule; nothing was stored, and `faults` has every one of them."""

    def __init__(self, faults: list[EntryFault]) -> None:
        super().__init__(faults[0].sentence, faults[0].field)
        self.faults = faults


class EntryConflictError(ConflictError):
    """Entries that somebody else changed first; nothing was stored, and `conflicts` has both values."""

    def __init__(self, conflicts: list[EntryConflict]) -> None:
        super().__init__("；".join(conflict.sentence for conflict in conflicts))
        self.conflicts = conflicts


@dataclass
class _History:
    """The versions of one unit's item, oldest first."""

    entries: list[ItemEntry] = field(default_factory=list)

    @property
    def newest(self) -> ItemEntry | None:
        return self.entries[-1] if self.entries else None

    @property
    def wanted(self) -> ItemEntry | None:
        """The version that counts once everything that waits is approved."""
        if self.newest is None or self.newest.approval is not Approval.RETURNED:
            return self.newest
        return next((e for e in reversed(self.entries) if e.approval is Approval.APPROVED), None)

    def at(self, version: int) -> tuple[Mapping[str, str] | None, str]:
        found = next((entry for entry in self.entries if entry.version == version), None)
        return (found.data, found.note) if found else (None, "")


def entered_by(item: ScoreItem) -> Role | None:
    """Return the role that enters an item, None where its points come from the survey's answers alone."""
    if not entry_fields(item):
        return None
    return Role.COMMISSION if isinstance(item.settings, Answered) else Role.OFFICE


def items_of(scheme: Scheme, role: Role) -> tuple[ScoreItem, ...]:
    """Return the items that a role enters, in the order of the sheet."""
    return tuple(item for item in scheme.items if entered_by(item) is role)


def current_entries(session: Session, round_id: int) -> dict[Place, ItemEntry]:
    """Return the newest entry for each unit and item that has one, approved or not: what is worked on."""
    return {(entry.unit_id, entry.item): entry for entry in _entries(session, round_id)}


def entries_in_force(session: Session, round_id: int) -> dict[Place, ItemEntry]:
    """Return the newest approved entry for each unit and item that has one: what counts."""
    return {
        (entry.unit_id, entry.item): entry
        for entry in _entries(session, round_id)
        if entry.approval is Approval.APPROVED
    }


def waiting_places(session: Session, round_id: int) -> set[Place]:
    """Return the units and items whose newest entry waits for approval."""
    newest = current_entries(session, round_id)
    return {place for place, entry in newest.items() if entry.approval is Approval.WAITING}


def entry_history(session: Session, round_id: int, unit_id: int, item_id: str) -> list[ItemEntry]:
    """Return every version of a unit's item, newest first, each with who entered it and who decided on it."""
    return list(
        session.scalars(
            select(ItemEntry)
            .options(joinedload(ItemEntry.entered_by), joinedload(ItemEntry.decided_by))
            .where(ItemEntry.round_id == round_id, ItemEntry.unit_id == unit_id, ItemEntry.item == item_id)
            .order_by(ItemEntry.version.desc())
        )
    )


def enter_item(
    session: Session,
    round_: Round,
    unit: Unit,
    item_id: str,
    data: Mapping[str, str] | None,
    note: str,
    base_version: int,
    account_id: int,
    now: datetime,
) -> None:
    """Enter one item of one unit; see enter_items."""
    change = Change(data, note, base_version)
    enter_items(session, round_, {(unit.id, item_id): change}, account_id, now)


def enter_items(
    session: Session, round_: Round, changes: Mapping[Place, Change], account_id: int, now: datetime
) -> int:
    """Enter items of one or many units, all of them or none; commits. Returns how many changed.

    What is entered, or cleared, waits until another person approves it. `data` has the item's fields as text ({"points": "7.5"}), None to clear it. What is as it was when the
    form was opened is left alone, whatever others did to it since. Raises EntryRefusedError with all faults,
    EntryConflictError with both values, ServiceError where the account may not enter the item or the round is
    frozen, NotFoundError for an unknown unit or item.
    """
    scheme = load_scheme(round_.scheme_key)
    account = session.get(Account, account_id)
    if account is None:
        raise NotFoundError("没有这个账号")
    known = {item.id: item for item in scheme.items}
    for _, item_id in changes:
        if item_id not in known:
            raise NotFoundError(f"评分方案没有「{item_id}」这个评分项")
        if entered_by(known[item_id]) is not account.role:
            raise ServiceError(_not_yours(known[item_id]), item_id)
    hold_for_entry(session, round_)
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    missing = next((unit_id for unit_id, _ in changes if unit_id not in units), None)
    if missing is not None:
        raise NotFoundError(f"没有编号为 {missing} 的责任单位")
    histories = _histories(session, round_.id)
    wanted = {
        place: change
        for place, change in changes.items()
        if (change.data, change.note.strip()) != histories.get(place, _History()).at(change.base_version)
    }
    conflicts = _conflicts(scheme, wanted, histories)
    if conflicts:
        raise EntryConflictError(conflicts)
    faults = _faults(session, round_, scheme, units, histories, wanted)
    if faults:
        raise EntryRefusedError(faults)
    for (unit_id, item_id), change in wanted.items():
        entry = ItemEntry(
            round_id=round_.id,
            unit_id=unit_id,
            item=item_id,
            version=change.base_version + 1,
            data=dict(change.data) if change.data else None,
            note=change.note.strip(),
            entered_by_id=account_id,
            entered_at=now,
        )
        session.add(entry)
        audit.record(
            session, now, account_id, "item.enter", "unit", unit_id,
            round=round_.quarter, item=item_id, version=entry.version,
        )  # fmt: skip
    try:
        session.commit()
    except IntegrityError:
        # Somebody stored the same version between our look and our write.
        session.rollback()
        conflicts = _conflicts(scheme, wanted, _histories(session, round_.id))
        if not conflicts:
            raise
        raise EntryConflictError(conflicts) from None
    return len(wanted)


def _not_yours(item: ScoreItem) -> str:
    owner = entered_by(item)
    if owner is None:
        return f"「{item.title}」由回访答卷计票得出，不能填报"
    return f"「{item.title}」由{ROLE_NAMES[owner]}填报，您的账号不能填"


def _entries(session: Session, round_id: int) -> list[ItemEntry]:
    """All versions of a round's entries as they stand in the database now, oldest first."""
    return list(
        session.scalars(
            select(ItemEntry)
            .options(joinedload(ItemEntry.entered_by))
            .where(ItemEntry.round_id == round_id)
            .order_by(ItemEntry.version)
            .execution_options(populate_existing=True)
        )
    )


def _histories(session: Session, round_id: int) -> dict[Place, _History]:
    found: dict[Place, _History] = {}
    for entry in _entries(session, round_id):
        found.setdefault((entry.unit_id, entry.item), _History()).entries.append(entry)
    return found


def _conflicts(
    scheme: Scheme, wanted: Mapping[Place, Change], histories: Mapping[Place, _History]
) -> list[EntryConflict]:
    found = []
    for (unit_id, item_id), change in wanted.items():
        history = histories.get((unit_id, item_id))
        newest = history.newest if history else None
        if newest is not None and newest.version != change.base_version:
            sentence = _both_values(scheme.item(item_id), newest, change)
            found.append(EntryConflict(unit_id, item_id, newest, change, sentence))
        elif newest is None and change.base_version:
            raise NotFoundError("页面上的版本不存在，请刷新后再填")
    return found


def _faults(
    session: Session,
    round_: Round,
    scheme: Scheme,
    units: Mapping[int, Unit],
    histories: Mapping[Place, _History],
    wanted: Mapping[Place, Change],
) -> list[EntryFault]:
    found = []
    for (unit_id, item_id), change in wanted.items():
        item = scheme.item(item_id)
        keys = {entry_field.key for entry_field in entry_fields(item)}
        alone = entry_faults(item, change.data)
        if change.data and change.data.keys() - keys:
            alone.append(f"{'、'.join(sorted(change.data.keys() - keys))} 不是本项可填的内容")
        if len(change.note) > LONGEST_NOTE:
            found.append(EntryFault(unit_id, item_id, "note", f"说明不超过 {LONGEST_NOTE} 字"))
        confirmed = isinstance(item.settings, Tiers) and change.data and "points" in change.data
        if confirmed and not change.note.strip():
            sentence = f"{item.title}：填了核定分，请在说明里写明核定的理由"
            found.append(EntryFault(unit_id, item_id, "note", sentence))
        found += [
            EntryFault(unit_id, item_id, field_of(item, reason), f"{item.title}：{in_words(item, reason)}")
            for reason in alone
        ]
    if found:
        return found
    # Where a unit stands among the others can only be told from inputs that are right.
    standing = {place: entry for place, history in histories.items() if (entry := history.wanted)}
    for item_id in dict.fromkeys(item_id for _, item_id in wanted):
        item = scheme.item(item_id)
        if not isinstance(item.settings, Tiers):
            continue
        data: dict[int, Mapping[str, str] | None] = {
            unit_id: entry.data for (unit_id, each), entry in standing.items() if each == item_id
        }
        data |= {unit_id: change.data for (unit_id, each), change in wanted.items() if each == item_id}
        found += [
            EntryFault(unit_id, item_id, "points", f"{item.title}：{in_words(item, reason)}")
            for unit_id, reason in outside_bands(session, round_.id, scheme, item, units.values(), data)
            if (unit_id, item_id) in wanted
        ]
    return found


def describe_entry(item: ScoreItem, data: Mapping[str, str] | None) -> Text:
    """Return an entry in a few words: "7.5", "样本企业 10、已回访企业 8", or "空"."""
    if not data:
        return Text("空")
    fields = [each for each in entry_fields(item) if each.key in data]
    if len(entry_fields(item)) == 1:
        return Text("%(parts)s", {"parts": data[fields[0].key]})
    parts = tuple(Text("%(name)s %(count)s", {"name": each.name, "count": data[each.key]}) for each in fields)
    return Text("%(parts)s", {"parts": joined(parts)})


def _both_values(item: ScoreItem, newest: ItemEntry, asked: Change) -> str:
    return (
        f"「{item.title}」已由{newest.entered_by.display_name}改为「{describe_entry(item, newest.data)}」，"
        f"您填的是「{describe_entry(item, asked.data)}」，请核对后再保存"
    )
