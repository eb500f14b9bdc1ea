"""Versions, objections and corrections in a real browser: at every stage accessible, and fit for any screen."""

from datetime import UTC, datetime

from playwright.sync_api import Page
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.models.account import Account
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.accounts import add_account
from survey_app.services.corrections import ask_for_correction, decide_on_correction
from survey_app.services.items import Change, enter_items
from survey_app.services.objections import answer_objection, object_to
from survey_app.services.publishing import finalise, publish
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    sign_in_at,
)
from tests.conftest import PASSWORD
from tests.domain.bundles import bundle, unit
from tests.score_builders import approve_all, finalise_and_publish, load_bundle

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
QUARTER = "/rounds/2022-Q1"
REASON = "税务局日常交办漏记 1 分，经核对会议签到表和交办清单，应为 8 分"


def _look(page: Page, server: LiveServer, *paths: str) -> None:
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path in paths:
            page.goto(server.url + path)
            assert page.url == server.url + path
            assert page.locator("h1").count() == 1, path
            assert_accessible(page)
            assert_no_sideways_scroll(page)


class _Story:
    """A round that is published, objected to and corrected, a stage at a time."""

    def __init__(self, session: Session) -> None:
        self.session = session
        units = (unit("税务局", assigned_tasks=7), unit("供电公司", assigned_tasks=7.5), unit("农商银行"))
        self.round: Round = load_bundle(session, bundle(*units), NOW)
        for name, role in (("office", Role.OFFICE), ("second", Role.OFFICE), ("unit", Role.UNIT)):
            add_account(session, name, name, PASSWORD, role, NOW, "税务局" if role is Role.UNIT else None)
        session.commit()
        self.ids = {each.username: each.id for each in session.query(Account)}
        self.unit: int = session.query(Unit).filter_by(name="税务局").one().id

    def publish(self) -> None:
        finalise_and_publish(self.session, self.round, NOW)

    def object_and_ask(self) -> None:
        made = object_to(
            self.session, self.round, self.unit, "assigned_tasks", "少计 1 分", self.ids["unit"], NOW
        )
        answer_objection(self.session, self.round, made.id, True, "确实漏记", self.ids["office"], NOW)
        ask_for_correction(self.session, self.round, REASON, self.ids["office"], NOW)

    def correct(self) -> None:
        decide_on_correction(self.session, self.round, 1, True, "", self.ids["second"], NOW)
        entry = {(self.unit, "assigned_tasks"): Change({"points": "8"}, "", 1)}
        enter_items(self.session, self.round, entry, self.ids["office"], NOW)
        approve_all(self.session, self.round, Role.OFFICE, NOW)

    def finalise(self) -> None:
        finalise(self.session, self.round, self.ids["office"], NOW)

    def publish_again(self) -> None:
        publish(self.session, self.round, self.ids["second"], NOW)


def test_every_stage_is_accessible_and_fits_any_screen(page: Page, live_server: LiveServer) -> None:
    stages = (
        ("publish", "second", (QUARTER, f"{QUARTER}/versions", f"{QUARTER}/versions/1", f"{QUARTER}/corrections/new")),
        ("object_and_ask", "second", (f"{QUARTER}/objections/1", f"{QUARTER}/corrections/1", f"{QUARTER}/versions")),
        ("correct", "office", (f"{QUARTER}/versions/draft", f"{QUARTER}/scores", f"{QUARTER}/finalise", f"{QUARTER}/corrections/give-up")),
        ("finalise", "second", (f"{QUARTER}/publish", f"{QUARTER}/versions/2")),
        ("publish_again", "unit", ("/result", "/result/2022-Q1/objections")),
    )  # fmt: skip
    with live_server.app.app_context():
        story = _Story(db.session())
        for stage, who, paths in stages:
            getattr(story, stage)()
            db.session.rollback()  # or the one writer of SQLite would keep the pages waiting
            page.context.clear_cookies()
            sign_in_at(page, live_server, who)
            page.wait_for_selector("text=退出登录")
            _look(page, live_server, *paths)
        db.session.remove()


def test_a_unit_objects_and_mends_what_was_wrong(page: Page, live_server: LiveServer) -> None:
    with live_server.app.app_context():
        _Story(db.session()).publish()
        db.session.remove()
    sign_in_at(page, live_server, "unit")
    page.goto(f"{live_server.url}/result")
    page.click("text=提出异议，查看办理情况")
    page.select_option("#item", "assigned_tasks")
    page.click("text=提交异议")
    page.wait_for_selector("#faults")
    assert_accessible(page)
    page.click("#faults a")
    assert page.evaluate("document.activeElement.id") == "reason"
    assert page.input_value("#item") == "assigned_tasks"
    page.keyboard.type("交办的事全部按时完成")
    page.click("text=提交异议")
    page.wait_for_selector("text=异议已提交")
    assert "日常交办" in page.inner_text("main")
    assert "待答复" in page.inner_text("main")
