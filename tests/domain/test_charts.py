"""Charts: well-formed SVG that says in words what it shows, and runs or styles nothing."""

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.charts import Mark, bar_chart, describe, line_chart

SVG = "{http://www.w3.org/2000/svg}"
QUARTERS = [Mark("2022-Q1", Decimal(90), "90"), Mark("2022-Q2", None), Mark("2022-Q3", Decimal("95.5"), "95.5"), Mark("2022-Q4", Decimal(80), "80")]  # fmt: skip


def _texts(svg: str) -> list[str | None]:
    return [each.text for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_line_has_a_title_a_description_and_every_figure() -> None:
    svg = line_chart("总分", QUARTERS, Decimal(0), Decimal(120))
    root = ElementTree.fromstring(svg)
    assert root.findtext(f"{SVG}title") == "总分"
    assert root.findtext(f"{SVG}desc") == "2022-Q1 90，2022-Q2 —，2022-Q3 95.5，2022-Q4 80"
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    assert _texts(svg) == ["总分", "90", "2022-Q1", "2022-Q2", "95.5", "2022-Q3", "80", "2022-Q4"]
    # The gap parts the line: what stands alone is a point only.
    assert len(list(root.iter(f"{SVG}polyline"))) == 1
    assert len(list(root.iter(f"{SVG}circle"))) == 3


def test_higher_is_further_up_but_ranks_are_read_from_the_top() -> None:
    marks = [Mark("一", Decimal(1), "1"), Mark("二", Decimal(9), "9")]
    for upside_down in (False, True):
        svg = line_chart("名次", marks, Decimal(1), Decimal(9), upside_down)
        first, second = (float(each) for each in re.findall(r'cy="([\d.]+)"', svg))
        assert (first < second) is upside_down


def test_longest_bar_has_the_largest_value() -> None:
    svg = bar_chart(
        "原因", [Mark("时间长", Decimal(6), "6 次"), Mark("推诿", Decimal(3), "3 次"), Mark("无", None)]
    )
    widths = [float(each) for each in re.findall(r'<rect [^>]*width="([\d.]+)"', svg)]
    assert widths[0] == 2 * widths[1]
    assert widths[2] == 0
    assert "时间长 6 次" in describe("原因", [Mark("时间长", Decimal(6), "6 次")])


@pytest.mark.parametrize("marks", [[], [Mark("一", Decimal(5), "5")]])
def test_few_marks_have_a_chart_too(marks: list[Mark]) -> None:
    ElementTree.fromstring(line_chart("总分", marks, Decimal(0), Decimal(10)))
    ElementTree.fromstring(bar_chart("原因", marks))


def test_values_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 10"):
        line_chart("总分", [Mark("一", Decimal(11), "11")], Decimal(0), Decimal(10))
    with pytest.raises(ValueError, match="below 0"):
        bar_chart("原因", [Mark("一", Decimal(-1), "−1")])


@given(st.text(max_size=40))
def test_any_name_is_text_and_nothing_else(name: str) -> None:
    for svg in (bar_chart(name, [Mark(name, Decimal(1), name)]), line_chart(name, [Mark(name, Decimal(1), name)], Decimal(0), Decimal(2))):  # fmt: skip
        root = ElementTree.fromstring(svg)
        assert {each.tag for each in root.iter()} <= {
            SVG + tag for tag in ("svg", "title", "desc", "text", "line", "rect", "circle", "polyline")
        }
        attributes = {key for each in root.iter() for key in each.attrib}
        assert not any(
            key == "style" or key == "class" or key.startswith("on") or "href" in key for key in attributes
        )
