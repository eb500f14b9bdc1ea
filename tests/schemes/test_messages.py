"""The first scheme's message templates: worded so that carriers let them pass, and two segments at most."""

import pytest

from survey_app.domain.message_text import TemplateError, count_segments
from survey_app.domain.receipt import DISOWN_LENGTH, RECEIPT_LENGTH
from survey_app.schemes.messages import load_templates

# As long as they get: a link of 128 bits under a county's host, a code in two groups, a date with two digits.
LONGEST = {
    "url": "https://yingshangban.fangcheng.gov.cn/s/" + "k" * 22,
    "code": "7K3M 9QXW",
    "deadline": "12月25日",
    "receipt": "7K3M-9QXW-2B4D",
    "phone": "0377-67266959",
}
TEMPLATES = load_templates("fangcheng-2022")


SIGNED = {"satisfaction": "【方城营商办】", "mass_appraisal": "【方城纪委监委】"}


def test_the_scheme_has_three_templates_for_each_survey() -> None:
    assert set(TEMPLATES) == {f"{s}.{p}" for s in SIGNED for p in ("invitation", "reminder", "receipt")}
    for survey in SIGNED:
        for purpose in ("invitation", "reminder"):
            assert TEMPLATES[f"{survey}.{purpose}"].variables == ("url", "code", "deadline")


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_template_fits_two_segments_and_avoids_filtered_words(key: str) -> None:
    template = TEMPLATES[key]
    text = template.render({name: LONGEST[name] for name in template.variables})
    assert count_segments(text) <= 2
    assert text.startswith(SIGNED[key.partition(".")[0]])
    assert "政务服务回访" in text
    assert not any(word in text for word in ("问卷", "满意度", "调查", "评价"))


@pytest.mark.parametrize("key", [f"{s}.{p}" for s in SIGNED for p in ("invitation", "reminder")])
def test_link_is_set_off_by_blanks(key: str) -> None:
    # A phone takes Chinese punctuation that follows a link for a part of it.
    assert " {url} " in TEMPLATES[key].text


@pytest.mark.parametrize("scheme", ["nowhere", "../config", ""])
def test_scheme_without_templates_is_an_error(scheme: str) -> None:
    with pytest.raises(TemplateError, match="评分方案"):
        load_templates(scheme)


@pytest.mark.parametrize(("scheme", "most"), [("fangcheng-2022", 2), ("shifan-2024", 1)])
def test_a_receipt_costs_one_segment_without_a_link_and_two_with_one(scheme: str, most: int) -> None:
    url = "https://yingshangban.fangcheng.gov.cn/n/" + "k" * DISOWN_LENGTH + "?m=s"
    for survey in SIGNED:
        template = load_templates(scheme)[f"{survey}.receipt"]
        values = {"url": url, "receipt": "7" * RECEIPT_LENGTH, "phone": LONGEST["phone"]}
        text = template.render({name: values[name] for name in template.variables})
        assert count_segments(text) == most
        assert "回执号777777777" in text
        assert ("url" in template.variables) == (" {url} " in template.text)
        assert not any(word in text for word in ("问卷", "满意", "调查", "评价"))
