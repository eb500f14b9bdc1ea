"""Reading a questionnaire: what the files hold, and each fault that a file can have."""

import copy
from typing import Any

import pytest

from survey_app.domain.instrument import DEALT, RATING, Kind
from survey_app.domain.instrument_parser import parse_instrument
from survey_app.schemes.instruments import INSTRUMENTS, load_instrument, read_instrument
from survey_app.schemes.loader import SchemeError, load_scheme

RATINGS = ["satisfied", "dissatisfied"]
NAME = {"zh": "名", "en": "name"}
SMALL: dict[str, Any] = {
    "key": "tiny",
    "version": "1",
    "title": NAME,
    "asker": NAME,
    "intro": [NAME],
    "questions": [
        {
            "id": "dealt",
            "kind": "choice",
            "label": NAME,
            "text": {"zh": "{months}到{unit}办过吗？", "en": "{unit} in {months}?"},
            "options": [{"value": value, **NAME} for value in ("yes", "no", "unsure")],
        },
        {
            "id": "days",
            "kind": "duration",
            "label": NAME,
            "text": NAME,
            "number": NAME,
            "most": 10,
            "options": [{"value": "days", **NAME, "takes_number": True}, {"value": "unknown", **NAME}],
        },
        {
            "id": "rating",
            "kind": "choice",
            "label": NAME,
            "text": NAME,
            "options": [{"value": value, **NAME} for value in RATINGS],
        },
        {
            "id": "why",
            "kind": "multi",
            "label": NAME,
            "text": NAME,
            "condition": {"question": "rating", "values": ["dissatisfied"]},
            "options": [{"value": "slow", **NAME}, {"value": "other", **NAME, "takes_text": True}],
        },
    ],
}


def test_a_small_instrument() -> None:
    instrument, faults = parse_instrument(SMALL, RATINGS)
    assert faults == []
    assert instrument is not None
    assert [question.id for question in instrument.following(DEALT)] == ["days", "rating"]
    assert [question.id for question in instrument.following(RATING)] == ["why"]
    assert instrument.question("days").kind is Kind.DURATION


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("key",), "Ä", "key：应为"),
        (("version",), "x" * 21, "version：最多"),
        (("title",), "名", "title：应有 zh 和 en"),
        (("intro",), [], "intro：应为至少一句话"),
        (("surprise",), 1, "surprise：不认识"),
        (("questions",), "all", "questions：应为问题的列表"),
        (("questions", 0, "id"), "days", "第一题应为「dealt」"),
        (("questions", 0, "text", "zh"), "{county}", "questions[1].text.zh：花括号里只能是 {months}、{unit}"),
        (("questions", 0, "text", "zh"), "{unit", "questions[1].text.zh：花括号里"),
        (("questions", 0, "options", 1, "value"), "never", "选项依次为 yes、no、unsure"),
        (("questions", 1, "kind"), "slider", "questions[2].kind：应为 choice"),
        (("questions", 1, "most"), 0, "questions[2].most：应为大于 0"),
        (("questions", 1, "most"), "ten", "questions[2].most：应为大于 0"),
        (("questions", 1, "decimals"), 2, "questions[2].decimals：应为 0 或 1"),
        (("questions", 1, "number"), None, "questions[2].number：应有 zh 和 en"),
        (("questions", 1, "options", 0, "takes_number"), False, "时长至少要有一个单位"),
        (("questions", 1, "options", 1, "value"), "7", "不能是数字"),
        (("questions", 1, "options", 1, "value"), "days", "「days」重复"),
        (("questions", 1, "options", 1, "value"), "blank", "另有含义"),
        (("questions", 1, "options", 1, "value"), "not_applicable", "另有含义"),
        (("questions", 1, "options", 1, "takes_text"), True, "只用于单选和多选"),
        (("questions", 1, "options"), [], "questions[2].options：应为选项的列表"),
        (("questions", 2, "most"), 5, "questions[3].most：只用于填数字"),
        (("questions", 2, "condition"), {"question": "dealt", "values": ["yes"]}, "这一题不能有条件"),
        (("questions", 2, "id"), "grade", "缺少「rating」"),
        (("questions", 2, "options", 1, "value"), "so_so", "选项依次为 satisfied、dissatisfied"),
        (("questions", 3, "id"), "days", "questions[4].id：「days」重复"),
        (("questions", 3, "condition", "values"), ["bad"], "questions[4].condition.values：应从 satisfied"),
        (("questions", 3, "condition", "question"), "days", "应为前面的单选题"),
        (("questions", 3, "condition"), "rating", "questions[4].condition：应有 question 和 values"),
        (("questions", 3, "options", 0, "takes_text"), True, "最多一个选项可以另填文字"),
        (("questions", 3, "options", 0, "takes_number"), True, "只用于时长的单位"),
        (("questions", 3, "compact"), "yes", "questions[4].compact：应为 true 或 false"),
        (("questions", 3), "why", "questions[4]：应为一个问题"),
    ],
)
def test_each_fault_is_named(path: tuple[str | int, ...], value: Any, fault: str) -> None:
    mapping = copy.deepcopy(SMALL)
    place: Any = mapping
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    instrument, faults = parse_instrument(mapping, RATINGS)
    assert instrument is None
    assert any(fault in found for found in faults), faults


def test_what_follows_a_question_opens_at_one_answer() -> None:
    mapping = copy.deepcopy(SMALL)
    other = copy.deepcopy(mapping["questions"][3])
    other.update(id="more", condition={"question": "rating", "values": ["satisfied"]})
    mapping["questions"].append(other)
    assert "条件要相同" in parse_instrument(mapping, RATINGS)[1][0]


@pytest.mark.parametrize("key", INSTRUMENTS)
def test_the_countys_instruments_are_well_formed(key: str) -> None:
    instrument = load_instrument("fangcheng-2022", key)
    assert instrument.key == key
    for question in instrument.questions:
        assert question.text.zh != question.text.en
    assert [option.text.zh for option in instrument.question(RATING).options] == [
        "满意",
        "基本满意",
        "不满意",
    ]


def test_the_satisfaction_questionnaire_asks_what_the_plan_names() -> None:
    """Plan 2022, 三: 实际时间、办理成本、申请材料件数和满意度, with the limits of the field."""
    instrument = load_instrument("fangcheng-2022", "satisfaction")
    limits = {
        each.id: (each.limits.most, each.limits.decimals) for each in instrument.questions if each.limits
    }
    assert limits == {
        "duration": (1000, 1),
        "documents": (99, 0),
        "cost": (10**8, 1),
        "agency": (10**8, 1),
    }
    assert [each.id for each in instrument.following(RATING)] == ["reasons", "callback"]
    assert {value for each in instrument.following(RATING) for value in each.condition.values} == {
        "basically_satisfied",
        "dissatisfied",
    }


def test_what_is_not_there() -> None:
    with pytest.raises(SchemeError, match="没有评分方案"):
        load_instrument("nowhere-1999", "satisfaction")
    with pytest.raises(SchemeError, match="没有问卷"):
        load_instrument("fangcheng-2022", "../scheme")
    with pytest.raises(SchemeError, match="不是 UTF-8"):
        read_instrument(b"\xff", "satisfaction", load_scheme())
    with pytest.raises(SchemeError, match="处错误"):
        read_instrument(b"key = 'x'", "satisfaction", load_scheme())
