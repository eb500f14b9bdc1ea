"""样本库 entry by entry for the office: a unit's library in pages, and one entry with what it said before."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.paging import Paging
from survey_app.models.enterprise import FrameEntry, FrameImport
from survey_app.models.library import PhonesChange
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.errors import NotFoundError
from survey_app.services.library_facts import latest_imports, phone_texts


@dataclass(frozen=True)
class LibraryPage:
    """One page of a unit's library; `left_out` are entries that its last submission did not name."""

    unit: Unit
    paging: Paging
    entries: list[FrameEntry]
    left_out: frozenset[int]


@dataclass(frozen=True)
class EntryDetail:
    """An entry, the file that gave it last, its numbers now, and what they were before, the newest change first."""

    entry: FrameEntry
    file: FrameImport
    phones: tuple[str, ...]
    changes: tuple[tuple[PhonesChange, tuple[str, ...]], ...]


def library_page(session: Session, unit_id: int, page: int, left_out_only: bool) -> LibraryPage:
    """Return a page of a unit's library, in the order in which its entries came; NotFoundError without the unit."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFoundError("没有这个责任单位：请从“样本库”进入")
    latest = latest_imports(session).get(unit_id, 0)
    chosen = [FrameEntry.unit_id == unit_id]
    if left_out_only:
        chosen.append(FrameEntry.frame_import_id < latest)
    total = session.scalar(select(func.count()).select_from(FrameEntry).where(*chosen)) or 0
    paging = Paging(page, total)
    entries = session.scalars(
        select(FrameEntry)
        .options(joinedload(FrameEntry.enterprise))
        .where(*chosen)
        .order_by(FrameEntry.id)
        .offset(paging.offset)
        .limit(paging.size)
    ).all()
    left_out = frozenset(each.id for each in entries if each.frame_import_id < latest)
    return LibraryPage(unit, paging, list(entries), left_out)


def entry_detail(session: Session, entry_id: int) -> EntryDetail:
    """Return an entry with its history; raise NotFoundError when there is none."""
    entry = session.scalar(
        select(FrameEntry)
        .options(joinedload(FrameEntry.enterprise), joinedload(FrameEntry.unit))
        .where(FrameEntry.id == entry_id)
    )
    if entry is None:
        raise NotFoundError("样本库里没有这一条：请从“样本库”进入")
    changes = session.scalars(
        select(PhonesChange).where(PhonesChange.frame_entry_id == entry_id).order_by(PhonesChange.id.desc())
    )
    return EntryDetail(
        entry,
        session.get_one(FrameImport, entry.frame_import_id),
        phone_texts(entry.phones),
        tuple((change, phone_texts(change.old_phones)) for change in changes),
    )


def record_reveal(session: Session, entry_id: int, now: datetime, account_id: int) -> None:
    """Note who saw an entry's full numbers; commits."""
    audit.record(session, now, account_id, "library.reveal_phones", "frame_entry", entry_id)
    session.commit()
