"""What the pages for entering items show: the grid of all units, and one unit's items with what they give."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval
from survey_app.domain.entry_fields import EntryField, entry_fields
from survey_app.domain.roles import Role
from survey_app.domain.scheme import ScoreItem
from survey_app.domain.scoring import UnitScore
from survey_app.domain.tally import Tally
from survey_app.models.item_entry import ItemEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.errors import NotFoundError
from survey_app.services.items import Place, current_entries, entered_by, entries_in_force
from survey_app.services.marks import MarkSummary, mark_summaries, marked_item
from survey_app.services.round_units import units_of
from survey_app.services.scores import RoundResult, scores_of
from survey_app.services.tallies import live_tally


@dataclass(frozen=True)
class EntryGrid:
    """All units and all entered items of a round; `marks` are of the item that supervisors mark.

    `entries` are the newest ones, which may still wait for approval; `in_force` those that count.
    """

    units: list[Unit]
    items: tuple[ScoreItem, ...]
    entries: Mapping[Place, ItemEntry]
    in_force: Mapping[Place, ItemEntry]
    marks: Mapping[int, MarkSummary]
    marked: ScoreItem | None
    result: RoundResult | None

    def score(self, unit_id: int) -> UnitScore | None:
        """Return a unit's score; None for a unit that takes no part in a frozen round."""
        try:
            return self.result.unit(unit_id) if self.result else None
        except NotFoundError:
            return None

    def waits(self, unit_id: int, item: ScoreItem) -> bool:
        """Whether a unit's item still waits for its input; what was entered and waits for approval doesn't."""
        score = self.score(unit_id)
        if score is None or not score.line(item.id).pending:
            return False
        entry = self.entries.get((unit_id, item.id))
        return not (entry is not None and entry.data and entry.approval is Approval.WAITING)

    def approval(self, unit_id: int, item: ScoreItem) -> Approval | None:
        """Return where the newest entry of a unit's item stands; None where nothing was entered."""
        entry = self.entries.get((unit_id, item.id))
        return entry.approval if entry else None

    def values(self, unit_id: int, item: ScoreItem) -> list[str]:
        """Return what was entered, field by field, "–" where a field is empty; nothing where all is."""
        return self._values(self.entries.get((unit_id, item.id)), item)

    def values_in_force(self, unit_id: int, item: ScoreItem) -> list[str]:
        """Return what counts instead of a newer entry that isn't approved; nothing where none does."""
        entry = self.in_force.get((unit_id, item.id))
        return [] if entry == self.entries.get((unit_id, item.id)) else self._values(entry, item)

    def waiting(self, role: Role | None = None) -> int:
        """Return how many entries are missing, all of them or those that a role enters."""
        return sum(
            self.waits(unit.id, item)
            for unit in self.units
            for item in self.items
            if role is None or entered_by(item) is role
        )

    def _values(self, entry: ItemEntry | None, item: ScoreItem) -> list[str]:
        if entry is None or not entry.data:
            return []
        return [entry.data.get(field.key, "–") for field in entry_fields(item) if self._shown(field, entry)]

    def _shown(self, field: EntryField, entry: ItemEntry) -> bool:
        return not field.optional or bool(entry.data and field.key in entry.data)


def entry_grid(session: Session, round_: Round) -> EntryGrid:
    """Return what is entered in a round, and what is missing."""
    units = units_of(session, round_)
    result = scores_of(session, round_) if units else None
    scheme = result.score.scheme if result else None
    items = tuple(item for item in scheme.items if entered_by(item)) if scheme else ()
    return EntryGrid(
        units,
        items,
        current_entries(session, round_.id),
        entries_in_force(session, round_.id),
        mark_summaries(session, round_.id),
        marked_item(scheme) if scheme else None,
        result,
    )


def unit_of(session: Session, unit_id: int) -> Unit:
    """Return a unit; raise NotFoundError when there is none."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFoundError("没有这个责任单位：请从列表重新进入")
    return unit


def counted_answers(session: Session, round_: Round, item: ScoreItem) -> dict[int, Tally]:
    """Return the answers counted for an item by unit id, beside which totals may be handed in."""
    return live_tally(session, round_.id, item.id)


def beyond_answers(item: ScoreItem, entry: ItemEntry | None, tally: Tally | None) -> dict[str, int]:
    """Return by how many each level's handed-in total exceeds the answers counted, by the level's key.

    Empty unless there are both; the totals stand then.
    """
    if entry is None or not entry.data or tally is None:
        return {}
    return {field.key: int(entry.data[field.key]) - tally.count(field.key) for field in entry_fields(item)}
