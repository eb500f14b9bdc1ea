"""Libraries and accounts in a real browser: a real file uploaded, looked at, stored."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.services.accounts import add_account
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    sign_in_at,
)
from tests.builders import build_unit
from tests.conftest import PASSWORD

pytestmark = pytest.mark.slow

FRAMES = Path(__file__).parents[1] / "frames"
NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)


def _prepare(server: LiveServer) -> None:
    with server.app.app_context():
        session = db.session()
        for name in ("税务局", "行政审批局"):
            build_unit(session, name)
        for role in (Role.OFFICE, Role.ADMIN):
            add_account(session, str(role), str(role), PASSWORD, role, NOW)
        session.commit()
        db.session.remove()


def _check(page: Page, name: str) -> None:
    """Require that the page as it stands is sound on both screens."""
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.locator("h1").count() == 1
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)
        assert_accessible(page)
        assert_no_sideways_scroll(page)


def test_office_uploads_looks_and_stores(page: Page, live_server: LiveServer) -> None:
    _prepare(live_server)
    sign_in_at(page, live_server, Role.OFFICE)
    page.goto(live_server.url + "/frames")
    _check(page, "waiting")
    page.click("text=导入样本库")
    page.set_input_files("#file", FRAMES / "7-其实是网页.xls")
    page.click("main .card button")
    page.wait_for_selector("#file-error")
    _check(page, "refused")
    page.set_input_files("#file", FRAMES / "4-自来水公司-GBK.csv")
    page.fill("#unit", "自来水公司")
    page.click("main .card button")
    page.wait_for_selector("#accepted")
    assert "手机号应为 11 位，这里是 10 位" in page.inner_text("#faults")
    assert "****" in page.inner_text("#accepted")
    _check(page, "preview")
    page.click("text=保存这 32 家企业")
    page.wait_for_selector("text=新增 32 家，更新 0 家")
    assert "共 3 个单位、32 家企业" in page.inner_text("main")
    _check(page, "stored")


def test_office_cancels(page: Page, live_server: LiveServer) -> None:
    _prepare(live_server)
    sign_in_at(page, live_server, Role.OFFICE)
    page.goto(live_server.url + "/frames/import")
    page.set_input_files("#file", FRAMES / "6-汇总-多单位.xlsx")
    page.click("main .card button")
    page.wait_for_selector("text=会新建")
    _check(page, "several")
    page.click("text=取消，重新选择文件")
    page.wait_for_selector("text=什么都没有保存")


def test_administrator_makes_an_account(page: Page, live_server: LiveServer) -> None:
    _prepare(live_server)
    sign_in_at(page, live_server, Role.ADMIN)
    page.goto(live_server.url + "/admin/accounts")
    _check(page, "accounts")
    page.click("#new button")
    page.wait_for_selector("#faults")
    _check(page, "accounts-wrong")
    page.fill("#username", "li")
    page.select_option("#role", "interviewer")
    page.click("#new button")
    page.wait_for_selector("code")
    _check(page, "password")
    page.goto(live_server.url + "/admin/units")
    _check(page, "units")
