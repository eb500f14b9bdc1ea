"""Details in words, in both languages."""

from survey_app.domain.answer_words import in_words
from survey_app.schemes.instruments import load_instrument

SATISFACTION = load_instrument("fangcheng-2022", "satisfaction")
DETAILS = {
    "duration": {"value": "3.5", "unit": "workdays"},
    "documents": "4",
    "visits": "4_or_more",
    "cost": "0",
    "agency": "refused",
    "matter": "blank",
    "reasons": ["slow", "other"],
    "reasons-text": "窗口午休",
    "callback": "not_applicable",
}


def test_what_was_answered_and_nothing_else() -> None:
    assert [(str(label), str(words)) for label, words in in_words(SATISFACTION, DETAILS)] == [
        ("实际用时", "3.5 工作日"),
        ("材料件数", "4"),
        ("跑了几趟", "4 及以上"),
        ("费用", "0"),
        ("中介代办费", "不愿回答"),
        ("主要原因", "时间长、其他：窗口午休"),
    ]


def test_in_english() -> None:
    words = {label.en: text.render(language="en") for label, text in in_words(SATISFACTION, DETAILS)}
    assert words["Time taken"] == "3.5 working days"
    assert words["Reasons"] == "Too slow、Other：窗口午休"  # the marks are the catalogue's to translate


def test_an_option_of_another_version_is_shown_as_stored() -> None:
    assert [str(words) for _, words in in_words(SATISFACTION, {"matter": "customs"})] == ["customs"]
    assert in_words(SATISFACTION, {}) == []
