"""Another shape of scheme, from its file alone: means of five levels, ranks within categories, bounds."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.cli.score import round_as_json
from survey_app.domain.bundle import parse_bundle
from survey_app.domain.scoring import RoundScore, score_round
from survey_app.schemes.loader import load_scheme

SCHEME = load_scheme("shifan-2024")
LEVELS = [level.key for level in SCHEME.ratings]
GOVERNMENT, SERVICES = "政府部门", "公共服务企业"


def levels(*counts: int) -> dict[str, int]:
    return dict(zip(LEVELS, counts, strict=True))


def unit(name: str, category: str | None = GOVERNMENT, **changes: Any) -> dict[str, Any]:
    complete = {
        "satisfaction": levels(10, 0, 0, 0, 0),
        "mass_appraisal": levels(10, 0, 0, 0, 0),
        "key_tasks": 10,
        "publicity": {"national": 1, "provincial": 0, "municipal": 0},
        "endorsements": [],
        "broken_promises": 0,
    }
    return {"unit": name, "category": category, **complete, **changes}


def score(*units: dict[str, Any]) -> RoundScore:
    parsed, faults = parse_bundle({"scheme": SCHEME.key, "round": "2024-Q1", "units": list(units)}, SCHEME)
    assert parsed is not None, [str(fault) for fault in faults]
    return score_round(SCHEME, parsed)


@pytest.mark.parametrize(
    ("answers", "points", "why"),
    [
        (
            (6, 2, 1, 1, 0),
            "51",
            "10 份答卷：非常满意 6 × 1 + 满意 2 × 0.8 + 一般 1 × 0.6 + 不满意 1 × 0.3 + 非常不满意 0 × 0 = 8.5，"
            "60 × 8.5 ÷ 10 = 51",
        ),
        (
            (1, 1, 0, 0, 1),
            "36",
            "3 份答卷：非常满意 1 × 1 + 满意 1 × 0.8 + 一般 0 × 0.6 + 不满意 0 × 0.3 + 非常不满意 1 × 0 = 1.8，"
            "60 × 1.8 ÷ 3 = 36",
        ),
        (
            (5, 1, 0, 0, 1),
            "49.71",  # 60 × 5.8 ÷ 7 = 49.714…
            "7 份答卷：非常满意 5 × 1 + 满意 1 × 0.8 + 一般 0 × 0.6 + 不满意 0 × 0.3 + 非常不满意 1 × 0 = 5.8，"
            "60 × 5.8 ÷ 7 ≈ 49.71（四舍五入到 2 位小数）",
        ),
        ((0, 0, 0, 0, 4), "0", None),
    ],
)
def test_points_are_the_mean_of_the_answers(answers: tuple[int, ...], points: str, why: str | None) -> None:
    line = score(unit("甲局", satisfaction=levels(*answers))).units[0].line("satisfaction")
    assert line.points == Decimal(points)
    assert why is None or str(line.why) == why


def test_a_half_is_rounded_up() -> None:
    answers = levels(1, 0, 0, 0, 0) | {"dissatisfied": 7, "fair": 8}  # 20 × 7.9 ÷ 16 = 9.875
    assert score(unit("甲局", mass_appraisal=answers)).units[0].line("mass_appraisal").points == Decimal(
        "9.88"
    )


def test_no_answer_is_pending_and_an_unknown_level_is_refused() -> None:
    found = score(unit("甲局", satisfaction=levels(0, 0, 0, 0, 0))).units[0]
    assert found.pending == ("satisfaction",)
    assert "还没有一份答卷，不能按满分计" in str(found.line("satisfaction").why)
    given = unit("甲局", satisfaction=levels(1, 0, 0, 0, 0) | {"basically_satisfied": 1})
    _, faults = parse_bundle({"scheme": SCHEME.key, "round": "2024-Q1", "units": [given]}, SCHEME)
    assert [str(fault) for fault in faults] == ["甲局：satisfaction：不认识的键（「basically_satisfied」）"]


def test_both_satisfied_levels_count_into_the_share() -> None:
    found = score(unit("甲局", satisfaction=levels(3, 5, 1, 1, 0))).units[0].statistics["satisfaction"]
    assert (found.answered, found.share) == (10, Decimal("0.8"))
    assert found.normalised == Decimal("47.4")  # those of the sheet: nothing to normalise


@given(st.lists(st.integers(0, 40), min_size=5, max_size=5).filter(any), st.integers(2, 5))
def test_points_do_not_depend_on_the_number_of_answers(answers: list[int], times: int) -> None:
    once = score(unit("甲局", satisfaction=levels(*answers))).units[0]
    more = score(unit("甲局", satisfaction=levels(*(times * each for each in answers)))).units[0]
    assert once.line("satisfaction").points == more.line("satisfaction").points


@given(st.lists(st.integers(0, 9), min_size=5, max_size=5).filter(any), st.integers(0, 3))
def test_a_worse_answer_never_raises_the_points(answers: list[int], place: int) -> None:
    better, worse = list(answers), list(answers)
    better[place] += 1
    worse[place + 1] += 1
    found = [score(unit("甲局", satisfaction=levels(*each))).units[0] for each in (better, worse)]
    assert found[0].total >= found[1].total


def test_different_sample_sizes_need_no_warning() -> None:
    few, many = levels(6, 0, 0, 0, 0), levels(30, 0, 0, 0, 0)
    assert score(unit("甲局", satisfaction=few), unit("乙局", satisfaction=many)).warnings == ()


def test_units_are_ranked_within_their_category() -> None:
    found = score(
        unit("甲局", key_tasks=8), unit("水司", SERVICES, key_tasks=9), unit("乙局", key_tasks=10),
        unit("电司", SERVICES, key_tasks=9), unit("某办", None, key_tasks=1), unit("丙局", key_tasks=8),
    )  # fmt: skip
    assert {each.unit: (each.rank, each.rank_of, str(each.ranked_among)) for each in found.units} == {
        "甲局": (2, 3, "政府部门共 3 个单位"),
        "乙局": (1, 3, "政府部门共 3 个单位"),
        "丙局": (2, 3, "政府部门共 3 个单位"),
        "水司": (1, 2, "公共服务企业共 2 个单位"),
        "电司": (1, 2, "公共服务企业共 2 个单位"),
        "某办": (1, 1, "未分类单位共 1 个"),
    }
    assert all(each.rank_range[1] <= each.rank_of for each in found.units)
    written = round_as_json(found)["电司"]
    assert isinstance(written, dict)
    assert (written["rank"], written["rank_of"], written["ranked_among"]) == (1, 2, SERVICES)


def test_bonus_and_penalty_have_bounds() -> None:
    practices = [{"practice": name, "level": "national"} for name in ("甲", "乙")]
    found = score(
        unit("甲局", endorsements=practices, broken_promises=3), unit("乙局", broken_promises=2)
    ).units
    assert (found[0].endorsements, found[0].broken_promises, found[0].total) == (5, -10, 95)
    assert [str(line.why) for line in found[0].adjustments] == [
        "甲（国家级）+3、乙（国家级）+3 = 6，最多加 5，得 5",
        "3 次 × −5 = −15，最多扣 10，得 −10",
    ]
    assert str(found[1].adjustments[1].why) == "2 次 × −5 = −10"


def test_articles_weigh_three_two_one_in_four_tiers() -> None:
    counts = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)]
    units = [
        unit(f"单位{i}", publicity={"national": n, "provincial": p, "municipal": m})
        for i, (n, p, m) in enumerate(counts)
    ]
    found = [each.line("publicity") for each in score(*units).units]
    assert [line.points for line in found] == [10, 8, 6, 0]
    assert str(found[0].why).startswith("国家级 1 × 3、省级 0 × 2、市级 0 × 1，合计 3，")
