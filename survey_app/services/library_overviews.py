"""样本库报送: how far the units of a round have come with handing in their libraries."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app.models.library import LibraryDeadline, LibrarySubmission
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.frames import sizes_of
from survey_app.services.library_deadlines import Deadlines, deadlines_of
from survey_app.services.round_units import active_units
from survey_app.services.submissions import round_submissions


@dataclass(frozen=True)
class UnitSubmissions:
    """A unit's submissions of a round, the newest first, its library's size, and its extension if it has one."""

    unit: Unit
    submissions: tuple[LibrarySubmission, ...]
    library_size: int
    extension: LibraryDeadline | None


@dataclass(frozen=True)
class LibraryOverview:
    """All units' submissions of a round, in the units' order."""

    deadlines: Deadlines
    rows: tuple[UnitSubmissions, ...]

    @property
    def waiting(self) -> int:
        """How many units have handed in nothing for the round."""
        return sum(not row.submissions for row in self.rows)


def overview(session: Session, round_: Round) -> LibraryOverview:
    """Return what the active units have handed in for a round."""
    by_unit: dict[int, list[LibrarySubmission]] = {}
    for each in round_submissions(session, round_.id):
        by_unit.setdefault(each.unit_id, []).append(each)
    sizes = sizes_of(session)
    deadlines = deadlines_of(session, round_.id)
    rows = tuple(
        UnitSubmissions(
            unit, tuple(by_unit.get(unit.id, ())), sizes.get(unit.id, 0), deadlines.extensions.get(unit.id)
        )
        for unit in active_units(session)
    )
    return LibraryOverview(deadlines, rows)
