from decimal import Decimal

from survey_app.domain.text import Name, Text, joined

ENGLISH = {
    "%(who)s得 %(points)s 分": "%(who)s gets %(points)s points",
    "满意": "satisfied",
    "、": ", ",
}


def translate(template: str) -> str:
    return ENGLISH[template]


def test_a_text_reads_in_chinese() -> None:
    assert str(Text("%(who)s得 %(points)s 分", {"who": "甲局", "points": Decimal("7.50")})) == "甲局得 7.5 分"


def test_a_text_is_translated_with_all_that_is_in_it() -> None:
    names = joined((Text("满意"), Name("省级", "provincial"), 3))
    text = Text("%(who)s得 %(points)s 分", {"who": names, "points": Decimal(20)})
    assert text.render(translate, "en") == "satisfied, provincial, 3 gets 20 points"
    assert str(text) == "满意、省级、3得 20 分"


def test_a_value_may_hold_signs_that_a_template_would_not() -> None:
    text = Text("%(who)s 100%%", {"who": "%(points)s%"})
    assert str(text) == "%(points)s% 100%"


def test_texts_compare_by_what_they_say() -> None:
    assert Text("满意", {"a": 1}) == Text("满意", {"a": 1})
    assert Text("满意", {"a": 1}) != Text("满意", {"a": 2})
    assert len({Text("满意"), Text("满意")}) == 1


def test_names_have_two_languages() -> None:
    name = Name("省级", "provincial")
    assert [name.in_language(language) for language in ("en", "en_GB", "zh", "zh_Hans_CN")] == [
        "provincial",
        "provincial",
        "省级",
        "省级",
    ]
