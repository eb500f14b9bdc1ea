"""A scheme's file: what is wrong with it is named, all of it, and its settings do what they say."""

import copy
import tomllib
from collections.abc import Callable
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.scheme_parser import parse_scheme
from survey_app.domain.scoring import UnitScore, score_round
from tests.domain.bundles import bundle, unit

FILE = files("survey_app.schemes") / "fangcheng_2022" / "scheme.toml"
GOOD = tomllib.loads(FILE.read_text(encoding="utf-8"), parse_float=Decimal)
SECOND = tomllib.loads(
    (files("survey_app.schemes") / "shifan_2024" / "scheme.toml").read_text(encoding="utf-8"),
    parse_float=Decimal,
)
REVISITS, PROBLEMS, POINTS, SUPERVISORS, INDICATOR, PUBLICITY, SATISFACTION = 0, 1, 3, 5, 7, 8, 9


def changed(change: Callable[[dict[str, Any]], object], original: dict[str, Any] = GOOD) -> dict[str, Any]:
    mapping = copy.deepcopy(original)
    change(mapping)
    return mapping


def set_in(*path: Any, to: Any) -> Callable[[dict[str, Any]], object]:
    def change(mapping: dict[str, Any]) -> None:
        place: Any = mapping
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


def remove(*path: Any) -> Callable[[dict[str, Any]], object]:
    def change(mapping: dict[str, Any]) -> None:
        place: Any = mapping
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


