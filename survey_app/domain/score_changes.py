"""更正对照: what differs between two versions of a round's scores, unit by unit and line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from survey_app.domain.lines import AdjustmentLine, ScoreLine
from survey_app.domain.scoring import UnitScore
from survey_app.domain.text import Name, Text


@dataclass(frozen=True)
class LineChange:
    """A line whose points or whose reason differ; None on a side where the unit took no part or it was pending."""

    title: Name
    before: Decimal | None
    after: Decimal | None
    why_before: Text | None
    why_after: Text | None


@dataclass(frozen=True)
class UnitChange:
    """A unit whose score differs; `before` or `after` is None where it took no part in that version."""

    unit_id: int
    before: UnitScore | None
    after: UnitScore | None
    lines: tuple[LineChange, ...]

    @property
    def unit(self) -> str:
        """The unit's name, as the later version has it."""
        found = self.after or self.before
        return found.unit if found else ""

    @property
    def totals(self) -> tuple[Decimal | None, Decimal | None]:
        """The total before and after."""
        return self.before.total if self.before else None, self.after.total if self.after else None

    @property
    def ranks(self) -> tuple[int | None, int | None]:
        """The rank before and after."""
        return self.before.rank if self.before else None, self.after.rank if self.after else None

    @property
    def renamed(self) -> str | None:
        """The unit's name before, where it was another."""
        if self.before is None or self.after is None or self.before.unit == self.after.unit:
            return None
        return self.before.unit


def score_changes(before: Mapping[int, UnitScore], after: Mapping[int, UnitScore]) -> tuple[UnitChange, ...]:
    """Return what differs between two versions, each by unit id, in the order of the later one.

    A unit is listed where its name, category, total, rank or any line differs. What only stands beside the
    score, as the range of ranks does, is no change of it.
    """
    ids = [*after, *(unit_id for unit_id in before if unit_id not in after)]
    found = [_unit_change(unit_id, before.get(unit_id), after.get(unit_id)) for unit_id in ids]
    return tuple(change for change in found if _differs(change))


def _unit_change(unit_id: int, before: UnitScore | None, after: UnitScore | None) -> UnitChange:
    old, new = _lines(before), _lines(after)
    keys = [*new, *(key for key in old if key not in new)]
    changes = (_line_change(old.get(key), new.get(key)) for key in keys)
    return UnitChange(unit_id, before, after, tuple(change for change in changes if change))


def _lines(score: UnitScore | None) -> dict[str, ScoreLine | AdjustmentLine]:
    if score is None:
        return {}
    lines: dict[str, ScoreLine | AdjustmentLine] = {line.item.id: line for line in score.lines}
    return lines | {line.rule.id: line for line in score.adjustments}


def _line_change(
    before: ScoreLine | AdjustmentLine | None, after: ScoreLine | AdjustmentLine | None
) -> LineChange | None:
    named = after or before
    if named is None:
        return None
    points = tuple(line.points if line else None for line in (before, after))
    reasons = tuple(line.why if line else None for line in (before, after))
    if before and after and points[0] == points[1] and reasons[0] == reasons[1]:
        return None
    title = named.item.title if isinstance(named, ScoreLine) else named.rule.title
    return LineChange(title, points[0], points[1], reasons[0], reasons[1])


def _differs(change: UnitChange) -> bool:
    before, after = change.before, change.after
    if before is None or after is None or change.lines:
        return True
    return (before.unit, before.category, before.total, before.rank) != (
        after.unit,
        after.category,
        after.total,
        after.rank,
    )
