"""Points straight from the plan's table, item by item, and the sentence behind each."""

from decimal import Decimal
from typing import Any

import pytest

from survey_app.domain.text import Text
from tests.domain.bundles import ABSENT, golden, score, score_one, unit


def line(item: str, value: Any) -> tuple[Decimal | None, str]:
    found = score_one(**{item: value}).line(item)
    return found.points, str(found.why)


def test_full_marks_everywhere_make_a_hundred() -> None:
    found = score_one()
    assert (found.base, found.total, found.pending, found.rank) == (100, 100, (), 1)
    assert not found.provisional


@pytest.mark.parametrize(
    ("item", "value", "points", "why"),
    [
        # 全量样本企业回访得5分，未全量回访不得分
        ("revisits", {"sampled": 10, "revisited": 10}, 5, "样本企业 10，已回访企业 10，全部完成，得 5"),
        ("revisits", {"sampled": 10, "revisited": 9}, 0, "样本企业 10，已回访企业 9，还差 1，得 0"),
        ("revisits", {"sampled": 10, "revisited": 0}, 0, "样本企业 10，已回访企业 0，还差 10，得 0"),
        # 解决企业实际问题得3分。（如企业无需要解决的问题得3分。）
        ("problems", {"raised": 2, "solved": 2}, 3, "提出问题 2，已解决问题 2，全部完成，得 3"),
        ("problems", {"raised": 2, "solved": 1}, 0, "提出问题 2，已解决问题 1，还差 1，得 0"),
        ("problems", {"raised": 0, "solved": 0}, 3, "提出问题为 0，得 3"),
        # 及时整改完成得8分
        ("rectification", {"found": 4, "fixed_on_time": 4}, 8, "查出问题 4，按时整改问题 4，全部完成，得 8"),
        ("rectification", {"found": 4, "fixed_on_time": 3}, 0, "查出问题 4，按时整改问题 3，还差 1，得 0"),
        ("rectification", {"found": 0, "fixed_on_time": 0}, 8, "查出问题为 0，得 8"),
        # entered
        ("innovation_highlight", Decimal("2.5"), "2.5", "人工填报，得 2.5（可填 0 至 5，每档 0.5）"),
        ("innovation_effect", 0, 0, "人工填报，得 0（可填 0 至 3，每档 0.5）"),
        ("assigned_tasks", Decimal("7.50"), "7.5", "人工填报，得 7.5（可填 0 至 8，每档 0.5）"),
        ("supervisors", {"points": 7.5}, "7.5", "人工填报，得 7.5（第一方阵 7–8）"),
        ("publicity", {"points": 3}, 3, "人工填报，得 3（第三方阵 1–3）"),
    ],
)
def test_items_of_daily_work(item: str, value: Any, points: Any, why: str) -> None:
    assert line(item, value) == (Decimal(points), why)


@pytest.mark.parametrize(
    ("answers", "points", "why"),
    [
        ((17, 2, 1), 16, "20 − 2 基本满意 × 1 − 1 不满意 × 2 = 16"),
        ((6, 0, 0), 20, "20 − 0 基本满意 × 1 − 0 不满意 × 2 = 20"),
        ((0, 20, 0), 0, "20 − 20 基本满意 × 1 − 0 不满意 × 2 = 0"),
        ((0, 0, 10), 0, "20 − 0 基本满意 × 1 − 10 不满意 × 2 = 0"),
        ((7, 1, 12), 0, "20 − 1 基本满意 × 1 − 12 不满意 × 2 = −5，不低于 0，得 0"),
    ],
)
def test_satisfaction_of_enterprises(answers: tuple[int, int, int], points: int, why: str) -> None:
    names = ("satisfied", "basically_satisfied", "dissatisfied")
    assert line("satisfaction", dict(zip(names, answers, strict=True))) == (Decimal(points), why)


@pytest.mark.parametrize(
    ("answers", "points", "why"),
    [
        ((8, 2, 5), 25, "30 − 5 不满意 × 1 = 25"),
        ((0, 40, 0), 30, "30 − 0 不满意 × 1 = 30"),
        ((0, 0, 30), 0, "30 − 30 不满意 × 1 = 0"),
        ((23, 9, 31), 0, "30 − 31 不满意 × 1 = −1，不低于 0，得 0"),
    ],
)
def test_mass_appraisal(answers: tuple[int, int, int], points: int, why: str) -> None:
    names = ("satisfied", "basically_satisfied", "dissatisfied")
    assert line("mass_appraisal", dict(zip(names, answers, strict=True))) == (Decimal(points), why)