def test_the_first_scheme_adds_up_to_a_hundred() -> None:
    scheme, faults = parse_scheme(GOOD)
    assert scheme is not None
    assert faults == []
    assert sum(item.max for item in scheme.items) == scheme.max == 100
    assert {item.id: item.max for item in scheme.items} == {
        "revisits": 5,
        "problems": 3,
        "rectification": 8,
        "innovation_highlight": 5,
        "innovation_effect": 3,
        "supervisors": 8,
        "assigned_tasks": 8,
        "indicator_tasks": 0,
        "publicity": 10,
        "satisfaction": 20,
        "mass_appraisal": 30,
    }
    assert (scheme.grace_minutes, scheme.few_answers, scheme.low_response_rate) == (30, 5, Decimal("0.5"))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (remove("key"), "key：缺少"),
        (set_in("key", to=2022), "key：应为文字，不是2022"),
        (set_in("colour", to="red"), "colour：不认识的设置"),
        (set_in("max", to=99), "max：99 与各部分之和 100 不符"),
        (set_in("sections", 0, "max", to=41), "sections[daily].max：41 与各项之和 40 不符"),
        (set_in("groups", 0, "max", to=7), "groups[enterprise_support].max：7 与各项之和 8 不符"),
        (
            set_in("groups", 0, "section", to="nowhere"),
            "groups[enterprise_support].section：没有名为「nowhere」的定义",
        ),
        (set_in("items", to={}), "items：应为列表，不是一个对象"),
        (set_in("items", 0, to=5), "items：第 1 项应为表，不是5"),
        (set_in("items", REVISITS, "kind", to="magic"), "items[revisits].kind：应为 all_or_nothing、"),
        (remove("ratings"), "ratings：缺少"),
        (set_in("ratings", to=[]), "ratings：至少要有两个评价等级"),
        (set_in("ratings", 0, "satisfied", to=False), "ratings：至少一级算满意"),
        (set_in("ratings", 2, "satisfied", to=True), "ratings：应从最好到最差排列"),
        (set_in("ratings", 1, "key", to="satisfied"), "ratings[satisfied]：编号重复"),
        (set_in("ratings", 1, "key", to="So-so"), "ratings[So-so].key：应为 1 至 20 个小写字母"),
        (remove("ratings", 1, "name", "en"), "ratings[basically_satisfied].name.en：缺少"),
        (set_in("ratings", 1, "colour", to="red"), "ratings[basically_satisfied].colour：不认识的设置"),
        (remove("items", REVISITS, "kind"), "items[revisits].kind：缺少"),
        (set_in("items", REVISITS, "ledger", to="diary"), "items[revisits].ledger：应为 visits、"),
        (set_in("items", REVISITS, "ledger", to="articles"), "items[revisits].ledger：articles 台账不能作为"),
        (
            set_in("items", POINTS, "ledger", to="visits"),
            "items[innovation_highlight].ledger：visits 台账不能作为这一类评分项的依据",
        ),
        (
            set_in("items", REVISITS, "ledger", to="endorsements"),
            "items[revisits].ledger：endorsements 台账不能作为",
        ),
        (
            set_in("items", 10, "scan_required", to=1),
            "items[mass_appraisal].scan_required：应为 true 或 false",
        ),
        (remove("items", REVISITS, "title"), "items[revisits].title：缺少"),
        (remove("items", REVISITS, "title", "en"), "items[revisits].title.en：缺少"),
        (set_in("items", REVISITS, "title", to="回访"), "items[revisits].title：应为表"),
        (set_in("items", REVISITS, "group", to="x"), "items[revisits].group：没有名为「x」的定义"),
        (
            set_in("items", REVISITS, "section", to="publicity"),
            "items[revisits].group：「enterprise_support」不在",
        ),
        (
            set_in("items", REVISITS, "when_none", to="maybe"),
            "items[revisits].when_none：应为 full、pending 之一",
        ),
        (set_in("items", REVISITS, "id", to="problems"), "items[problems]：编号重复"),
        (set_in("items", REVISITS, "max", to=-5), "items[revisits].max：应为不小于 0 的数"),
        (set_in("items", POINTS, "step", to=0), "items[innovation_highlight].step：步长应大于 0"),
        (
            set_in("items", POINTS, "step", to=3),
            "items[innovation_highlight].step：从 low 起按步长走不到 high",
        ),
        (
            set_in("items", POINTS, "high", to=6),
            "items[innovation_highlight].high：应满足 low ≤ high ≤ max（5）",
        ),
        (set_in("items", SUPERVISORS, "mark_range", to=[8, 1]), "items[supervisors].mark_range：应为"),
        (
            set_in("items", SUPERVISORS, "least_raters", to=0),
            "items[supervisors].least_raters：至少要有 1 位",
        ),
        (set_in("items", SUPERVISORS, "least_raters", to="三"), "items[supervisors].least_raters：应为"),
        (set_in("items", PUBLICITY, "least_raters", to=3), "items[publicity].least_raters：不认识的设置"),
        (set_in("items", SUPERVISORS, "cuts", to=["1/3"]), "items[supervisors].cuts：3 个方阵需要 2 个分界"),
        (set_in("items", SUPERVISORS, "cuts", to=["2/3", "1/3"]), "items[supervisors].cuts：分界应从小到大"),
        (set_in("items", SUPERVISORS, "cuts", to=["1/3", 2]), "items[supervisors].cuts：分界应写成"),
        (
            set_in("items", SUPERVISORS, "bands", 1, "high", to=7),
            "items[supervisors].bands：方阵应从高到低排列",
        ),
        (
            set_in("items", SUPERVISORS, "bands", 0, "high", to=9),
            "items[supervisors].bands：「第一方阵」应满足",
        ),
        (set_in("items", SUPERVISORS, "bands", to=[]), "items[supervisors].bands：至少要有一个方阵"),
        (set_in("items", PUBLICITY, "fields", to=[]), "items[publicity].fields：至少要有一项"),
        (
            set_in("items", PUBLICITY, "zero_points", to=5),
            "items[publicity].zero_points：应在「第三方阵」的分数之内",
        ),
        (
            set_in("items", PUBLICITY, "fields", 0, "weight", to=-1),
            "items[publicity].fields[national].weight：应为",
        ),
        (set_in("items", SATISFACTION, "deduct", to={}), "items[satisfaction].deduct：至少要有一级扣分"),
        (
            set_in("items", SATISFACTION, "deduct", "so_so", to=1),
            "items[satisfaction].deduct.so_so：不认识的设置",
        ),
        (
            set_in("items", SATISFACTION, "from_library", to=1),
            "items[satisfaction].from_library：应为 true 或 false",
        ),
        (set_in("items", INDICATOR, "max", to=3), "items[indicator_tasks].max：参考行不计分，应为 0"),
        (set_in("items", INDICATOR, "places", to=0.5), "items[indicator_tasks].places：应为不小于 0 的整数"),
        (set_in("items", INDICATOR, "places", to=10**9), "items[indicator_tasks].places：最多 4 位小数"),
        (set_in("bonus", "counting", to="twice"), "bonus.counting：应为 highest、every 之一"),
        (set_in("bonus", "levels", 0, "points", to="2"), "bonus.levels[city].points：应为"),
        (remove("penalty", "points"), "penalty.points：缺少"),
        (set_in("answers", to=[]), "answers：应为表"),
        (set_in("objections", to={}), "objections.days：缺少"),
        (set_in("objections", to={"days": -1}), "objections.days：应为不小于 0 的整数"),
    ],
)
def test_each_fault_names_its_place(change: Callable[[dict[str, Any]], object], fault: str) -> None:
    scheme, faults = parse_scheme(changed(change))
    assert scheme is None
    assert any(found.startswith(fault) for found in faults), faults


