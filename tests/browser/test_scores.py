"""Entering, reading and printing scores in a real browser."""

import io
from datetime import UTC, datetime
from unicodedata import normalize

import pypdf
import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.models.account import Account
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.accounts import add_account
from survey_app.services.items import enter_item
from survey_app.services.rater_conflicts import declare_conflict
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    sign_in_at,
)
from tests.builders import build_account
from tests.conftest import PASSWORD
from tests.domain.bundles import ABSENT, bundle, unit
from tests.score_builders import approve_all, finalise_and_publish, load_bundle

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
UNITS = (
    unit("行政审批局", satisfaction={"satisfied": 8, "basically_satisfied": 1, "dissatisfied": 1}),
    unit("税务局", endorsements=[{"practice": "帮办代办", "level": "city"}], broken_promises=1),
    unit("供电公司", supervisors={"marks": [5, 6, 6]}),
)
QUARTER = "/rounds/2022-Q1"
STAFF_PAGES = {
    Role.OFFICE: (
        "/scores", "/scores/1", "/scores/1/answers/satisfaction", "/items", "/items/1",
        "/items/1/assigned_tasks", "/ledgers?item=endorsements", "/ledgers/1",
        "/ledgers/new?item=publicity", "/ledgers/paste?item=publicity", "/evidence/1/revisits", "/finalise",
        "/approvals", "/conflicts", "/conflicts/1/withdraw",
    ),
    Role.COMMISSION: ("/mass-appraisal", "/items", "/scores", "/approvals"),
}  # fmt: skip


def _prepare(server: LiveServer, pending: bool = False, published: bool = False) -> None:
    """A round with everything entered (or something pending), and an account for each role."""
    first = {**UNITS[0], **({"publicity": ABSENT} if pending else {})}
    given = bundle(*({k: v for k, v in each.items() if v is not ABSENT} for each in (first, *UNITS[1:])))
    with server.app.app_context():
        session = db.session()
        round_ = load_bundle(session, given, NOW)
        for role in Role:
            add_account(
                session, str(role), str(role), PASSWORD, role, NOW, "税务局" if role is Role.UNIT else None
            )
        session.commit()
        if pending:
            _leave_waiting(session, round_)
        if published:
            finalise_and_publish(session, round_, NOW)
        db.session.remove()


def _leave_waiting(session: Session, round_: Round) -> None:
    """An entry that waits for approval, and a supervisor who stands back."""
    rated, someone = session.get_one(Unit, 2), build_account(session, Role.OFFICE).id
    enter_item(session, round_, rated, "assigned_tasks", {"points": "6"}, "缺会一次", 1, someone, NOW)
    supervisor = session.query(Account).filter_by(role=Role.SUPERVISOR).first().id
    declare_conflict(session, supervisor, 2, "近亲属在该单位任职", supervisor, NOW)


@pytest.mark.parametrize("role", STAFF_PAGES, ids=str)
def test_staff_pages_are_accessible_and_fit_any_screen(
    page: Page, live_server: LiveServer, role: Role
) -> None:
    _prepare(live_server, pending=True)
    sign_in_at(page, live_server, role)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path in STAFF_PAGES[role]:
            page.goto(live_server.url + QUARTER + path)
            assert page.locator("h1").count() == 1, path
            assert_accessible(page)
            assert_no_sideways_scroll(page)


def test_supervisor_and_unit_pages_are_accessible_and_fit_any_screen(
    page: Page, live_server: LiveServer
) -> None:
    _prepare(live_server, published=True)
    for role, path in (
        (Role.SUPERVISOR, "/marks"),
        (Role.SUPERVISOR, "/marks/2022-Q1"),
        (Role.UNIT, "/result"),
    ):
        page.context.clear_cookies()
        sign_in_at(page, live_server, role)
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.goto(live_server.url + path)
            assert_accessible(page)
            assert_no_sideways_scroll(page)


def test_office_enters_items_corrects_a_fault_and_sees_the_points(
    page: Page, live_server: LiveServer
) -> None:
    _prepare(live_server, pending=True)
    sign_in_at(page, live_server, Role.OFFICE)
    page.goto(f"{live_server.url}{QUARTER}/items")
    page.click("text=行政审批局")
    for field, value in (("national", "0"), ("provincial", "2"), ("municipal", "x")):
        page.fill(f"#publicity-1-{field}", value)
    page.fill("#assigned_tasks-1-note", "三次会议均到会")
    page.click("text=保存本单位")
    page.wait_for_selector("#faults")
    assert_accessible(page)
    page.click("#faults a")
    assert page.evaluate("document.activeElement.id") == "publicity-1-municipal"
    assert page.input_value("#assigned_tasks-1-note") == "三次会议均到会"
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=已保存 2 项")
    page.goto(f"{live_server.url}{QUARTER}/scores/1")
    assert "待定：已填报，待审核" in page.inner_text("main")
    with live_server.app.app_context():
        approve_all(db.session(), db.session.query(Round).one(), Role.OFFICE, NOW)
        db.session.remove()
    page.reload()
    assert "国家级 0、省级 2、市级 3，合计 5" in page.inner_text("main")


def test_printed_sheet_is_a_whole_table_on_a4_with_a_signature_line(
    page: Page, live_server: LiveServer
) -> None:
    _prepare(live_server, published=True)
    sign_in_at(page, live_server, Role.OFFICE)
    page.goto(f"{live_server.url}{QUARTER}/scores/2")
    reader = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(reader.pages) <= 2
    box = reader.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)
    # Fonts map some characters to look-alike radicals, which normalising brings back.
    text = "".join(normalize("NFKC", each.extract_text()) for each in reader.pages)
    text = "".join(text.split())
    for words in (
        "2022年第一季度政务服务效能监测评分表",
        "监测内容",
        "监测要求",
        "得分情况",
        "备注",
        "合计",
        "审核人",
    ):
        assert words in text, words
    for words in ("退出登录", "（Excel）", "主菜单", "每一分的来处"):
        assert words not in text, words
    page.emulate_media(media="print")
    sheet = page.locator(".sheet").evaluate("t => t.getBoundingClientRect().right <= innerWidth")
    assert sheet


def test_printed_ranking_repeats_its_head(page: Page, live_server: LiveServer) -> None:
    _prepare(live_server)
    sign_in_at(page, live_server, Role.OFFICE)
    page.goto(f"{live_server.url}{QUARTER}/scores")
    heads = page.evaluate("() => document.querySelectorAll('thead').length")
    assert heads == 1
    page.emulate_media(media="print")
    assert page.locator("thead").evaluate("e => getComputedStyle(e).display") == "table-header-group"
    assert page.locator("tbody tr").first.evaluate("e => getComputedStyle(e).breakInside") == "avoid"
