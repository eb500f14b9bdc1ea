"""Reading a filled-in form: four kinds of nothing, hard limits, and never a guess."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.answer import UnitAnswer, content_digest
from survey_app.domain.form_parser import clean_text, field_name, parse_form, read_typed_number
from survey_app.domain.instrument import MAX_TEXT, Dealt, Limits
from survey_app.schemes.instruments import load_instrument

SATISFACTION = load_instrument("fangcheng-2022", "satisfaction")
APPRAISAL = load_instrument("fangcheng-2022", "mass_appraisal")
UNIT = (7, "县税务局")


def filled(**fields: str | list[str]) -> dict[str, list[str]]:
    """A form about unit 7: `dealt` and `rating` given unless said otherwise; "__" in a name stands for "-"."""
    values: dict[str, str | list[str]] = {"dealt": "yes", "rating": "satisfied", **fields}
    return {
        f"u7-{name.replace('__', '-')}": value if isinstance(value, list) else [value]
        for name, value in values.items()
    }


def read(**fields: str | list[str]) -> UnitAnswer:
    answers, errors = parse_form(SATISFACTION, [UNIT], filled(**fields))
    assert errors == []
    return answers[7]


def faults(**fields: str | list[str]) -> dict[str, str]:
    answers, errors = parse_form(SATISFACTION, [UNIT], filled(**fields))
    assert answers == {}
    return {error.field: str(error.sentence) for error in errors}


def test_all_but_dealings_and_rating_may_be_left_blank() -> None:
    answer = read()
    assert (answer.dealt, answer.rating) == (Dealt.YES, "satisfied")
    assert answer.details == {
        "matter": "blank",
        "duration": "blank",
        "documents": "blank",
        "visits": "blank",
        "cost": "blank",
        "agency": "blank",
        "reasons": "not_applicable",
        "callback": "not_applicable",
    }


def test_zero_blank_unknown_and_not_applicable_are_four_values() -> None:
    values = [
        read(cost="0").details["cost"],
        read(cost="").details["cost"],
        read(cost__code="unknown").details["cost"],
        read().details["reasons"],
        read(cost__code="no_charge").details["cost"],
    ]
    assert values == ["0", "blank", "unknown", "not_applicable", "no_charge"]


@pytest.mark.parametrize("dealt", ["no", "unsure"])
def test_without_dealings_nothing_else_is_kept_or_looked_at(dealt: str) -> None:
    answer = read(dealt=dealt, rating="dissatisfied", cost="junk", reasons=["slow"])
    assert answer == UnitAnswer(Dealt(dealt))


def test_reasons_are_kept_only_after_less_than_satisfied() -> None:
    typed = {"reasons": ["promises", "slow", "other"], "reasons__text": " 窗口没人 ", "callback": "no"}
    assert read(**typed).details["reasons"] == "not_applicable"
    assert "reasons-text" not in read(**typed).details
    for rating in ("basically_satisfied", "dissatisfied"):
        details = read(rating=rating, **typed).details
        assert details["reasons"] == ["slow", "promises", "other"]
        assert details["reasons-text"] == "窗口没人"
        assert details["callback"] == "no"


def test_text_beside_an_option_that_is_not_chosen_is_dropped() -> None:
    details = read(rating="dissatisfied", reasons=["slow"], reasons__text="收回的话").details
    assert "reasons-text" not in details


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"duration": "3", "duration__unit": "workdays"}, {"value": "3", "unit": "workdays"}),
        ({"duration": "０．５", "duration__unit": "hours"}, {"value": "0.5", "unit": "hours"}),
        ({"duration": "0", "duration__unit": "days"}, {"value": "0", "unit": "days"}),
        ({"duration": "1000.0", "duration__unit": "days"}, {"value": "1000", "unit": "days"}),
        ({"duration__unit": "on_the_spot"}, "on_the_spot"),
        ({"duration": " ", "duration__unit": "unfinished"}, "unfinished"),
        ({"duration__unit": "unknown"}, "unknown"),
        ({}, "blank"),
    ],
)
def test_durations(fields: dict[str, str], value: object) -> None:
    assert read(**fields).details["duration"] == value


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"dealt": ""}, "u7-dealt", "请选择贵单位是否到县税务局办过业务"),
        ({"dealt": "maybe"}, "u7-dealt", "县税务局“是否办过”：请从列出的选项中选择"),
        ({"dealt": ["yes", "no"]}, "u7-dealt", "县税务局“是否办过”：只能选一项"),
        ({"rating": []}, "u7-rating", "请选择对县税务局的评价"),
        ({"rating": "excellent"}, "u7-rating", "县税务局“总体评价”：请从列出的选项中选择"),
        (
            {"duration": "3"},
            "u7-duration",
            "县税务局“实际用时”：填了数字，请再选单位（小时、工作日、自然日）",
        ),
        (
            {"duration__unit": "days"},
            "u7-duration",
            "县税务局“实际用时”：选了“自然日”，请在上面填写数字",
        ),
        (
            {"duration": "3", "duration__unit": "on_the_spot"},
            "u7-duration",
            "县税务局“实际用时”：既填了数字，又选了“当场办结”，请只留一个",
        ),
        ({"duration__unit": ["days", "hours"]}, "u7-duration", "县税务局“实际用时”：只能选一项"),
        ({"cost": "5", "cost__code": "unknown"}, "u7-cost", "又选了“记不清”"),
        ({"cost__code": ["unknown", "no_charge"]}, "u7-cost", "县税务局“费用”：只能选一项"),
        ({"cost": ["5", "6"]}, "u7-cost", "收到了两个值"),
        ({"documents": "100"}, "u7-documents", "县税务局“材料件数”：请填 0 到 99 的整数，不带单位"),
        ({"documents": "1.5"}, "u7-documents", "请填 0 到 99 的整数"),
        ({"cost": "100000000.1"}, "u7-cost", "请填 0 到 100000000 的数字"),
        ({"cost": "-1"}, "u7-cost", "请填 0 到 100000000 的数字"),
        ({"cost": "1,200"}, "u7-cost", "请填 0 到 100000000 的数字"),
        ({"cost": "12.55"}, "u7-cost", "最多一位小数"),
        ({"cost": "1e3"}, "u7-cost", "请填 0 到"),
        ({"cost": "五百"}, "u7-cost", "请填 0 到"),
        ({"duration": "1000.1", "duration__unit": "days"}, "u7-duration", "请填 0 到 1000 的数字"),
        ({"duration": "3天", "duration__unit": "days"}, "u7-duration", "不带单位"),
        (
            {"rating": "dissatisfied", "reasons": "other", "reasons__text": "长" * 201},
            "u7-reasons-text",
            "县税务局“主要原因”：最多 200 个字，现在有 201 个，请删短一些",
        ),
        ({"rating": "dissatisfied", "reasons": "weather"}, "u7-reasons", "请从列出的选项中选择"),
    ],
)
def test_what_is_wrong_names_unit_and_question_and_what_to_do(
    fields: dict[str, str | list[str]], field: str, sentence: str
) -> None:
    found = faults(**fields)
    assert list(found) == [field]
    assert sentence in found[field]


def test_every_unit_is_asked_and_errors_stand_in_page_order() -> None:
    units = [(7, "县税务局"), (3, "县供电公司"), (9, "县水务局")]
    form = {**filled(cost="x"), "u9-dealt": ["no"]}
    answers, errors = parse_form(SATISFACTION, units, form)
    assert answers == {9: UnitAnswer(Dealt.NO)}
    assert [error.field for error in errors] == ["u7-cost", "u3-dealt"]


def test_the_public_appraisal_keeps_a_suggestion() -> None:
    form = filled(rating="dissatisfied", suggestion="排队\r\n太久\x00")
    answers, errors = parse_form(APPRAISAL, [UNIT], form)
    assert errors == []
    assert answers[7].details == {"reasons": "blank", "suggestion": "排队\n太久"}
    form["u7-suggestion"] = ["x" * (MAX_TEXT + 1)]
    assert [error.field for error in parse_form(APPRAISAL, [UNIT], form)[1]] == ["u7-suggestion"]


def test_the_digest_is_of_the_content_alone() -> None:
    one, other = (
        read(cost="5", duration="1", duration__unit="days"),
        read(cost="５.0", duration="1", duration__unit="days"),
    )
    assert content_digest({1: one, 2: other}) == content_digest({2: one, 1: other})
    seen = {
        content_digest({7: answer})
        for answer in (
            read(),
            read(cost="0"),
            read(cost__code="unknown"),
            read(rating="dissatisfied"),
            read(dealt="no"),
        )
    }
    assert len(seen) == 5


@given(
    whole=st.integers(0, 1200),
    tenth=st.one_of(st.none(), st.integers(0, 9)),
    zeros=st.integers(0, 3),
    wide=st.booleans(),
)
def test_numbers_are_read_exactly_or_not_at_all(
    whole: int, tenth: int | None, zeros: int, wide: bool
) -> None:
    written = "0" * zeros + str(whole) + ("" if tenth is None else f".{tenth}")
    number = Decimal(written)
    typed = written.translate(str.maketrans("0123456789.", "０１２３４５６７８９．")) if wide else written
    _, errors = parse_form(SATISFACTION, [UNIT], filled(duration=typed, duration__unit="days"))
    assert (not errors) == (number <= 1000)
    if not errors:
        value = read(duration=typed, duration__unit="days").details["duration"]
        assert isinstance(value, dict)
        assert Decimal(value["value"]) == number
        assert value["value"] == read_typed_number(value["value"], Limits(Decimal(1000), 1))


_NAMES = [
    field_name(7, question.id, part)
    for question in SATISFACTION.questions
    for part in ("", "unit", "code", "text")
]
_VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        sorted({option.value for question in SATISFACTION.questions for option in question.options})
    ),
    st.sampled_from(["yes", "0", "3", "99.9"]),
)


@given(st.dictionaries(st.sampled_from(_NAMES), st.lists(_VALUES, max_size=3)))
def test_any_form_gives_an_answer_or_an_error_and_never_both(form: dict[str, list[str]]) -> None:
    answers, errors = parse_form(SATISFACTION, [UNIT], form)
    assert bool(answers) != bool(errors)
    for answer in answers.values():
        assert (answer.dealt is Dealt.YES) == (answer.rating is not None)
        assert answer.rating is None or answer.rating.value in form["u7-rating"]
        assert (answer.details == {}) == (answer.dealt is not Dealt.YES)
        # What was stored reads back to the same text: nothing personal or unprintable slips in.
        assert all(clean_text(v) == v for v in answer.details.values() if isinstance(v, str))
