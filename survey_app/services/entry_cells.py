"""Saving a table of entries cell by cell: what is right is stored, the rest comes back with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from survey_app.models.item_entry import ItemEntry
from survey_app.models.round import Round
from survey_app.services.items import (
    Change,
    EntryConflict,
    EntryConflictError,
    EntryFault,
    EntryRefusedError,
    Place,
    current_entries,
    enter_items,
)


@dataclass(frozen=True)
class CellsSaved:
    """What became of the places that were sent: what stands at each that went through, and what did not."""

    standing: dict[Place, ItemEntry | None]
    faults: list[EntryFault]
    conflicts: list[EntryConflict]


def save_cells(
    session: Session, round_: Round, changes: Mapping[Place, Change], account_id: int, now: datetime
) -> CellsSaved:
    """Enter every place that can be entered, whatever is wrong with the others; commits.

    Raises what enter_items raises for all of them: ServiceError where the account may not enter an item or
    the round is frozen, NotFoundError for an unknown unit or item.
    """
    left = dict(changes)
    faults: list[EntryFault] = []
    conflicts: list[EntryConflict] = []
    while left:
        try:
            enter_items(session, round_, left, account_id, now)
            break
        except EntryRefusedError as error:
            faults += error.faults
            refused = {(fault.unit_id, fault.item) for fault in error.faults}
        except EntryConflictError as error:
            conflicts += [conflict for conflict in error.conflicts if not _agree(conflict)]
            refused = {(conflict.unit_id, conflict.item) for conflict in error.conflicts}
        left = {place: change for place, change in left.items() if place not in refused}
    unsettled = {(fault.unit_id, fault.item) for fault in faults}
    unsettled |= {(conflict.unit_id, conflict.item) for conflict in conflicts}
    entries = current_entries(session, round_.id)
    standing = {place: entries.get(place) for place in changes if place not in unsettled}
    return CellsSaved(standing, faults, conflicts)


def _agree(conflict: EntryConflict) -> bool:
    """Whether both people entered the same, so that there is nothing to choose between."""
    newest, asked = conflict.newest, conflict.asked
    return (newest.data, newest.note) == (asked.data, asked.note.strip())
