"""A year's summary: means and ranks over the finished quarters, and its two files."""

import io
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.services.annual_documents import annual_document, annual_workbook
from survey_app.services.annual_summaries import annual_summary, years
from survey_app.services.document_files import as_pdf
from survey_app.services.errors import NotFoundError
from survey_app.services.publishing import finalise, publish
from tests.builders import build_account
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pdf_text import fonts_without_a_file, pages_of
from tests.score_builders import close, load_bundle


def _finished(session: Session, clock: FakeClock, quarter: str, **tasks: float) -> Round:
    given = bundle(*(unit(name, assigned_tasks=points) for name, points in tasks.items())) | {
        "round": quarter
    }
    round_ = load_bundle(session, given, clock.now)
    close(session, round_, clock.now)
    finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    return round_


def test_means_and_ranks_are_of_the_finished_quarters(session: Session, clock: FakeClock) -> None:
    _finished(session, clock, "2021-Q4", 甲局=1, 乙局=1)
    first = _finished(session, clock, "2022-Q1", 甲局=8, 乙局=8)
    _finished(session, clock, "2022-Q2", 甲局=7, 乙局=5.5)
    _finished(
        session,
        clock,
        "2022-Q3",
        甲局=7,
        乙局=8,
    )
    load_bundle(session, bundle(unit("甲局")) | {"round": "2022-Q4"}, clock.now)
    summary = annual_summary(session, 2022)
    assert [str(each.quarter) for each in summary.quarters] == ["2022-Q1", "2022-Q2", "2022-Q3"]
    assert [(row.rank, row.unit, row.mean) for row in summary.rows] == [
        (1, "甲局", Decimal("99.33")),
        (2, "乙局", Decimal("99.17")),
    ]
    assert [(each.total, each.rank) for each in summary.rows[1].results if each] == [(100, 1), (Decimal("97.5"), 2), (100, 1)]  # fmt: skip
    assert summary.incomplete == 0
    assert years(session) == [2022, 2021]
    assert not first.published_at
    assert annual_document(summary).mark == "已核定（有季度未公布）"


def test_unit_that_came_later_is_ranked_by_its_own_quarters(session: Session, clock: FakeClock) -> None:
    _finished(session, clock, "2022-Q1", 甲局=8)
    _finished(session, clock, "2022-Q2", 甲局=6, 新局=7)
    summary = annual_summary(session, 2022)
    assert [(row.rank, row.unit, row.results[0] is None) for row in summary.rows] == [
        (1, "甲局", False),
        (1, "新局", True),
    ]
    assert summary.incomplete == 1


def test_year_without_a_finished_quarter_has_none(session: Session, clock: FakeClock) -> None:
    load_bundle(session, bundle(unit("甲局")), clock.now)
    with pytest.raises(NotFoundError, match="2022 年还没有已核定的季度"):
        annual_summary(session, 2022)
    assert years(session) == []


def test_files_say_the_same_with_every_digest(session: Session, clock: FakeClock) -> None:
    round_ = _finished(session, clock, "2022-Q1", **{"=HYPERLINK(1)": 8, "#panic() *乙*": 6.5})
    publish(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    summary = annual_summary(session, 2022)
    pdf = as_pdf(annual_document(summary))
    [page] = pages_of(pdf)
    assert fonts_without_a_file(pdf) == []
    sheet = openpyxl.load_workbook(io.BytesIO(annual_workbook(summary))).active
    cells = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert 98.5 in cells
    assert "=HYPERLINK(1)" in cells
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    for words in ("2022年度政务服务效能监测得分汇总表", "98.5", summary.quarters[0].digest):
        assert words in page
        assert any(words in str(cell) for cell in cells)
    for words in ("=HYPERLINK(1)", "#panic()*乙*", "98.5(第2)", "填表人"):
        assert words in page
    assert "未公布" not in page
