"""No number that a unit sees tells who answered what: the published tables, solved as equations, find nobody."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from itertools import product

import pytest

from survey_app.domain.disclosure import is_open, is_open_after
from survey_app.domain.lines import score_line
from survey_app.domain.tally import Tally
from survey_app.schemes.loader import load_scheme

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


def test_a_correction_of_few_answers_closes_what_was_open() -> None:
    """The difference of two tables is a table too: 9 − 8 would be the one answer that was voided."""
    before = {"a": 8, "b": 6, "c": 0}
    assert is_open_after([before], before, 5)
    assert is_open_after([before], {"a": 8, "b": 11, "c": 0}, 5)
    assert not is_open_after([before], {"a": 8, "b": 5, "c": 0}, 5)
    assert not is_open_after([{"a": 8, "b": 4, "c": 0}], {"a": 8, "b": 5, "c": 0}, 5), "the first was closed"
    assert not is_open_after([before, {"a": 7, "b": 6, "c": 0}], before, 5), "nor is it set against one only"


@pytest.mark.parametrize("key", ["fangcheng-2022", "shifan-2024"])
def test_two_versions_tell_no_more_than_the_first_and_the_points_of_the_second(key: str) -> None:
    """Solved for a unit that knows that a correction changed at most two answers, with the smallest cell of 3."""
    scheme = load_scheme(key)
    item = scheme.surveyed
    assert item is not None
    levels = [level.key for level in scheme.ratings]
    most = 8 if len(levels) == 3 else 5
    # What is solved must not be so for want of larger tables: the second may hold two answers more.
    points = {
        each: score_line(item, Tally(dict(zip(levels, each, strict=True))), None).points
        for each in product(range(most + 3), repeat=len(levels))
        if 0 < sum(each) <= most + 2
    }
    tables = [each for each in points if sum(each) <= most]
    known: dict[Hashable, list[tuple[int, ...]]] = defaultdict(list)
    published: dict[Hashable, list[tuple[int, ...]]] = defaultdict(list)
    steps = [each for each in product(range(-2, 3), repeat=len(levels)) if sum(map(abs, each)) <= 2]
    for first in tables:
        cells = dict(zip(levels, first, strict=True))
        seen = (points[first], first if is_open(cells, 3) else None)
        for step in steps:
            second = tuple(number + change for number, change in zip(first, step, strict=True))
            if second not in points:
                continue
            shown = second if is_open_after([cells], dict(zip(levels, second, strict=True)), 3) else None
            known[seen, points[second]].append(first + second)
            published[seen, points[second], shown].append(first + second)
    assert any(shown is not None for *_, shown in published)  # type: ignore[misc]
    for (seen, later, _), worlds in published.items():  # type: ignore[misc]
        for place in range(2 * len(levels)):
            found = {each[place] for each in worlds}
            if len(found) == 1 and 0 < min(found) < 3:
                assert found == {each[place] for each in known[seen, later]}, (seen, later, place)
