"""Ledger rows that one person pastes and another approves, in two browsers."""

from datetime import UTC, datetime

from playwright.sync_api import Browser, Page

from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.services.accounts import add_account
from tests.browser.conftest import DESKTOP, LiveServer, assert_accessible, sign_in_at
from tests.conftest import PASSWORD
from tests.domain.bundles import bundle, unit
from tests.score_builders import load_bundle

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
LEDGERS = "/rounds/2022-Q1/ledgers"
ROW = "税务局\t%s\t河南日报\t%s\t2022-03-08\t"


def test_rows_pasted_by_one_count_when_another_approves_them(
    page: Page, browser: Browser, live_server: LiveServer
) -> None:
    with live_server.app.app_context():
        load_bundle(db.session(), bundle(unit("税务局"), unit("供电公司")), NOW)
        for name in ("first", "second"):
            add_account(db.session(), name, name, PASSWORD, Role.OFFICE, NOW)
        db.session.commit()
        db.session.remove()
    sign_in_at(page, live_server, "first")
    page.goto(f"{live_server.url}{LEDGERS}/paste?item=publicity")
    page.fill("#rows", "\n".join((ROW % ("税收服务进企业", "省级"), ROW % ("一次办结", "街道级"))))
    page.click("text=登记这些行")
    page.wait_for_selector("#faults")
    assert_accessible(page)
    page.click("#faults a")
    assert page.evaluate("document.activeElement.id") == "rows"
    assert "税收服务进企业" in page.input_value("#rows")
    page.fill("#rows", page.input_value("#rows").replace("街道级", "市级"))
    page.click("text=登记这些行")
    page.wait_for_selector("text=已登记 2 条")
    assert page.locator("input[name=entry]").count() == 0  # nobody approves what they entered

    other = browser.new_context(viewport=DESKTOP, locale="zh-CN")  # type: ignore[arg-type]
    second = other.new_page()
    sign_in_at(second, live_server, "second")
    second.goto(f"{live_server.url}{LEDGERS}?item=publicity&state=waiting")
    ticks = second.locator("input[name=entry]")
    assert ticks.count() == 2
    for tick in ticks.all():
        tick.check()
    second.click("text=审核通过所选")
    second.wait_for_selector("text=已审核通过 2 条")
    other.close()
    page.reload()
    assert page.locator("tbody").get_by_text("已审核", exact=True).count() >= 2
