"""No number that a unit sees tells who answered what: the published tables, solved as equations, find nobody."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from itertools import product

import pytest

from survey_app.domain.disclosure import is_open

MOST = 14  # answers in a table; with the smallest cell of 3 that is as many as 23 with 5


def _tables() -> Iterator[tuple[int, ...]]:
    return (each for each in product(range(MOST + 1), repeat=3) if sum(each) <= MOST)


@pytest.mark.parametrize("deductions", [(0, 1, 2), (0, 0, 1), (0, 1, 3)])
@pytest.mark.parametrize("smallest", [3, 5])
def test_the_levels_are_not_found_beside_the_points(deductions: tuple[int, ...], smallest: int) -> None:
    """The official points, which a unit must have, are an equation too; what is published adds no solution to it.

    Published are the levels with their sum where they are open, and nothing where they aren't, but whether as
    many as the smallest cell named a reason.
    """
    by_points: dict[int, set[tuple[int, ...]]] = defaultdict(set)
    published: dict[Hashable, set[tuple[int, ...]]] = defaultdict(set)
    for table in _tables():
        points = max(0, 20 - sum(each * number for each, number in zip(deductions, table, strict=True)))
        by_points[points].add(table)
        if not is_open(dict(zip("abc", table, strict=True)), smallest):
            for named in {0, sum(table[1:])}:
                published[points, named >= smallest].add(table)
    assert len(published) > 15
    for (points, _), tables in published.items():
        for place in range(3):
            found, alone = ({table[place] for table in each} for each in (tables, by_points[points]))
            only = min(found)
            if len(found) == 1 and 0 < only < smallest:
                assert found == alone, f"points {points} alone don't say that level {place} is {only}"


def test_open_levels_are_shown_whole() -> None:
    assert is_open({"a": 5, "b": 0, "c": 7}, 5)
    assert not is_open({"a": 25, "b": 0, "c": 4}, 5)
