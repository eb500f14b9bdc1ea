"""The units to draw for and their libraries, as they are at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.cell_text import comparable
from survey_app.domain.sampling import frame_digest
from survey_app.models.enterprise import Enterprise, FrameEntry
from survey_app.models.round import Sample
from survey_app.models.unit import Unit
from survey_app.services.errors import ServiceError
from survey_app.services.round_units import active_units


@dataclass(frozen=True)
class LibraryEntry:
    """An entry of a library that is drawn from."""

    entry_id: int
    enterprise_id: int
    key: str
    name: str


@dataclass(frozen=True)
class Library:
    """A unit's library."""

    unit: Unit
    entries: tuple[LibraryEntry, ...]

    @property
    def digest(self) -> str:
        """The digest of its keys."""
        return frame_digest(entry.key for entry in self.entries)


@dataclass(frozen=True)
class ToDraw:
    """The libraries to draw from, and the units left out: without a library, drawn before."""

    libraries: tuple[Library, ...]
    without_library: tuple[str, ...]
    drawn_before: tuple[str, ...]


def has_library(session: Session) -> bool:
    """Whether any unit that is rated has a library to draw from."""
    listed = select(FrameEntry.id).join(Unit, Unit.id == FrameEntry.unit_id).where(Unit.active)
    return session.scalar(listed.limit(1)) is not None


def library_of(session: Session, unit: Unit) -> Library:
    """Return a unit's library, empty where it has sent none."""
    rows = session.execute(
        select(FrameEntry.id, Enterprise.id, Enterprise.key, Enterprise.name)
        .join(Enterprise, Enterprise.id == FrameEntry.enterprise_id)
        .where(FrameEntry.unit_id == unit.id)
    )
    return Library(unit, tuple(LibraryEntry(*row) for row in rows))


def choose_libraries(session: Session, round_id: int, instrument: str, names: Sequence[str] | None) -> ToDraw:
    """Return what there is to draw from for the units named (None: for all that are rated).

    Raises ServiceError for a unit that is not registered, a named one that was drawn before or has no library,
    and where nothing is left to draw.
    """
    active = active_units(session)
    drawn_ids = set(
        session.scalars(
            select(Sample.unit_id).where(Sample.round_id == round_id, Sample.instrument == instrument)
        )
    )
    if names is not None:
        known = {comparable(unit.name): unit for unit in active}
        unknown = [name for name in names if comparable(name) not in known]
        if unknown:
            raise ServiceError(f"没有登记过责任单位「{'」「'.join(unknown)}」：请核对名称", "units")
        active = list(dict.fromkeys(known[comparable(name)] for name in names))
    before = tuple(unit.name for unit in active if unit.id in drawn_ids)
    if before and (names is not None or len(before) == len(active)):
        raise ServiceError(f"{'、'.join(before)}在本轮已经抽过样，不能重抽", "units")
    libraries = [library_of(session, unit) for unit in active if unit.id not in drawn_ids]
    without = tuple(each.unit.name for each in libraries if not each.entries)
    chosen = tuple(each for each in libraries if each.entries)
    if without and (names is not None or not chosen):
        raise ServiceError(f"{'、'.join(without)}还没有样本库：请先导入", "units")
    if not chosen:
        raise ServiceError("还没有责任单位和样本库：请先导入样本库", "units")
    return ToDraw(chosen, without, before)
