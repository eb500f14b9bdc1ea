"""Documents to download: who gets which, and what is in them."""

import io
from collections.abc import Callable

import docx
import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.audit_event import AuditEvent
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pdf_text import pages_of
from tests.score_builders import finalise_and_publish, load_bundle, looking

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q1"
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    return load_bundle(session, bundle(unit("甲局"), unit("乙局", assigned_tasks=3.5)), clock.now)


def _publish(session: Session, round_: Round, clock: FakeClock) -> None:
    finalise_and_publish(session, round_, clock.now)


def _text(kind: str, content: bytes) -> str:
    if kind == "pdf":
        return "".join(pages_of(content))
    word = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])


@pytest.mark.parametrize("kind", TYPES)
def test_sheet_and_notice_are_handed_out_without_a_trace(
    sign_in: SignIn, session: Session, round_: Round, kind: str
) -> None:
    client = sign_in(Role.COMMISSION)
    with looking(session) as other:
        rated = other.query(Unit).filter_by(name="乙局").one().id
        before = other.scalar(select(func.count()).select_from(AuditEvent))
    for path, words in (
        (f"/scores/{rated}.{kind}", ("2022年第一季度政务服务效能监测评分表", "乙局", "95.5")),
        (f"/notice.{kind}", ("各责任单位", "平均97.75分", "甲局", "乙局")),
    ):
        answer = client.get(BASE + path)
        assert answer.status_code == 200
        assert answer.mimetype == TYPES[kind]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert f".{kind}" in answer.headers["Content-Disposition"]
        text = _text(kind, answer.data)
        for word in words:
            assert word in text, word
    with looking(session) as other:
        assert other.scalar(select(func.count()).select_from(AuditEvent)) == before


@pytest.mark.parametrize("kind", TYPES)
def test_unit_gets_its_own_sheet_once_it_is_published(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock, kind: str
) -> None:
    client = sign_in(Role.UNIT, unit="甲局")
    assert client.get(f"/result/2022-Q1.{kind}").status_code == 404
    _publish(session, round_, clock)
    text = _text(kind, client.get(f"/result/2022-Q1.{kind}").data)
    assert "甲局" in text
    assert "乙局" not in text
    assert "95.5" not in text
    for path in ("/notice", "/scores/1", "/scores/2"):
        assert client.get(f"{BASE}{path}.{kind}").status_code == 403


def test_all_sheets_and_the_notices_tables_are_for_staff(sign_in: SignIn, round_: Round) -> None:
    client = sign_in(Role.COMMISSION)
    page = client.get(f"{BASE}/scores").text
    for path, name in (("/sheets.pdf", "全部评分表（PDF）"), ("/notice.xlsx", "通报附表（Excel）")):
        assert f'href="{BASE}{path}">{name}' in page
    first, second = pages_of(client.get(f"{BASE}/sheets.pdf").data)
    assert "责任单位:甲局" in first
    assert "责任单位:乙局" in second
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{BASE}/notice.xlsx").data))
    assert book.sheetnames[0] == "得分排名"


def test_documents_of_what_is_not_there_are_not_found(sign_in: SignIn, round_: Round) -> None:
    client = sign_in(Role.OFFICE)
    assert client.get(f"{BASE}/scores/999.pdf").status_code == 404
    assert client.get("/rounds/2030-Q1/notice.pdf").status_code == 404


def test_report_and_its_charts_are_for_those_who_may_see_the_unit(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    with looking(session) as other:
        rated = other.query(Unit).filter_by(name="甲局").one().id
    unit_client, office = sign_in(Role.UNIT, unit="甲局"), sign_in(Role.OFFICE)
    for path in ("/report", "/report.pdf", "/report.xlsx", "/report/total.svg"):
        assert unit_client.get(f"/result/2022-Q1{path}").status_code == 404, "not published"
        assert unit_client.get(f"{BASE}/scores/{rated}{path}").status_code == 403
    _publish(session, round_, clock)
    second = load_bundle(
        session, bundle(unit("甲局", assigned_tasks=2), unit("乙局")) | {"round": "2022-Q2"}, clock.now
    )
    _publish(session, second, clock)
    for client, base in ((unit_client, "/result/2022-Q2"), (office, f"/rounds/2022-Q2/scores/{rated}")):
        page = client.get(f"{base}/report").text
        assert "甲局：单位报告" in page
        assert f'src="{base}/report/total.svg"' in page
        assert "style=" not in page
        chart = client.get(f"{base}/report/total.svg")
        assert chart.mimetype == "image/svg+xml"
        assert "default-src &#39;none&#39;" not in chart.text
        assert "default-src 'none'" in chart.headers["Content-Security-Policy"]
        assert "2022-Q1 100，2022-Q2 94" in chart.text
        assert client.get(f"{base}/report/nothing.svg").status_code == 404
        text = _text("pdf", client.get(f"{base}/report.pdf").data)
        assert "失分最多的是日常交办(失6分)" in text
        assert "乙局" not in page + text
        assert f'href="{base}/report.xlsx"' in page
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"{base}/report.xlsx").data))
        assert book.sheetnames[:2] == ["概况", "各季度走势"]
        trend = [row[:4] for row in book["各季度走势"].iter_rows(min_row=4, max_row=5, values_only=True)]
        assert trend == [("2022-Q1", 100, 1, 2), ("2022-Q2", 94, 2, 2)]


def test_annual_summary_has_a_page_and_three_files(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    client = sign_in(Role.OFFICE)
    assert client.get("/rounds/annual/2022").status_code == 404
    assert "年度汇总" not in client.get("/rounds").text
    _publish(session, round_, clock)
    assert 'href="/rounds/annual/2022"' in client.get("/rounds").text
    page = client.get("/rounds/annual/2022").text
    assert "95.5" in page
    assert "已核定 1 个季度（共四个）" in page
    for kind in TYPES:
        assert f'href="/rounds/annual/2022/summary.{kind}"' in page
        assert "甲局" in _text(kind, client.get(f"/rounds/annual/2022/summary.{kind}").data)
    assert client.get("/rounds/annual/2022/summary.xlsx").data.startswith(b"PK")


def test_report_speaks_english_too(sign_in: SignIn, session: Session, round_: Round) -> None:
    client = sign_in(Role.OFFICE)
    client.post("/language", data={"language": "en", "next": "/"})
    with looking(session) as other:
        rated = other.query(Unit).filter_by(name="甲局").one().id
    assert client.get(f"{BASE}/scores/{rated}/report").status_code == 200
