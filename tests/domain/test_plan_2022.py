"""The plan of 22 February 2022, sentence by sentence: what each says, and the points that follow from it.

Each row has the plan's own words as they stand in the scheme's file, what is known of the unit, the item and its
points (None: pending). Rows marked 选择 settle what the plan leaves open.
"""

from decimal import Decimal
from typing import Any

import pytest

from survey_app.schemes.loader import load_scheme
from tests.domain.bundles import ABSENT, score, score_one, unit

Row = tuple[str, dict[str, Any], str, Decimal | float | None]


def _answers(satisfied: int, basically: int, dissatisfied: int) -> dict[str, int]:
    return {"satisfied": satisfied, "basically_satisfied": basically, "dissatisfied": dissatisfied}


def _pair(item: str, keys: tuple[str, str], whole: int, part: int) -> dict[str, Any]:
    return {item: dict(zip(keys, (whole, part), strict=True))}


REVISITS, PROBLEMS, FIXES = ("sampled", "revisited"), ("raised", "solved"), ("found", "fixed_on_time")
ONE_UNIT: list[Row] = [
    ("全量样本企业回访得5分，", _pair("revisits", REVISITS, 30, 30), "revisits", 5),
    ("未全量回访不得分；", _pair("revisits", REVISITS, 30, 29), "revisits", 0),
    ("未全量回访不得分；", _pair("revisits", REVISITS, 1, 0), "revisits", 0),
    ("选择：没有样本不是满分", _pair("revisits", REVISITS, 0, 0), "revisits", None),
    ("选择：没有数据不猜", {"revisits": ABSENT}, "revisits", None),
    ("解决企业实际问题得3分。", _pair("problems", PROBLEMS, 4, 4), "problems", 3),
    ("选择：没有全部解决不得分", _pair("problems", PROBLEMS, 4, 3), "problems", 0),
    ("如企业无需要解决的问题得3分。", _pair("problems", PROBLEMS, 0, 0), "problems", 3),
    ("及时整改完成得8分。", _pair("rectification", FIXES, 6, 6), "rectification", 8),
    ("选择：没有全部按时整改不得分", _pair("rectification", FIXES, 6, 5), "rectification", 0),
    ("选择：没有查出问题按全部整改", _pair("rectification", FIXES, 0, 0), "rectification", 8),
    ("创新亮点得5分，", {"innovation_highlight": 5}, "innovation_highlight", 5),
    ("选择：0 至 5，每档 0.5", {"innovation_highlight": 0.5}, "innovation_highlight", 0.5),
    ("取得成效得3分。", {"innovation_effect": 3}, "innovation_effect", 3),
    ("积极配合得8分。", {"assigned_tasks": 8}, "assigned_tasks", 8),
    ("选择：0 至 8，每档 0.5", {"assigned_tasks": 7.5}, "assigned_tasks", 7.5),
    ("抽取企业全部满意得20分，", {"satisfaction": _answers(30, 0, 0)}, "satisfaction", 20),
    ("一个基本满意扣1分，", {"satisfaction": _answers(29, 1, 0)}, "satisfaction", 19),
    ("一个不满意扣2分。", {"satisfaction": _answers(29, 0, 1)}, "satisfaction", 18),
    ("一个不满意扣2分。", {"satisfaction": _answers(20, 4, 6)}, "satisfaction", 4),
    ("选择：扣到 0 为止", {"satisfaction": _answers(0, 5, 25)}, "satisfaction", 0),
    ("选择：没有一份答卷不是满分", {"satisfaction": _answers(0, 0, 0)}, "satisfaction", None),
    ("全部满意得30分，", {"mass_appraisal": _answers(50, 0, 0)}, "mass_appraisal", 30),
    ("一个不满意扣1分，", {"mass_appraisal": _answers(40, 0, 10)}, "mass_appraisal", 20),
    ("选择：基本满意不扣", {"mass_appraisal": _answers(40, 10, 0)}, "mass_appraisal", 30),
    ("直至扣完。", {"mass_appraisal": _answers(10, 0, 40)}, "mass_appraisal", 0),
    ("选择：没有一份答卷不是满分", {"mass_appraisal": _answers(0, 0, 0)}, "mass_appraisal", None),
]


@pytest.mark.parametrize(("sentence", "known", "item", "points"), ONE_UNIT)
def test_points_of_one_unit(sentence: str, known: dict[str, Any], item: str, points: float | None) -> None:
    line = score_one(**known).line(item)
    assert line.points == (None if points is None else Decimal(str(points)))
    if not sentence.startswith("选择"):
        assert sentence in str(line.item.requirement), "the official wording is the plan's"


def _practice(*levels: str, name: str = "一件事一次办") -> list[dict[str, str]]:
    return [{"practice": name, "level": level} for level in levels]


