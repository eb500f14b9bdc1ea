"""样本库: reading a unit's file, what it would change, storing it, and what the libraries hold."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.cell_text import comparable, quote
from survey_app.domain.frame import FrameReading, FrameRow, read_frame
from survey_app.domain.phone import PhoneKind
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.integrations.spreadsheets import read_sheets
from survey_app.models.enterprise import Enterprise, EntryPhone, FrameEntry, FrameImport
from survey_app.models.library import PhonesChange
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.round_units import active_units
from survey_app.services.surveys import asked_by_role

# A unit that a file names and nobody has registered becomes one of these; the administrator may change it.
DEFAULT_CATEGORY = "政府部门"
LONGEST_UNIT_NAME = 100
_LONGEST_KEY = 300
_CHUNK = 1000


@dataclass(frozen=True)
class StoredFrame:
    """What storing a file did: entries new to their unit, entries that were there, both again by unit."""

    import_id: int
    added: int
    updated: int
    by_unit: dict[str, tuple[int, int]]
    new_units: tuple[str, ...]


@dataclass(frozen=True)
class UnitChanges:
    """What storing a file would do to one unit's library, in entries.

    `phones_changed` are known entries whose numbers the file changes; `asked_phones_changed` those of them
    that the office asks in a round that is not over, which is when a changed number deserves a question.
    """

    unit: str
    is_new: bool
    added: int
    known: int
    phones_changed: int
    asked_phones_changed: int


@dataclass(frozen=True)
class UnitLibrary:
    """A unit's library: how many entries, how many of them with a mobile number, and the last file."""

    unit: Unit
    size: int
    with_mobile: int
    last_file: str | None
    last_at: datetime | None


@dataclass(frozen=True)
class _Entry:
    id: int
    contact: str
    phones: list[dict[str, Any]]
    matter: str
    updated_at: datetime


@dataclass(frozen=True)
class _Match:
    """A reading beside what is stored: units by comparable name, rows by unit and enterprise key."""

    units: dict[str, Unit]
    names: dict[str, str]
    rows: dict[tuple[str, str], FrameRow]
    enterprises: dict[str, int]
    enterprise_names: dict[str, str]
    entries: dict[tuple[int, int], _Entry]

    def entry(self, place: tuple[str, str]) -> _Entry | None:
        unit, enterprise = self.units.get(place[0]), self.enterprises.get(place[1])
        return self.entries.get((unit.id, enterprise)) if unit and enterprise else None


def enterprise_key(row: FrameRow) -> str:
    """Return what makes a row's enterprise one and the same in every library, and what a draw ranks by."""
    key = f"uscc:{row.credit_code}" if row.credit_code else f"name:{row.key}"
    return key if len(key) <= _LONGEST_KEY else f"name-sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def read_library(session: Session, data: bytes, filename: str, unit: str | None) -> FrameReading:
    """Read a file with the registered units in mind; stores nothing.

    Raises UnusableFileError (domain.sheet) with one sentence for a file that can't be used.
    """
    return read_frame(read_sheets(data, filename), unit, session.scalars(select(Unit.name)).all())


def changes_of(session: Session, reading: FrameReading) -> list[UnitChanges]:
    """Return what storing a reading would do, unit by unit in the file's order; stores nothing."""
    match = _match(session, reading)
    asked = set(
        session.scalars(
            select(SampleEntry.frame_entry_id)
            .join(Sample, Sample.id == SampleEntry.sample_id)
            .join(Round, Round.id == Sample.round_id)
            .where(
                SampleEntry.asked,
                Round.state.in_((RoundState.PREPARING, RoundState.OPEN)),
                # Libraries are the office's: what it changes must not tell it whom the commission asks.
                asked_by_role(session, Role.OFFICE, Sample.instrument),
            )
        )
    )
    counts: dict[str, Counter[str]] = {key: Counter() for key in match.names}
    for place, row in match.rows.items():
        entry = match.entry(place)
        count = counts[place[0]]
        count["known" if entry else "added"] += 1
        if entry and entry.phones != _phones(row):
            count["changed"] += 1
            count["asked"] += entry.id in asked
    return [
        UnitChanges(
            name,
            key not in match.units,
            counts[key]["added"],
            counts[key]["known"],
            counts[key]["changed"],
            counts[key]["asked"],
        )
        for key, name in match.names.items()
    ]


