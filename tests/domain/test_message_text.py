"""Templates refuse what doesn't fit, and segments are counted as carriers count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.message_text import Template, TemplateError, count_segments, parse_templates

TEMPLATE = Template("t", "请打开 {url} ，{deadline}前有效", ("url", "deadline"))


def test_render_puts_the_variables_in_once() -> None:
    text = TEMPLATE.render({"url": "https://x/{deadline}", "deadline": "6月30日"})
    assert text == "请打开 https://x/{deadline} ，6月30日前有效"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"url": "u"}, "短信模板 t：缺少变量 deadline"),
        ({"url": "", "deadline": "d"}, "短信模板 t：缺少变量 url"),
        ({"url": "u", "deadline": "d", "name": "n"}, "短信模板 t：多出变量 name"),
        ({"url": "u", "deadline": "d\n"}, "短信模板 t：变量 deadline 含有换行或控制字符"),
    ],
)
def test_render_refuses_what_does_not_fit(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(TemplateError) as caught:
        TEMPLATE.render(variables)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ("text", "text 和 variables"),
        ({"text": "a"}, "text 和 variables"),
        ({"text": "a", "variables": [], "more": 1}, "text 和 variables"),
        ({"text": " ", "variables": []}, "不空"),
        ({"text": 1, "variables": []}, "不空"),
        ({"text": "a", "variables": "url"}, "列表"),
        ({"text": "a {url}", "variables": []}, "（url）"),
        ({"text": "a", "variables": ["url"]}, "（url）"),
        ({"text": "a {URL}", "variables": []}, "花括号"),
        ({"text": "a\nb", "variables": []}, "一行"),
    ],
)
def test_parse_names_the_template_that_is_wrong(entry: object, part: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_templates({"good": {"text": "好", "variables": []}, "bad": entry})
    assert str(caught.value).startswith("短信模板 bad：")
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # 153 is odd: a two-place character moves over whole, and 76 fit in a segment.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("字" * 70, 1),
        ("字" * 71, 2),
        ("字" * 134, 2),
        ("字" * 135, 3),
        ("a" * 69 + "字", 1),
        ("a" * 70 + "字", 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
)
def test_segments(text: str, segments: int) -> None:
    assert count_segments(text) == segments


@given(st.text(), st.text())
def test_more_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert count_segments(text) <= count_segments(text + more)
