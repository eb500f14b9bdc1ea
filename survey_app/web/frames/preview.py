"""What the preview of a library file shows: the counts, what would change, and remarks, the worst first."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app.domain.frame import FrameReading, FrameRow, Remark
from survey_app.services.frames import UnitChanges, changes_of

FIRST_ROWS = 20
# Beyond this the page would be too long to read; the command lists all.
MOST_REMARKS = 200


@dataclass(frozen=True)
class Preview:
    """The preview's content; each list of remarks is cut to MOST_REMARKS, the counts are of all."""

    accepted: int
    duplicates: int
    faults: int
    warnings: int
    changes: list[UnitChanges]
    remarks: tuple[tuple[str, tuple[Remark, ...]], ...]
    first_rows: tuple[FrameRow, ...]

    @property
    def new_units(self) -> list[str]:
        """The units that storing would create."""
        return [change.unit for change in self.changes if change.is_new]

    @property
    def asked_phones_changed(self) -> int:
        """How many numbers of enterprises being asked now the file would change."""
        return sum(change.asked_phones_changed for change in self.changes)


def read_preview(session: Session, reading: FrameReading) -> Preview:
    """Return what the page shows of a reading."""
    return Preview(
        accepted=len(reading.accepted),
        duplicates=len(reading.duplicates),
        faults=len(reading.faults),
        warnings=len(reading.warnings),
        changes=changes_of(session, reading),
        remarks=(
            ("faults", reading.faults[:MOST_REMARKS]),
            ("duplicates", reading.duplicates[:MOST_REMARKS]),
            ("warnings", reading.warnings[:MOST_REMARKS]),
        ),
        first_rows=reading.accepted[:FIRST_ROWS],
    )