def store_reading(
    session: Session,
    reading: FrameReading,
    filename: str,
    digest: str,
    now: datetime,
    account_id: int | None = None,
) -> StoredFrame:
    """Store a reading's accepted rows, all or none; commits.

    A unit that isn't registered is created. An entry that is there gets the file's contact, phones and matter
    (never an empty one in place of a filled); none is deleted, and an enterprise keeps its first name.
    Raises ServiceError when there is nothing to store, ConflictError when another import came between.
    """
    if not reading.accepted:
        raise ServiceError("文件里没有可用的行，什么都没有保存：请改正后重新导入")
    try:
        stored = add_reading(session, reading, filename, digest, now, account_id)
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("同时有另一份文件在导入相同的企业，这份没有保存：请再导入一次") from error
    return stored


def libraries(session: Session) -> list[UnitLibrary]:
    """Return every active unit's library, in the units' order."""
    latest = dict(
        session.execute(
            select(FrameEntry.unit_id, func.max(FrameEntry.frame_import_id)).group_by(FrameEntry.unit_id)
        ).all()
    )
    files = {
        file.id: file
        for file in session.scalars(select(FrameImport).where(FrameImport.id.in_(set(latest.values()))))
    }
    sizes, mobiles = sizes_of(session), with_mobile(session)
    found = []
    for unit in active_units(session):
        file = files.get(latest.get(unit.id, 0))
        found.append(
            UnitLibrary(
                unit,
                sizes.get(unit.id, 0),
                mobiles.get(unit.id, 0),
                file.filename if file else None,
                file.imported_at if file else None,
            )
        )
    return found


def sizes_of(session: Session) -> dict[int, int]:
    """Return how many entries each library has, by unit id."""
    counted = select(FrameEntry.unit_id, func.count()).group_by(FrameEntry.unit_id)
    return dict(session.execute(counted).all())


def with_mobile(session: Session) -> dict[int, int]:
    """Return how many entries of each library have a mobile number, by unit id."""
    counted = (
        select(EntryPhone.unit_id, func.count(EntryPhone.frame_entry_id.distinct()))
        .where(EntryPhone.kind == PhoneKind.MOBILE)
        .group_by(EntryPhone.unit_id)
    )
    return dict(session.execute(counted).all())


def count_enterprises(session: Session) -> int:
    """Return how many enterprises the active units' libraries hold, each once however many units name it."""
    named = select(FrameEntry.enterprise_id).join(Unit, Unit.id == FrameEntry.unit_id).where(Unit.active)
    return session.scalar(select(func.count()).select_from(named.distinct().subquery())) or 0


def unit_names(session: Session) -> list[str]:
    """Return the names of the active units, in their order."""
    return [unit.name for unit in active_units(session)]


def add_reading(
    session: Session,
    reading: FrameReading,
    filename: str,
    digest: str,
    now: datetime,
    account_id: int | None,
) -> StoredFrame:
    """Store a reading as `store_reading` does, in the caller's transaction; numbers that it replaces are kept."""
    match = _match(session, reading)
    new_units = _create_units(session, match)
    _create_enterprises(session, match)
    file = FrameImport(
        filename=filename[-255:],
        digest=digest,
        accepted=len(reading.accepted),
        duplicates=len(reading.duplicates),
        faults=len(reading.faults),
        warnings=len(reading.warnings),
        imported_at=now,
        imported_by_id=account_id,
    )
    session.add(file)
    session.flush()
    added: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    counts: dict[str, list[int]] = {key: [0, 0] for key in match.names}
    for place, row in match.rows.items():
        entry = match.entry(place)
        renamed = comparable(row.name) != comparable(match.enterprise_names[place[1]])
        values = {
            "frame_import_id": file.id,
            "other_name": row.name if renamed else None,
            "contact": row.contact or (entry.contact if entry else ""),
            "phones": _phones(row),
            "matter": row.matter or (entry.matter if entry else ""),
            "updated_at": now,
        }
        if entry is not None:
            updated.append({"id": entry.id, **values})
            if entry.phones != values["phones"]:
                changes.append(_change(entry, file.id, now))
        else:
            unit_id, enterprise_id = match.units[place[0]].id, match.enterprises[place[1]]
            added.append({"unit_id": unit_id, "enterprise_id": enterprise_id, **values})
        counts[place[0]][entry is not None] += 1
    if added:
        session.execute(insert(FrameEntry), added)
    if updated:
        session.execute(update(FrameEntry), updated)
    _write_numbers(session, file.id, [change["frame_entry_id"] for change in changes])
    if changes:
        session.execute(insert(PhonesChange), changes)
    audit.record(
        session,
        now,
        account_id,
        "frame.import",
        "frame_import",
        file.id,
        added=len(added),
        updated=len(updated),
        phones_changed=len(changes),
        new_units=len(new_units),
        digest=digest,
    )
    by_unit = {match.names[key]: (new, old) for key, (new, old) in counts.items()}
    return StoredFrame(file.id, len(added), len(updated), by_unit, new_units)


