"""Documents as workbooks: the paper's tables with numbers that compute, stamped, and no more than the paper says."""

import io
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy.orm import Session

from survey_app.models.unit import Unit
from survey_app.services.ranking_notices import notice_document, notice_workbook
from survey_app.services.scores import live_scores
from survey_app.services.unit_report_documents import report_document, report_workbook
from survey_app.services.unit_reports import unit_report
from tests.builders import build_case
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import build_answers, load_bundle

HOSTILE = '=HYPERLINK("http://x","局")'
NOBODY = {"satisfied": 0, "basically_satisfied": 0, "dissatisfied": 0}


def _open(content: bytes) -> dict[str, Worksheet]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: sheet for sheet in book.worksheets}


def _rows(sheet: Worksheet) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_notice_has_its_ranking_and_what_is_of_all_units_together(session: Session, clock: FakeClock) -> None:
    units = [
        unit(HOSTILE, satisfaction={"satisfied": 8, "basically_satisfied": 1, "dissatisfied": 1}),
        unit("乙局"),
    ]
    round_ = load_bundle(session, bundle(*units), clock.now)
    result = live_scores(session, round_)
    sheets = _open(notice_workbook(notice_document(session, round_, result, clock.now), result))
    assert list(sheets) == ["得分排名", "评价情况", "企业回访情况"]
    ranking = _rows(sheets["得分排名"])
    assert ranking[2] == ["名次", "责任单位", "类别", "基础分", "加分", "减分", "总分"]
    assert ranking[3:5] == [
        [1, "乙局", "政府部门", 100, 0, 0, 100],
        [2, HOSTILE, "政府部门", 97, 0, 0, 97],
    ]
    assert sheets["得分排名"]["B5"].data_type == "s", "a name is never a formula"
    ratings = _rows(sheets["评价情况"])[3:6]
    assert [row[1:] for row in ratings] == [["满意", 18, "90%"], ["基本满意", 1, "5%"], ["不满意", 1, "5%"]]
    assert _rows(sheets["企业回访情况"])[3][3] == 20
    for sheet in sheets.values():
        values = [value for row in _rows(sheet) for value in row]
        assert any(isinstance(value, str) and result.digest in value for value in values)
        assert result.digest in (sheet.oddFooter.center.text or "")
        assert any("试算（未核定）" in str(value) for value in values)
        assert (sheet.page_setup.paperSize, sheet.sheet_properties.pageSetUpPr.fitToPage) == (9, True)
        assert sheet.print_title_rows == "$1:$3"
    assert HOSTILE not in str(_rows(sheets["评价情况"])), "nothing of a single unit"


def test_report_has_the_figures_of_its_pictures_too(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", satisfaction=NOBODY), unit("乙局")), clock.now)
    result = live_scores(session, round_)
    rated = result.unit_ids["甲局"]
    for rating, times in (("satisfied", 6), ("dissatisfied", 4)):
        for _ in range(times):
            case = build_case(session, round_, [session.get_one(Unit, rated)])
            details = {"reasons": ["slow"]} if rating == "dissatisfied" else {"visits": "1"}
            build_answers(session, case, {rated: rating}, clock.now, **details)
    session.commit()
    result = live_scores(session, round_)
    seen = {}
    for own_view in (False, True):
        report = unit_report(session, round_, result, rated, own_view)
        document = report_document(session, round_, result, report, clock.now)
        seen[own_view] = _open(report_workbook(document, report))
    assert list(seen[False]) == ["概况", "评价情况", "用时、材料、跑动和费用", "没有评满意的原因"]
    assert _rows(seen[False]["没有评满意的原因"])[3] == ["时间长", 4]
    assert ["责任单位", "甲局"] in _rows(seen[False]["概况"])
    assert "改进重点" in str(_rows(seen[False]["概况"]))
    assert _rows(seen[False]["评价情况"])[1][0].startswith("评价情况　　责任单位：甲局　　截至2022年6月15日")
    assert "没有评满意的原因" not in seen[True], "4 answers could tell who gave them"
    assert _rows(seen[True]["用时、材料、跑动和费用"])[3][2] == "—"