def _shares(*numbers: Any) -> dict[str, Any]:
    levels = (level["key"] for level in SECOND["ratings"])
    return dict(zip(levels, numbers, strict=True))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (remove("items", 0, "share"), "items[satisfaction].share：缺少"),
        (remove("items", 0, "share", "fair"), "items[satisfaction].share.fair：缺少"),
        (set_in("items", 0, "share", "so_so", to=1), "items[satisfaction].share.so_so：不认识的设置"),
        (set_in("items", 0, "share", "fair", to="half"), "items[satisfaction].share.fair：应为不小于 0 的数"),
        (set_in("items", 0, "share", "fair", to=-1), "items[satisfaction].share.fair：应为不小于 0 的数"),
        (
            set_in("items", 0, "share", to=_shares(2, 1, 1, 0, 0)),
            "items[satisfaction].share：每一级应在 0 与 1",
        ),
        (set_in("items", 0, "share", to=_shares(1, 0, 1, 0, 0)), "items[satisfaction].share：从最好到最差"),
        (set_in("items", 0, "share", to=_shares(1, 1, 1, 1, 1)), "items[satisfaction].share：各级不能都一样"),
        (remove("items", 0, "places"), "items[satisfaction].places：缺少"),
        (set_in("items", 0, "places", to=5), "items[satisfaction].places：最多 4 位小数"),
        (remove("items", 0, "from_library"), "items[satisfaction].from_library：缺少"),
        (
            set_in("items", 1, "from_library", to=True),
            "items[mass_appraisal].from_library：答卷来自样本库的只能",
        ),
        (set_in("items", 0, "floor", to=0), "items[satisfaction].floor：不认识的设置"),
        (set_in("ranking", "within", to="size"), "ranking.within：应为 category 之一，不是「size」"),
        (set_in("ranking", "by", to="size"), "ranking.by：不认识的设置"),
        (set_in("ranking", to={}), "ranking.within：缺少"),
        (set_in("bonus", "cap", to=-1), "bonus.cap：应为不小于 0 的数"),
        (set_in("penalty", "cap", to="ten"), "penalty.cap：应为不小于 0 的数"),
    ],
)
def test_each_fault_of_the_second_shape_names_its_place(
    change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    scheme, faults = parse_scheme(changed(change, SECOND))
    assert scheme is None
    assert any(found.startswith(fault) for found in faults), faults


def test_without_levels_only_their_lack_is_a_fault() -> None:
    for original in (GOOD, SECOND):
        assert parse_scheme(changed(remove("ratings"), original)) == (None, ["ratings：缺少"])


def test_all_faults_are_named_at_once() -> None:
    mapping = changed(remove("key"))
    mapping["penalty"]["points"] = True
    mapping["items"][POINTS]["step"] = "half"
    _, faults = parse_scheme(mapping)
    assert sorted(fault.split("：")[0] for fault in faults) == [
        "items[innovation_highlight].step",
        "items[innovation_highlight].step",
        "key",
        "penalty.points",
    ]


def test_an_empty_file_lacks_everything() -> None:
    scheme, faults = parse_scheme({})
    assert scheme is None
    assert {"key：缺少", "items：缺少", "bonus：缺少"} <= set(faults)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, inner in pairs for found in paths(inner, (*path, key))]


@given(
    st.sampled_from([(each, path) for each in (GOOD, SECOND) for path in paths(each)]),
    st.sampled_from([None, True, "x", -1, Decimal("NaN"), [], [None], {}, {"zh": 1}]),
)
def test_no_value_anywhere_raises(place: tuple[dict[str, Any], tuple[Any, ...]], value: Any) -> None:
    original, path = place
    scheme, faults = parse_scheme(changed(set_in(*path, to=value), original))
    assert (scheme is None) == bool(faults)


def scored(change: Callable[[dict[str, Any]], object], **inputs: Any) -> UnitScore:
    scheme, faults = parse_scheme(changed(change))
    assert scheme is not None, faults
    parsed, wrong = parse_bundle(bundle(unit(**inputs)), scheme)
    assert parsed is not None, wrong
    return score_round(scheme, parsed).units[0]


