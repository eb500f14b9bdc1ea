"""Entering a paper form in a real browser, by keyboard: accessible, fitting, and ready for the next code at once."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from survey_app.db import db
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.response import Response
from survey_app.services.accounts import add_account
from tests.browser.conftest import (
    PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    sign_in_at,
)
from tests.builders import build_case, build_enterprise, build_round, build_unit, code_of
from tests.conftest import PASSWORD, FakeClock


def test_forms_are_entered_one_after_the_other(page: Page, live_server: LiveServer, clock: FakeClock) -> None:
    with live_server.app.app_context():
        session = db.session()
        add_account(session, "office", "张主任", PASSWORD, Role.OFFICE, clock.now)
        unit = build_unit(session, "县税务局")
        round_ = build_round(session, closes_at=clock.now + timedelta(days=5))
        case = build_case(session, round_, [unit], build_enterprise(session, "宏达农业"))
        session.commit()
        code, unit_id = code_of(case), unit.id
    sign_in_at(page, live_server, "office")
    page.click("text=现场问卷录入")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type("2345 6789")
    page.keyboard.press("Enter")
    expect(page.locator("#code-error")).to_contain_text("没有这个回访码")
    assert_accessible(page)
    page.fill("#code", code)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("宏达农业")
    assert_accessible(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert_no_sideways_scroll(page)
    page.check(f"#u{unit_id}-dealt", force=True)
    page.get_by_role("button", name="录入这份问卷").click()
    page.click(f"#faults a[href='#u{unit_id}-rating']")
    page.keyboard.press("Space")
    page.get_by_role("button", name="录入这份问卷").click()
    expect(page.locator(".notice-success")).to_contain_text("已录入：宏达农业")
    expect(page.locator("#code")).to_be_focused()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    with live_server.app.app_context():
        assert db.session().query(Response).one().mode is Mode.ONSITE