def _match(session: Session, reading: FrameReading) -> _Match:
    registered = {comparable(unit.name): unit for unit in session.scalars(select(Unit))}
    names: dict[str, str] = {}
    rows: dict[tuple[str, str], FrameRow] = {}
    for row in reading.accepted:
        unit = comparable(row.unit)
        names.setdefault(unit, registered[unit].name if unit in registered else row.unit)
        rows.setdefault((unit, enterprise_key(row)), row)
    # All of a county's are read at once: a list of 20,000 keys to look for takes PostgreSQL far longer.
    known = session.execute(select(Enterprise.key, Enterprise.id, Enterprise.name)).all()
    enterprises = {key: enterprise_id for key, enterprise_id, _ in known}
    enterprise_names = {key: name for key, _, name in known}
    units = {key: registered[key] for key in names if key in registered}
    entries = session.execute(
        select(
            FrameEntry.unit_id,
            FrameEntry.enterprise_id,
            FrameEntry.id,
            FrameEntry.contact,
            FrameEntry.phones,
            FrameEntry.matter,
            FrameEntry.updated_at,
        ).where(FrameEntry.unit_id.in_([unit.id for unit in units.values()]))
    )
    by_place = {(unit_id, enterprise_id): _Entry(*values) for unit_id, enterprise_id, *values in entries}
    return _Match(units, names, rows, enterprises, enterprise_names, by_place)


def _create_units(session: Session, match: _Match) -> tuple[str, ...]:
    missing = {key: name for key, name in match.names.items() if key not in match.units}
    for name in missing.values():
        if len(name) > LONGEST_UNIT_NAME:
            raise ServiceError(
                f"责任单位的名称{quote(name)}有 {len(name)} 个字，"
                f"最多 {LONGEST_UNIT_NAME} 个字：请改正后重新导入"
            )
    last = session.scalar(select(func.max(Unit.position))) or 0
    for place, (key, name) in enumerate(missing.items(), start=last + 1):
        match.units[key] = Unit(name=name, category=DEFAULT_CATEGORY, position=place)
        session.add(match.units[key])
    session.flush()
    return tuple(missing.values())


def _create_enterprises(session: Session, match: _Match) -> None:
    new: dict[str, dict[str, Any]] = {}
    for (_, key), row in match.rows.items():
        if key not in match.enterprises:
            new.setdefault(key, {"key": key, "credit_code": row.credit_code, "name": row.name})
            match.enterprise_names.setdefault(key, row.name)
    if new:
        made = session.execute(
            insert(Enterprise).returning(Enterprise.key, Enterprise.id), list(new.values())
        )
        match.enterprises.update(dict(made.all()))


def _write_numbers(session: Session, import_id: int, changed: Sequence[int]) -> None:
    """Give the numbers of an import's new entries, and of those whose numbers it changed, their rows."""
    for start in range(0, len(changed), _CHUNK):
        some = changed[start : start + _CHUNK]
        session.execute(delete(EntryPhone).where(EntryPhone.frame_entry_id.in_(some)))
    numbered = select(EntryPhone.frame_entry_id).where(EntryPhone.frame_entry_id == FrameEntry.id).exists()
    rows = session.execute(
        select(FrameEntry.id, FrameEntry.unit_id, FrameEntry.enterprise_id, FrameEntry.phones).where(
            FrameEntry.frame_import_id == import_id, ~numbered
        )
    )
    values = [
        {**phone, "frame_entry_id": entry_id, "unit_id": unit_id, "enterprise_id": enterprise_id}
        for entry_id, unit_id, enterprise_id, phones in rows
        for phone in phones
    ]
    if values:
        session.execute(insert(EntryPhone), values)


def _change(entry: _Entry, import_id: int, now: datetime) -> dict[str, Any]:
    return {
        "frame_entry_id": entry.id,
        "old_phones": entry.phones,
        "last_given_at": entry.updated_at,
        "frame_import_id": import_id,
        "changed_at": now,
    }


def _phones(row: FrameRow) -> list[dict[str, Any]]:
    return [
        {"number": phone.number, "extension": phone.extension, "kind": phone.kind.value}
        for phone in row.phones
    ]
