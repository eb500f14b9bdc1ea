"""Bundles that break a rule are refused whole, with every fault named; no input whatever raises."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.json_object import object_from_pairs
from survey_app.schemes.loader import load_scheme
from tests.domain.bundles import ABSENT, COMPLETE, bundle, faults_of, golden, unit

NAN, INFINITY, HUGE = Decimal("NaN"), Decimal("Infinity"), Decimal("1e999999999")
NO_NUMBERS: list[Any] = ["5", "", True, False, [], [5], {}, NAN, INFINITY, HUGE, float("nan"), 10**400]
NO_COUNTS: list[Any] = [*NO_NUMBERS, -1, 1.5, Decimal("0.1")]
COUNTED = [
    ("revisits", "sampled"),
    ("revisits", "revisited"),
    ("problems", "raised"),
    ("rectification", "fixed_on_time"),
    ("publicity", "national"),
    ("publicity", "municipal"),
    ("satisfaction", "satisfied"),
    ("satisfaction", "dissatisfied"),
    ("mass_appraisal", "basically_satisfied"),
]


def test_the_worked_example_has_no_fault() -> None:
    assert faults_of(golden("bundle.json")) == []


@pytest.mark.parametrize("value", NO_COUNTS)
@pytest.mark.parametrize(("item", "key"), COUNTED)
def test_counts_are_whole_numbers_from_zero(item: str, key: str, value: Any) -> None:
    changed = {item: {**COMPLETE[item], key: value}}
    (fault,) = faults_of(bundle(unit(**changed)))
    assert fault.startswith(f"甲局：{item}：{key} 应为不小于 0 的整数，不是 ")


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1, -0.5, 9, 100, Decimal("0.25"), Decimal("4.9")])
@pytest.mark.parametrize("item", ["innovation_highlight", "innovation_effect", "assigned_tasks"])
def test_entered_points_keep_to_range_and_step(item: str, value: Any) -> None:
    (fault,) = faults_of(bundle(unit(**{item: value})))
    assert fault.startswith(f"甲局：{item}：")


@pytest.mark.parametrize(
    ("item", "points"),
    [
        ("supervisors", p)
        for p in (0, 0.5, 3.5, 6.5, Decimal("3.1"), 8.5, 10, -1, Decimal("7.25"), *NO_NUMBERS)
    ]
    + [("publicity", p) for p in (0, 3.5, 6.5, Decimal("6.9"), 10.5, -7, *NO_NUMBERS)],
)
def test_points_between_two_bands_do_not_exist(item: str, points: Any) -> None:
    (fault,) = faults_of(bundle(unit(**{item: {"points": points}})))
    assert fault.startswith(f"甲局：{item}：points ")


@pytest.mark.parametrize("points", [1, 3, 4, 6, 7, 8, 7.5, Decimal("5.3")])
def test_points_within_a_band_do(points: Any) -> None:
    assert faults_of(bundle(unit(supervisors={"points": points}))) == []


@pytest.mark.parametrize("mark", [0, 0.5, 9, 8.01, -1, None, *NO_NUMBERS])
def test_marks_run_from_one_to_eight(mark: Any) -> None:
    (fault,) = faults_of(bundle(unit(supervisors={"marks": [5, mark]})))
    assert fault.startswith("甲局：supervisors：marks 第 2 个应为 1 至 8 的数，不是 ")


def test_entered_points_stay_in_the_band_that_the_counts_suggest() -> None:
    many, few, none = ({"national": n, "provincial": 0, "municipal": 0} for n in (9, 5, 0))
    assert faults_of(
        bundle(
            unit("甲局", publicity={**many, "points": 6}),
            unit("乙局", publicity={**few, "points": 5}),
            unit("丙局", publicity={**none, "points": 2}),
        )
    ) == [
        "甲局：publicity：points 6 超出该单位所在第一方阵的分数（7–10）",
        "丙局：publicity：points 2 超出该单位所在第三方阵的分数（1）",
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"revisits": {"sampled": 3, "revisited": 4}}, "revisits：revisited 4 多于 sampled 3"),
        ({"problems": {"raised": 0, "solved": 1}}, "problems：solved 1 多于 raised 0"),
        ({"rectification": {"found": 2, "fixed_on_time": 3}}, "rectification：fixed_on_time 3 多于 found 2"),
        ({"revisits": []}, "revisits：应为对象（{…}），不是一个列表"),
        ({"satisfaction": 20}, "satisfaction：应为对象（{…}），不是20"),
        ({"supervisors": 7.5}, "supervisors：应为对象"),
        ({"indicator_tasks": 90}, "indicator_tasks：应为对象"),
        ({"innovation_highlight": {"points": 5}}, "innovation_highlight：应为 0 至 5 的数"),
        ({"supervisors": {"marks": 8}}, "supervisors：marks 应为评分的列表，不是8"),
        ({"supervisors": {"mark": [8]}}, "supervisors：不认识的键（「mark」）"),
        ({"satisfaction": {**COMPLETE["satisfaction"], "very": 1}}, "satisfaction：不认识的键（「very」）"),
        ({"indicator_tasks": {"result": "优"}}, "indicator_tasks：result 应为 0 至 1000 的数"),
        ({"indicator_tasks": {"result": -1}}, "indicator_tasks：result"),
        ({"indicator_tasks": {"result": NAN}}, "indicator_tasks：result"),
        ({"indicator_tasks": {"result": HUGE}}, "indicator_tasks：result"),
        ({"endorsements": 1}, "endorsements：应为列表"),
        ({"endorsements": {}}, "endorsements：应为列表"),
        ({"endorsements": [None]}, "endorsements：应为对象"),
        (
            {"endorsements": [{"practice": "甲", "level": "county"}]},
            "endorsements：第 1 条的级别（level）应为",
        ),
        ({"endorsements": [{"practice": "甲", "level": ["city"]}]}, "endorsements：第 1 条的级别"),
        ({"endorsements": [{"practice": "甲"}]}, "endorsements：第 1 条的级别"),
        ({"endorsements": [{"practice": " ", "level": "city"}]}, "endorsements：第 1 条缺少工作做法的名称"),
        ({"endorsements": [{"practice": 5, "level": "city"}]}, "endorsements：第 1 条缺少"),
        ({"endorsements": [{"practice": "甲", "level": "city", "by": 1}]}, "endorsements：不认识的键"),
        ({"broken_promises": -1}, "broken_promises：broken_promises 应为不小于 0 的整数"),
        ({"broken_promises": []}, "broken_promises：broken_promises 应为"),
        ({"innovation": 5}, "innovation：方案 fangcheng-2022 没有这个评分项"),
        ({"": 5}, "unit：方案 fangcheng-2022 没有这个评分项"),
        ({"frame_size": -1}, "frame_size：frame_size 应为不小于 0 的整数"),
        ({"sampled": "10"}, "sampled：sampled 应为"),
        ({"sampled": 20, "frame_size": 10}, "sampled：抽取企业 20 多于样本库企业 10"),
        ({"reached": 20, "sampled": 15}, "reached：联系到的企业 20 多于抽取企业 15"),
        ({"sampled": 9}, "sampled：答卷 10 多于抽取企业 9"),
        ({"frame_size": 9}, "frame_size：答卷 10 多于样本库企业 9"),
        ({"category": 1}, "category：应为文字"),
    ],
)
def test_each_fault_names_unit_item_and_reason(changes: dict[str, Any], fault: str) -> None:
    (found,) = faults_of(bundle(unit(**changes)))
    assert found.startswith(f"甲局：{fault}")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (ABSENT, "缺少单位名称"),
        (None, "缺少单位名称"),
        ("", "应为文字"),
        ("  ", "应为文字"),
        (5, "应为文字"),
        (["甲局"], "应为文字"),
        ("甲\n局", "不含控制字符"),
        ("甲\ud800局", "不含控制字符"),
        ("长" * 201, "不超过 200 字"),
    ],
)
def test_a_unit_needs_a_name(name: Any, fault: str) -> None:
    (found,) = faults_of(bundle(unit(), unit(name)))
    assert found.startswith("第 2 个单位：unit：")
    assert fault in found


def test_two_units_of_one_name() -> None:
    assert faults_of(bundle(unit("甲局"), unit("乙局"), unit(" 甲局 "))) == ["甲局：unit：有 2 个同名单位"]


@pytest.mark.parametrize(
    "obj",
    [None, True, 5, "bundle", [], [unit()], NAN],
)
def test_a_bundle_is_an_object(obj: object) -> None:
    (fault,) = faults_of(obj)
    assert fault.startswith("整份数据：bundle：应为对象")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"units": []}, "units：列表是空的"),
        ({"units": None}, "units：缺少"),
        ({"units": {}}, "units：应为单位的列表"),
        ({"units": "甲局"}, "units：应为单位的列表"),
        ({"scheme": None}, "scheme：缺少，应为「fangcheng-2022」"),
        ({"scheme": "fangcheng-2023"}, "scheme：是「fangcheng-2023」，应为「fangcheng-2022」"),
        ({"scheme": 2022}, "scheme：是2022"),
        ({"round": 1}, "round：应为文字"),
        ({"unit": []}, "unit：不认识的键"),
    ],
)
def test_faults_of_the_whole(changes: dict[str, Any], fault: str) -> None:
    (found,) = faults_of({**bundle(unit()), **changes})
    assert found.startswith(f"整份数据：{fault}")


def test_units_that_are_no_objects() -> None:
    faults = faults_of(bundle(unit(), None, "乙局", [], 3))
    assert [fault.split("：")[0] for fault in faults] == [f"第 {i} 个单位" for i in (2, 3, 4, 5)]


def test_all_faults_are_named_at_once() -> None:
    faults = faults_of(
        bundle(
            unit("甲局", broken_promises=-1, revisits={"sampled": 1, "revisited": 2}),
            unit("乙局", supervisors={"points": 6.5, "marks": [9]}),
        )
    )
    assert [fault.split("：")[:2] for fault in faults] == [
        ["甲局", "revisits"],
        ["甲局", "broken_promises"],
        ["乙局", "supervisors"],
        ["乙局", "supervisors"],
    ]


def test_keys_that_were_written_twice() -> None:
    tally = object_from_pairs([("satisfied", 5), ("dissatisfied", 0), ("satisfied", 6)])
    twice = object_from_pairs([*unit(satisfaction=tally).items(), ("broken_promises", 1)])
    whole = object_from_pairs([*bundle(twice).items(), ("round", "2022-Q2")])
    assert faults_of(whole) == [
        "整份数据：round：键「round」写了不止一次",
        "甲局：broken_promises：键「broken_promises」写了不止一次",
        "甲局：satisfaction：键「satisfied」写了不止一次",
    ]
    assert object_from_pairs([("a", 1)]) == {"a": 1}


def test_a_fault_is_one_line_whatever_the_keys() -> None:
    (fault,) = faults_of(bundle(unit(**{"键\n\r\u2028\ud800": 1})))
    assert len(fault.splitlines()) == 1
    assert fault.encode()


def test_what_is_read() -> None:
    parsed, _ = parse_bundle(
        bundle(unit(" 甲局", frame_size=50, sampled=20.0, reached=15, category="县直部门")), load_scheme()
    )
    assert parsed is not None
    (found,) = parsed.units
    assert (found.unit, found.category) == ("甲局", "县直部门")
    assert (found.frame_size, found.sampled, found.reached) == (50, 20, 15)
    assert (parsed.scheme, parsed.round) == ("fangcheng-2022", "2022-Q1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_no_json_raises(obj: object) -> None:
    assert faults_of(obj)


@given(st.sampled_from([*COMPLETE, "unit", "frame_size", "sampled", "reached", "category"]), JSON)
def test_no_value_of_any_key_raises(key: str, value: object) -> None:
    parsed, faults = parse_bundle(bundle(unit("乙局"), unit(**{key: value})), load_scheme())
    assert (parsed is None) == bool(faults)
    assert all(len(str(fault).splitlines()) == 1 for fault in faults)


@given(st.sampled_from([k for k, v in COMPLETE.items() if isinstance(v, dict)]), st.data())
def test_no_value_within_an_item_raises(item: str, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from([*COMPLETE[item], "points", "marks"]))
    changed = {**COMPLETE[item], key: data.draw(JSON)}
    parsed, faults = parse_bundle(bundle(unit(**{item: changed})), load_scheme())
    assert (parsed is None) == bool(faults)