@pytest.mark.parametrize(
    ("item", "value", "why"),
    [
        ("revisits", {"sampled": 0, "revisited": 0}, "待定：样本企业为 0，不能按满分计，由县委营商办核实"),
        ("revisits", {"sampled": 5}, "待定：缺少已回访企业的数量，由县委营商办提供"),
        ("problems", {}, "待定：缺少提出问题、已解决问题的数量，由县委营商办提供"),
        ("problems", None, "待定：还没有数据，由县委营商办提供"),
        ("rectification", ABSENT, "待定：还没有数据，由县委营商办提供"),
        ("innovation_highlight", None, "待定：还没有数据，由县委营商办提供"),
        ("assigned_tasks", ABSENT, "待定：还没有数据，由县委营商办提供"),
        ("supervisors", {"marks": []}, "待定：还没有数据，由特邀监督员提供"),
        ("supervisors", {"points": None, "marks": None}, "待定：还没有数据，由特邀监督员提供"),
        ("publicity", {"national": 1, "municipal": 2}, "待定：缺少省级的数量，由县委营商办提供"),
        (
            "satisfaction",
            {"satisfied": 0, "basically_satisfied": 0, "dissatisfied": 0},
            "待定：还没有一份答卷，不能按满分计，由企业满意度调查提供",
        ),
        (
            "satisfaction",
            {"satisfied": 4, "dissatisfied": None},
            "待定：缺少基本满意、不满意的数量，由企业满意度调查提供",
        ),
        ("mass_appraisal", ABSENT, "待定：还没有数据，由县纪委监委提供"),
    ],
)
def test_what_is_not_known_is_pending_and_never_guessed(item: str, value: Any, why: str) -> None:
    found = score_one(**{item: value})
    assert (found.line(item).points, str(found.line(item).why)) == (None, why)
    assert found.pending == (item,)
    assert found.provisional
    assert found.total == 100 - found.line(item).max


def test_tier_sentences_say_value_standing_tier_and_step() -> None:
    names = ["甲局", "乙局", "丙局", "丁局"]
    counts = [(1, 3, 5), (0, 1, 9), (0, 0, 0), (0, 2, 0)]
    keys = ("national", "provincial", "municipal")
    found = score(
        *(unit(n, publicity=dict(zip(keys, c, strict=True))) for n, c in zip(names, counts, strict=True))
    )
    assert [str(found.unit(name).line("publicity").why) for name in names] == [
        "国家级 1、省级 3、市级 5，合计 9，在 4 个单位中列第 2，第一方阵（7–10），"
        "本方阵 2 个不同数值中从高到低第 2 个，得 7",
        "国家级 0、省级 1、市级 9，合计 10，在 4 个单位中列第 1，第一方阵（7–10），"
        "本方阵 2 个不同数值中从高到低第 1 个，得 10",
        "国家级 0、省级 0、市级 0，合计 0：数值为 0 固定列第三方阵，得 1",
        "国家级 0、省级 2、市级 0，合计 2，在 4 个单位中列第 3，第二方阵（4–6），"
        "本方阵 1 个不同数值中从高到低第 1 个，得 6",
    ]


def test_entered_points_stand_beside_what_the_marks_suggest() -> None:
    found = score_one(supervisors={"points": 7, "marks": [5, 4, 4]}).line("supervisors")
    assert (found.points, found.suggested) == (7, 8)
    assert str(found.why) == (
        "3 个评分平均 4.33，在 1 个单位中列第 1，第一方阵（7–8），本方阵 1 个不同数值中从高到低第 1 个，"
        "建议 8；人工填报，得 7"
    )


@pytest.mark.parametrize(
    ("endorsements", "points", "why"),
    [
        ([], 0, "没有批示推广的做法，不加分"),
        ([("一窗通办", "city")], 2, "一窗通办（市级）+2 = 2"),
        ([("一窗通办", "province")], 3, "一窗通办（省级）+3 = 3"),
        ([("一窗通办", "national")], 5, "一窗通办（国家级）+5 = 5"),
        ([("甲", "city"), ("乙", "city")], 4, "甲（市级）+2、乙（市级）+2 = 4"),
        ([("甲", "city"), (" 甲 ", "national"), ("甲", "province")], 5, "甲（国家级）+5 = 5"),
    ],
)
def test_endorsements_once_a_practice_at_its_highest_level(
    endorsements: list[tuple[str, str]], points: int, why: str
) -> None:
    found = score_one(endorsements=[{"practice": p, "level": level} for p, level in endorsements])
    assert (found.endorsements, found.total) == (points, 100 + points)
    assert str(found.adjustments[0].why) == why


@pytest.mark.parametrize(
    ("cases", "points", "why"),
    [
        (0, 0, "没有查实的不兑现情况，不扣分"),
        (1, -10, "1 次 × −10 = −10"),
        (12, -120, "12 次 × −10 = −120"),
    ],
)
def test_broken_promises_have_no_floor(cases: int, points: int, why: str) -> None:
    found = score_one(broken_promises=cases)
    assert (found.broken_promises, found.total) == (points, 100 + points)
    assert str(found.adjustments[1].why) == why


def test_unknown_adjustments_are_pending_too() -> None:
    found = score_one(endorsements=ABSENT, broken_promises=None)
    assert (found.endorsements, found.broken_promises) == (None, None)
    assert found.pending == ("endorsements", "broken_promises")