def test_every_choice_is_a_setting() -> None:
    """Each line: the setting changed, the inputs, the item or sum, and what it then is."""
    nobody = {"sampled": 0, "revisited": 0}
    half = {"raised": 3, "solved": 1}
    angry = {"satisfied": 0, "basically_satisfied": 1, "dissatisfied": 12}
    twice = [{"practice": "甲", "level": "city"}, {"practice": "甲", "level": "province"}]

    assert (
        scored(set_in("items", REVISITS, "when_none", to="full"), revisits=nobody).line("revisits").points
        == 5
    )
    problems = scored(set_in("items", PROBLEMS, "partial", to="proportional"), problems=half).line("problems")
    assert (problems.points, str(problems.why)) == (1, "提出问题 3，已解决问题 1，还差 2，按比例得 1")
    none_found = {"found": 0, "fixed_on_time": 0}
    rectified = scored(set_in("items", 2, "when_none", to="pending"), rectification=none_found)
    assert rectified.pending == ("rectification",)
    assert (
        scored(remove("items", SATISFACTION, "floor"), satisfaction=angry).line("satisfaction").points == -5
    )
    lenient = scored(set_in("items", 10, "deduct", "basically_satisfied", to=1), mass_appraisal=angry)
    assert lenient.line("mass_appraisal").points == 17
    assert scored(set_in("bonus", "counting", to="every"), endorsements=twice).endorsements == 5
    assert scored(set_in("total", "floor", to=0), broken_promises=11).total == 0
    assert scored(set_in("total", "cap", to=100), endorsements=twice).total == 100
    assert scored(set_in("items", INDICATOR, "impute", to=False), indicator_tasks=None).indicator is None
    assert scored(set_in("answers", "few_answers", to=11)).warnings != ()
    assert scored(set_in("answers", "low_response_rate", to=Decimal("0.6")), sampled=20).warnings != ()


@pytest.mark.parametrize(
    ("changes", "smallest"), [({}, 5), ({"smallest_cell": 3}, 3), ({"smallest_cell": 10}, 10)]
)
def test_smallest_number_that_units_see_is_a_setting_that_may_be_left_out(
    changes: dict[str, int], smallest: int
) -> None:
    scheme, faults = parse_scheme(changed(lambda mapping: mapping["answers"].update(changes)))
    assert faults == []
    assert scheme is not None
    assert scheme.smallest_cell == smallest


@pytest.mark.parametrize("smallest", [0, 2])
def test_smallest_number_protects_nobody_below_three(smallest: int) -> None:
    _, faults = parse_scheme(changed(set_in("answers", "smallest_cell", to=smallest)))
    assert faults == [f"answers.smallest_cell：应为不小于 3 的整数，不是 {smallest}"]


@pytest.mark.parametrize(("objections", "days"), [(None, 5), ({"days": 10}, 10), ({"days": 0}, 0)])
def test_days_to_object_are_a_setting_that_may_be_left_out(
    objections: dict[str, int] | None, days: int
) -> None:
    change = set_in("objections", to=objections) if objections else lambda _mapping: None
    scheme, faults = parse_scheme(changed(change))
    assert scheme is not None, faults
    assert scheme.objection_days == days


def test_weights_of_articles_and_the_split_are_settings() -> None:
    mapping = changed(set_in("items", PUBLICITY, "fields", 0, "weight", to=5))
    mapping["items"][PUBLICITY]["cuts"] = ["1/4", "1/2"]
    scheme, _ = parse_scheme(mapping)
    assert scheme is not None
    counts = [(1, 0, 0), (0, 0, 4), (0, 3, 0), (0, 0, 1)]
    units = [
        unit(f"单位{i}", publicity={"national": n, "provincial": p, "municipal": m})
        for i, (n, p, m) in enumerate(counts)
    ]
    parsed, _ = parse_bundle(bundle(*units), scheme)
    assert parsed is not None
    found = [each.line("publicity") for each in score_round(scheme, parsed).units]
    assert [line.points for line in found] == [10, 6, 3, 1]
    assert str(found[0].why).startswith("国家级 1 × 5、省级 0 × 1、市级 0 × 1，合计 5，")


def test_how_many_must_rate_is_a_setting_that_changes_no_points() -> None:
    scheme, _ = parse_scheme(GOOD)
    without, _ = parse_scheme(changed(remove("items", SUPERVISORS, "least_raters")))
    assert scheme is not None
    assert without is not None
    least = [each.item("supervisors").settings.least_raters for each in (scheme, without)]  # type: ignore[union-attr]
    assert least == [3, 1]
    parsed, _ = parse_bundle(bundle(unit("甲局", supervisors={"marks": [6]})), scheme)
    assert parsed is not None
    points = [score_round(each, parsed).units[0].line("supervisors").points for each in (scheme, without)]
    assert points == [8, 8]


def test_a_scheme_may_do_without_the_sms_that_an_answer_came_in() -> None:
    off = copy.deepcopy(GOOD)
    off["answers"]["receipt_sms"] = False
    for written, sends in ((GOOD, True), (off, False)):
        scheme, faults = parse_scheme(written)
        assert faults == []
        assert scheme is not None
        assert scheme.receipt_sms is sends
