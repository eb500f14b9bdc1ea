"""What the check of a unit's own file shows: its faults in the order of their importance, and what changes."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from survey_app.domain.frame import FrameReading, FrameRow, Remark
from survey_app.services import submissions
from survey_app.services.library_reading import LibraryReading
from survey_app.services.submissions import OwnChanges

FIRST_ROWS = 20
# Beyond this the page would be too long to read; what is shown is enough to begin with.
MOST_REMARKS = 500


@dataclass(frozen=True)
class Remarks:
    """One kind of remark, cut to MOST_REMARKS; `total` counts all."""

    id: str
    total: int
    shown: tuple[Remark, ...]


@dataclass
class Check:
    """The page's content, filled in when the file has been read; with a `fault` there is nothing else.

    `remarks` are in the order of importance: rows refused, rows that may be wrong, rows given twice.
    """

    fault: str | None = None
    accepted: int = 0
    changes: OwnChanges | None = None
    remarks: tuple[Remarks, ...] = ()
    first_rows: tuple[FrameRow, ...] = field(default=())


def check_of(found: Check, session: Session, unit_id: int | None, unit: str, reading: LibraryReading) -> None:
    """Fill in what came of a reading."""
    read = reading.reading
    if read is None or unit_id is None:
        found.fault = reading.fault
        return
    found.fault = submissions.foreign_rows(read, unit)
    if found.fault:
        return
    found.accepted = len(read.accepted)
    found.changes = submissions.changes_of(session, unit_id, read)
    found.remarks = _remarks(read)
    found.first_rows = read.accepted[:FIRST_ROWS]


def _remarks(read: FrameReading) -> tuple[Remarks, ...]:
    kinds = (("faults", read.faults), ("warnings", read.warnings), ("duplicates", read.duplicates))
    return tuple(Remarks(id_, len(all_), all_[:MOST_REMARKS]) for id_, all_ in kinds)
