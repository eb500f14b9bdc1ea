"""方阵: tables straight from the rule."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.inputs import TierInput
from survey_app.domain.scheme import Tiers
from survey_app.domain.tiers import standings, tier_value
from survey_app.schemes.loader import load_scheme


def settings(item: str) -> Tiers:
    found = load_scheme().item(item).settings
    assert isinstance(found, Tiers)
    return found


PUBLICITY, SUPERVISORS = settings("publicity"), settings("supervisors")


def publicity_points(counts: list[int]) -> list[str]:
    entries = {f"{i}": TierInput(counts=(0, 0, count)) for i, count in enumerate(counts)}
    found = standings(PUBLICITY, entries)
    return [f"{found[name].points}" for name in entries]


@pytest.mark.parametrize(
    ("counts", "points"),
    [
        ([], []),
        ([4], ["10"]),
        ([4, 3], ["10", "6"]),  # ⌈2/3⌉ = 1, ⌈4/3⌉ = 2
        ([9, 8, 7], ["10", "6", "3"]),
        ([9, 8, 7, 6], ["10.0", "7.0", "6", "3"]),  # 2, 3
        ([9, 8, 10, 3, 1], ["7.0", "6.0", "10.0", "4.0", "3"]),  # the worked example
        ([9, 8, 7, 6, 5, 4, 3, 2, 1], ["10.0", "8.5", "7.0", "6.0", "5.0", "4.0", "3.0", "2.0", "1.0"]),
        ([5, 5, 5, 5], ["10", "10", "10", "10"]),  # equal units share the better tier
        ([9, 5, 5, 5, 5, 5], ["10.0", "7.0", "7.0", "7.0", "7.0", "7.0"]),  # all five stand at 2 of 6
        ([9, 8, 5, 5, 5, 1], ["10.0", "7.0", "6", "6", "6", "3"]),
        (
            list(range(12, 0, -1))[:11],
            ["10.0", "9.0", "8.0", "7.0", "6.0", "5.3", "4.7", "4.0", "3.0", "2.0", "1.0"],
        ),
    ],
)
def test_the_split_and_the_steps(counts: list[int], points: list[str]) -> None:
    found = publicity_points(counts)
    assert [Decimal(each) for each in found] == [Decimal(each) for each in points]


@pytest.mark.parametrize(
    ("counts", "points"),
    [
        ([0], ["1"]),
        ([0, 0, 0], ["1", "1", "1"]),  # never shares the better tier
        ([5, 0, 0, 0, 0, 0], ["10", "1", "1", "1", "1", "1"]),
        ([9, 8, 7, 6, 5, 4, 2, 1, 0], ["10", "8.5", "7", "6", "5", "4", "3", "2", "1"]),
        ([3, 2, 0], ["10", "6", "1"]),
    ],
)
def test_no_article_is_always_the_third_tier_and_one_point(counts: list[int], points: list[str]) -> None:
    assert [Decimal(each) for each in publicity_points(counts)] == [Decimal(each) for each in points]


def test_a_zero_says_that_its_points_are_fixed() -> None:
    standing = standings(PUBLICITY, {"甲局": TierInput(counts=(0, 0, 0))})["甲局"]
    assert (standing.fixed, standing.band.name.zh, standing.allowed) == (True, "第三方阵", (1, 1))


def test_the_value_is_the_mean_of_the_marks_exactly() -> None:
    assert tier_value(SUPERVISORS, TierInput(marks=(Decimal(5), Decimal(4), Decimal(4)))) == Fraction(13, 3)
    thirds = {
        "甲局": TierInput(marks=(Decimal(1), Decimal(2), Decimal(2))),
        "乙局": TierInput(marks=(Decimal(2), Decimal(1), Decimal(2)) * 2),
    }
    found = standings(SUPERVISORS, thirds)
    assert found["甲局"].place == found["乙局"].place == 1


def test_units_with_points_only_take_no_part_in_the_split() -> None:
    entries = {
        "甲局": TierInput(points=Decimal(8)),
        "乙局": TierInput(marks=(Decimal(2),)),
        "丙局": TierInput(marks=(Decimal(1),)),
    }
    found = standings(SUPERVISORS, entries)
    assert {name: (s.place, s.of) for name, s in found.items()} == {"乙局": (1, 2), "丙局": (2, 2)}


def test_marks_give_each_band_of_the_supervisors() -> None:
    entries = {f"{mark}": TierInput(marks=(Decimal(mark),)) for mark in range(1, 10)}
    found = standings(SUPERVISORS, entries)
    points = [found[f"{mark}"].points for mark in range(9, 0, -1)]
    assert points == [Decimal(p) for p in ("8", "7.5", "7", "6", "5", "4", "3", "2", "1")]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40))
def test_more_articles_never_give_fewer_points_and_points_stay_in_their_band(counts: list[int]) -> None:
    entries = {f"{i}": TierInput(counts=(count, 0, 0)) for i, count in enumerate(counts)}
    found = standings(PUBLICITY, entries)
    by_value = sorted(found.values(), key=lambda standing: standing.value)
    for worse, better in pairwise(by_value):
        assert worse.points <= better.points
        assert worse.value < better.value or worse.points == better.points
    assert all(s.band.low <= s.points <= s.band.high for s in by_value)