@pytest.mark.parametrize(
    ("sentence", "known", "bonus", "penalty"),
    [
        ("被市级领导批示推广的加2分", {"endorsements": _practice("city")}, 2, 0),
        ("被省级领导批示推广的加3分", {"endorsements": _practice("province")}, 3, 0),
        ("被国家级领导批示推广的加5分", {"endorsements": _practice("national")}, 5, 0),
        ("选择：同一做法按最高级别计一次", {"endorsements": _practice("city", "national", "province")}, 5, 0),
        (
            "选择：不同做法各计一次",
            {"endorsements": _practice("city") + _practice("city", name="另一做法")},
            4,
            0,
        ),
        ("经查实一次扣10分", {"broken_promises": 1}, 0, -10),
        ("经查实一次扣10分", {"broken_promises": 3}, 0, -30),
    ],
)
def test_bonus_and_penalty(sentence: str, known: dict[str, Any], bonus: int, penalty: int) -> None:
    found = score_one(**known)
    assert (found.endorsements, found.broken_promises) == (bonus, penalty)
    assert found.total == 100 + bonus + penalty, "选择：总分不封顶、不保底"
    if not sentence.startswith("选择"):
        scheme = load_scheme()
        assert sentence in str(scheme.bonus.requirement) + str(scheme.penalty.requirement)


def test_total_is_neither_capped_nor_floored() -> None:
    many = [each for n in range(4) for each in _practice("national", name=f"做法{n}")]
    assert score_one(endorsements=many).total == 120
    assert score_one(broken_promises=12).total == -20


def _articles(number: int) -> dict[str, int]:
    return {"national": 0, "provincial": 0, "municipal": number}


@pytest.mark.parametrize(
    ("item", "value", "tiers"),
    [
        # 分3个方阵，第一方阵得7-10分，第二方阵得4-6分，第三方阵得1-3分: nine units, three in each.
        ("publicity", _articles, ["10", "8.5", "7", "6", "5", "4", "3", "2", "1"]),
        # 第一方阵得7-8分，第二方阵得4-6分，第三方阵得1-3分: by the mean of the marks, here one each.
        ("supervisors", lambda n: {"marks": [n - 1]}, ["8", "7.5", "7", "6", "5", "4", "3", "1"]),
    ],
)
def test_three_tiers(item: str, value: Any, tiers: list[str]) -> None:
    units = [unit(f"单位{n}", **{item: value(n)}) for n in range(len(tiers) + 1, 1, -1)]
    found = score(*units)
    assert [found.unit(each["unit"]).line(item).points for each in units] == [Decimal(t) for t in tiers]


@pytest.mark.parametrize(
    ("counts", "points"),
    [
        ([5, 5, 5], ["10", "10", "10"]),  # equal units share the better tier, one value has its top
        ([9, 9, 1], ["10", "10", "3"]),  # both at 1, then r = 3 > ⌈2 × 3/3⌉
        ([4, 0, 0], ["10", "1", "1"]),  # none at all: third tier and 1 point, always
        ([0], ["1"]),
        ([3, 2], ["10", "6"]),  # ⌈2/3⌉ = 1, ⌈4/3⌉ = 2
    ],
)
def test_choices_of_the_tiers(counts: list[int], points: list[str]) -> None:
    units = [unit(f"单位{n}", publicity=_articles(count)) for n, count in enumerate(counts)]
    found = score(*units)
    assert [found.unit(each["unit"]).line("publicity").points for each in units] == [
        Decimal(p) for p in points
    ]


def test_unit_without_evaluation_counts_with_the_average_and_none_of_it_is_scored() -> None:
    """对责任单位各项指标任务监测，……未参与评价的单位按照平均分计算."""
    found = score(
        unit("甲", indicator_tasks={"result": 90}), unit("乙", indicator_tasks={"result": 85.5}),
        unit("丙", indicator_tasks=ABSENT),
    )  # fmt: skip
    third = found.unit("丙")
    assert (third.indicator, third.indicator_imputed, third.provisional) == (Decimal("87.75"), True, False)
    assert {each.total for each in found.units} == {Decimal(100)}


def test_equal_totals_share_a_rank_and_the_next_skips() -> None:
    units = [unit(name, assigned_tasks=points) for name, points in zip("甲乙丙丁", (8, 7, 7, 6), strict=True)]
    assert [each.rank for each in score(*units).units] == [1, 2, 2, 4]


def test_the_sheet_is_the_plans() -> None:
    """监测内容: 40, 10, 20 and 30 points, five groups of 8."""
    scheme = load_scheme()
    assert [(str(each.title)[:4], each.max) for each in scheme.sections] == [
        ("日常工作", 40), ("宣传报道", 10), ("企业满意", 20), ("县纪委监", 30),
    ]  # fmt: skip
    assert [each.max for each in scheme.groups] == [8, 8, 8, 8, 8, 0]
    assert scheme.max == 100