def test_units_that_were_not_evaluated_get_the_mean_of_the_others() -> None:
    found = score(
        unit("甲局", indicator_tasks={"result": 90}),
        unit("乙局", indicator_tasks={"result": None}),
        unit("丙局", indicator_tasks={"result": Decimal("80.25")}),
        unit("丁局", indicator_tasks=ABSENT),
        unit("戊局", indicator_tasks={"result": 85}),
    )
    # 255.25 / 3 = 85.0833…
    assert [u.indicator for u in found.units] == [
        90,
        Decimal("85.08"),
        Decimal("80.25"),
        Decimal("85.08"),
        85,
    ]
    assert [u.indicator_imputed for u in found.units] == [False, True, False, True, False]
    assert str(found.unit("乙局").line("indicator_tasks").why) == (
        "未参与评价，按 3 个已评价单位的平均数 85.08 计；仅作参考，不计分"
    )
    assert all(not u.provisional and u.total == found.units[0].total for u in found.units)


def test_a_reference_row_never_blocks() -> None:
    found = score_one(indicator_tasks=ABSENT)
    assert (found.indicator, found.indicator_imputed, found.provisional) == (None, False, False)
    assert str(found.line("indicator_tasks").why).startswith("待定")


def test_ranks_share_and_skip() -> None:
    found = score(
        unit("甲局"), unit("乙局"), unit("丙局", broken_promises=1), unit("丁局", endorsements=ABSENT)
    )
    assert [u.rank for u in found.units] == [1, 1, 4, 1]
    assert [u.rank for u in score(unit("甲局", broken_promises=1), unit("乙局")).units] == [2, 1]


def test_few_answers_and_a_low_response_are_warned_of() -> None:
    tally = {"satisfied": 4, "basically_satisfied": 0, "dissatisfied": 0}
    found = score_one(satisfaction=tally, sampled=10, frame_size=50, reached=6)
    assert [str(warning) for warning in found.warnings] == [
        "只有 4 份答卷，不足 5 份，结果偶然性大",
        "抽取 10 户，只有 4 户作答，不到 50%",
    ]
    assert (found.response.answered, found.response.rate, found.response.reached) == (4, Decimal("0.4"), 6)
    assert score_one(sampled=20).warnings == ()  # half is enough


def test_different_sample_sizes_are_warned_of() -> None:
    few = {"satisfied": 6, "basically_satisfied": 0, "dissatisfied": 0}
    found = score(unit("甲局"), unit("乙局", satisfaction=few), unit("丙局", satisfaction=ABSENT))
    assert [str(w) for w in found.warnings] == [
        "本轮各单位样本大小不同（6 至 10）；答卷多则扣分机会多，请对照折算分"
    ]
    assert str(found.unit("乙局").warnings[-1]).startswith("样本大小不同：本单位 6，各单位 6 至 10")
    assert found.unit("丙局").warnings == ()
    drawn_alike = score(unit("甲局", sampled=10), unit("乙局", satisfaction=few, sampled=10))
    assert drawn_alike.warnings == ()


def test_units_closer_than_the_interval_can_tell_are_shown() -> None:
    one_off = {"satisfied": 9, "basically_satisfied": 0, "dissatisfied": 1}
    near = score(unit("甲局"), unit("乙局", satisfaction=one_off), unit("丙局", broken_promises=3))
    assert [u.rank for u in near.units] == [1, 2, 3]
    assert [u.rank_range for u in near.units] == [(1, 2), (1, 2), (3, 3)]
    # With the whole library answered nothing is left open.
    sure = score(unit("甲局", frame_size=10), unit("乙局", satisfaction=one_off, frame_size=10))
    assert [u.rank_range for u in sure.units] == [(1, 1), (2, 2)]


def test_missing_inputs_are_listed_by_kind() -> None:
    found = score_one(**dict.fromkeys(("supervisors", "assigned_tasks", "publicity", "revisits"), ABSENT))
    assert found.pending == ("revisits", "assigned_tasks", "supervisors", "publicity")


def test_sentences_can_be_read_in_english() -> None:
    why = score_one(satisfaction=ABSENT).line("satisfaction").why
    assert isinstance(why, Text)
    english = why.render(lambda template: "Pending: no data yet; %(supplier)s provides it", "en")
    assert english == "Pending: no data yet; the enterprise survey provides it"


def test_looking_up_what_does_not_exist() -> None:
    found = score(unit())
    assert found.unit("甲局").line("revisits").max == 5
    with pytest.raises(KeyError):
        found.unit("乙局")
    with pytest.raises(KeyError):
        found.units[0].line("nothing")


def test_the_worked_example() -> None:
    found = score(*golden("bundle.json")["units"])
    for name, expected in golden("expected.json").items():
        got = found.unit(name)
        points = {each.item.id: each.points for each in got.lines if each.item.counts}
        assert points == {
            item: None if p is None else Decimal(str(p)) for item, p in expected["items"].items()
        }
        for key in ("base", "endorsements", "broken_promises", "total", "indicator", "rank"):
            assert getattr(got, key) == Decimal(str(expected[key])), (name, key)
        assert list(got.pending) == expected["pending"]
