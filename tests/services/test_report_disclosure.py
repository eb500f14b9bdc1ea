"""The tables of a unit's report, solved together with its points as equations, find nobody."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple, cast

import pytest

from survey_app.domain.disclosure import is_open
from survey_app.domain.quartiles import Quartiles
from survey_app.domain.text import Name
from survey_app.services.promise_reports import PromiseReport
from survey_app.services.unit_reports import MeasureRow, Reason, Report, protected

SMALLEST = 3
MOST = 10
# Of the largest rounds a solution may lie beyond those that are looked at.
JUDGED = 6
DEDUCTIONS = (0, 1, 2)


class World(NamedTuple):
    """Everything that may be true of a unit's answers: levels, who named a reason, and of one question."""

    levels: tuple[int, int, int]
    named: int
    number: int
    unknown: int

    @property
    def answers(self) -> int:
        return sum(self.levels)

    @property
    def complaints(self) -> int:
        return self.levels[1] + self.levels[2]

    @property
    def points(self) -> int:
        return 20 - sum(each * number for each, number in zip(DEDUCTIONS, self.levels, strict=True))

    @property
    def cells(self) -> dict[str, int]:
        """Every number of answers that a table of the report could hold."""
        return {
            **dict(zip(("satisfied", "basically", "dissatisfied"), self.levels, strict=True)),
            "named": self.named,
            "not named": self.complaints - self.named,
            "number": self.number,
            "unknown": self.unknown,
            "blank": self.answers - self.number - self.unknown,
        }

    def published(self) -> Hashable:
        """What the unit sees: its points, the levels where they are open, and the report's tables."""
        open_ = is_open(dict(zip("abc", self.levels, strict=True)), SMALLEST)
        exact = Quartiles(self.number, Decimal(1), Decimal(1), Decimal(1)) if self.number else None
        row = MeasureRow(
            Name("用时", "Time"), "工作日", exact, self.number, self.unknown, Decimal(self.unknown), ()
        )
        report = Report(
            score=cast(Any, None), trend=(), beside=(), answers=self.answers, complaints=self.complaints,
            measures=(row,), reasons=(Reason(Name("慢", "Slow"), self.named),) if self.named else (),
            promises=PromiseReport(), advice=(), remarks=(), smallest=SMALLEST,
        )  # fmt: skip
        seen = protected(report, open_)
        (measure,) = seen.measures
        return (
            self.points,
            self.levels if open_ else None,
            (seen.answers, seen.complaints),
            tuple(each.named for each in seen.reasons),
            (measure.quartiles is not None, measure.answered, measure.unknown, measure.share_unknown),
        )


def _worlds() -> Iterator[World]:
    for levels in product(range(MOST + 1), repeat=3):
        n, complaints = sum(levels), levels[1] + levels[2]
        if 0 < n <= MOST:
            for named, number in product(range(complaints + 1), range(n + 1)):
                for unknown in range(n - number + 1):
                    yield World(levels, named, number, unknown)


@pytest.mark.slow
def test_all_tables_together_leave_every_small_number_open() -> None:
    by_points: dict[int, list[dict[str, int]]] = defaultdict(list)
    published: dict[Hashable, list[dict[str, int]]] = defaultdict(list)
    judged: set[Hashable] = set()
    for world in _worlds():
        cells = world.cells
        by_points[world.points].append(cells)
        seen = world.published()
        published[seen].append(cells)
        if world.answers <= JUDGED:
            judged.add(seen)
    assert len(judged) > 200
    alone = {
        points: {name: {each[name] for each in worlds} for name in worlds[0]}
        for points, worlds in by_points.items()
    }
    for seen in judged:
        worlds = published[seen]
        for name in worlds[0]:
            found = {each[name] for each in worlds}
            if len(found) == 1 and 0 < min(found) < SMALLEST:
                points = cast(tuple[Any, ...], seen)[0]
                assert found == alone[points][name], f"{name} can only be {found}, by {seen}"
