"""The office's rounds and samples in a real browser: a round from nothing to closed, readable on any screen."""

import os

import pytest
from playwright.sync_api import Page, expect

from survey_app.db import db
from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.unit import Unit
from survey_app.services.accounts import add_account
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    follow,
    sign_in_at,
)
from tests.conftest import PASSWORD, FakeClock
from tests.library_builders import fill_libraries
from tests.score_builders import build_answers

ROUND = "/rounds/2022-Q2"


@pytest.fixture
def office(page: Page, live_server: LiveServer, clock: FakeClock) -> Page:
    """The office, signed in, with three units' libraries."""
    with live_server.app.app_context():
        session = db.session()
        add_account(session, "office", "营商办王敏", PASSWORD, Role.OFFICE, clock.now)
        fill_libraries(
            session, {"县税务局": 14, "县供电公司": 12, "县自来水公司": 4, "县住房和城乡建设局": 0}
        )
    sign_in_at(page, live_server, "office")
    return page


def look(page: Page, name: str) -> None:
    """Check the page as it stands, on a desktop and on a phone; SHOTS names a folder for pictures."""
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        if "SHOTS" in os.environ:
            page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{size['width']}.png", full_page=True)


def answer_some(live_server: LiveServer, clock: FakeClock) -> None:
    """Two enterprises answer, one of them dissatisfied, and one number is wrong."""
    with live_server.app.app_context():
        session = db.session()
        cases = session.query(Case).order_by(Case.id).all()
        tax = session.query(Unit).filter_by(name="县税务局").one().id
        for case, rating in zip(cases[:2], ("satisfied", "dissatisfied"), strict=True):
            build_answers(session, case, {tax: rating}, clock.now)
            case.disposition, case.closed = Disposition.COMPLETE, True
        cases[2].disposition, cases[2].closed = Disposition.WRONG_NUMBER, True
        session.commit()


def test_a_round_from_nothing_to_closed(office: Page, live_server: LiveServer, clock: FakeClock) -> None:
    expect(office).to_have_url(live_server.url + "/rounds")
    look(office, "1-none")
    office.get_by_role("button", name="新建").click()
    expect(office.get_by_role("heading", level=1)).to_have_text("2022年第二季度")
    look(office, "2-new")
    follow(office.get_by_role("link", name="抽样").last)
    assert office.locator("#seed").input_value() == ""
    look(office, "3-draw")
    office.locator("#size").fill("")
    office.get_by_role("button", name="公告抽样").click()
    expect(office.get_by_role("alert")).to_be_visible()
    look(office, "4-wrong")
    office.locator("#size").fill("5")
    office.locator("#seed").fill("2022-Q2 双色球 2022070 期 03 08 15 22 27 31 09")
    office.get_by_role("button", name="公告抽样").click()
    look(office, "4-announce")
    office.get_by_role("button", name="确认公告").click()
    follow(office.get_by_role("link", name="去抽样"))
    look(office, "4-confirm")
    office.get_by_role("button", name="照公告抽样").click()
    expect(office.get_by_role("status").get_by_text("样本库只有 4 户")).to_be_visible()
    look(office, "5-drawn")
    office.goto(live_server.url + ROUND)
    follow(office.get_by_role("link", name="开始回访"))
    look(office, "6-open")
    office.get_by_role("button", name="开始回访 14 户企业").click()
    expect(office.get_by_text("14 户企业还没有收到邀请")).to_be_visible()
    answer_some(live_server, clock)
    office.reload()
    look(office, "7-overview")
    follow(office.get_by_role("link", name="启用备选"))
    look(office, "8-reserves")
    office.get_by_role("button", name="启用 1 户备选").click()
    expect(office.get_by_text("已启用 1 户备选")).to_be_visible()
    follow(office.get_by_role("link", name="县税务局"))
    look(office, "9-unit")
    office.goto(live_server.url + ROUND + "/closing")
    look(office, "10-closing")
    office.goto(live_server.url + ROUND)
    follow(office.get_by_role("link", name="截止回访"))
    look(office, "11-close")
    office.locator("#reason").fill("县里要求提前汇总")
    office.get_by_role("button", name="截止回访").click()
    expect(office.get_by_text("回访已经截止")).to_be_visible()
    look(office, "12-closed")
    office.goto(live_server.url + "/rounds")
    look(office, "13-list")
