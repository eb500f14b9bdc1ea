"""A day at the call desk in a real browser, by keyboard alone."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from survey_app.db import db
from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Response
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
from tests.builders import build_case, build_enterprise, build_round, build_unit
from tests.conftest import PASSWORD, FakeClock


@pytest.fixture
def desk(page: Page, live_server: LiveServer, clock: FakeClock) -> Page:
    """The desk of an interviewer for whom one case waits, about two units."""
    with live_server.app.app_context():
        session = db.session()
        add_account(session, "alice", "回访员一", PASSWORD, Role.INTERVIEWER, clock.now)
        units = [build_unit(session, name) for name in ("县税务局", "县供电公司")]
        enterprise = build_enterprise(session, "方城县宏达农业科技有限公司")
        build_case(session, build_round(session), units, enterprise, phone="13800138000")
        session.commit()
    sign_in_at(page, live_server, "alice")
    expect(page).to_have_url(live_server.url + "/calls")
    return page


def stored(live_server: LiveServer) -> tuple[Case, list[ContactAttempt]]:
    with live_server.app.app_context():
        session = db.session()
        return session.query(Case).one(), session.query(ContactAttempt).all()


def start_call(page: Page) -> None:
    """From the desk to a call that is written down, with two keys."""
    expect(page.get_by_role("button", name="取下一户")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="开始拨打")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("正在联系 13800138000")).to_be_visible()


def tab_to(page: Page, selector: str) -> None:
    """Go on by Tab until the element that `selector` finds has the focus."""
    for _press in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=lambda size: str(size["width"]))
def test_pages_are_accessible_and_fit(desk: Page, live_server: LiveServer, size: dict[str, int]) -> None:
    desk.set_viewport_size(size)  # type: ignore[arg-type]
    assert_accessible(desk)
    assert_no_sideways_scroll(desk)
    start_call(desk)
    assert_accessible(desk)
    assert_no_sideways_scroll(desk)
    follow(desk.get_by_role("button", name="登记结果"))
    assert_accessible(desk)
    assert_no_sideways_scroll(desk)
    desk.goto(live_server.url + "/calls/another")
    assert_accessible(desk)


def test_no_answer_by_keyboard(desk: Page, live_server: LiveServer) -> None:
    start_call(desk)
    tab_to(desk, "a[href='#outcome']")
    desk.keyboard.press("Enter")
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="登记结果")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("已登记：无人接听")).to_be_visible()
    case, attempts = stored(live_server)
    assert (case.disposition, case.held_by_id) == (Disposition.NO_ANSWER, None)
    assert [attempt.outcome for attempt in attempts] == ["no_answer"]


def test_not_now_leads_to_the_appointment(desk: Page, live_server: LiveServer, clock: FakeClock) -> None:
    start_call(desk)
    tab_to(desk, "[name=consent]")
    desk.keyboard.press("2")
    expect(desk.locator("#pick")).to_be_focused()
    expect(desk.locator("[name=outcome][value=appointment]")).to_be_checked()
    desk.locator("#appointment_at").fill("2022-06-15T16:00")
    desk.get_by_role("button", name="登记结果").press("Enter")
    expect(desk.get_by_text("已登记：约定回电，2022-06-15 15:45 起再拨")).to_be_visible()
    case, _attempts = stored(live_server)
    assert case.appointment_at == clock.now + timedelta(hours=6)


def test_a_clicked_number_is_written_down_and_keeps_what_was_typed(
    desk: Page, live_server: LiveServer
) -> None:
    desk.get_by_role("button", name="取下一户").click()
    desk.locator("#note").fill("先记一笔")
    # The address is followed by the machine's telephone, which a test has none of.
    desk.evaluate("document.querySelectorAll('a.phone').forEach(link => { link.href = '#phones'; })")
    desk.get_by_role("link", name="13800138000").click()
    expect(desk.get_by_text("已记录这次拨打")).to_be_visible()
    assert desk.locator("#note").input_value() == "先记一笔"
    _case, attempts = stored(live_server)
    assert [(attempt.phone, attempt.outcome) for attempt in attempts] == [("13800138000", None)]


def type_and_go_on(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    page.keyboard.press("Enter")


def test_an_interview_by_keyboard_alone(desk: Page, live_server: LiveServer) -> None:
    start_call(desk)
    expect(desk.get_by_role("link", name="接通了，开始提问")).to_be_focused()
    desk.keyboard.press("Enter")
    type_and_go_on(desk, "1")
    # The first unit, answered in full.
    type_and_go_on(desk, "1")  # dealt with it
    type_and_go_on(desk, "2")  # the matter
    type_and_go_on(desk, "3")  # took 3 …
    type_and_go_on(desk, "2")  # … working days
    type_and_go_on(desk, "4")  # documents; the boxes beside the number are passed over
    type_and_go_on(desk, "2")  # visits
    desk.keyboard.press("Enter")  # cost: not answered by a number …
    type_and_go_on(desk, "1")  # … but free of charge
    type_and_go_on(desk, "5", "0", "0")  # 500 yuan for an agency
    type_and_go_on(desk, "2")  # basically satisfied, so that reasons are asked
    desk.keyboard.press("1")
    type_and_go_on(desk, "3")  # two reasons
    type_and_go_on(desk, "2")  # no call-back
    # The second unit, that it never dealt with.
    type_and_go_on(desk, "2")
    expect(desk.get_by_role("button", name="提交这份回访")).to_be_focused()
    assert_accessible(desk)
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("这份回访已提交")).to_be_visible()
    with live_server.app.app_context():
        session = db.session()
        response = session.query(Response).one()
        first, second = sorted(response.answers, key=lambda answer: answer.unit.position)
        assert (response.mode, first.dealt, first.rating) == (Mode.PHONE, "yes", "basically_satisfied")
        assert first.details["duration"] == {"value": "3", "unit": "workdays"}
        assert first.details["documents"] == "4"
        assert first.details["cost"] == "no_charge"
        assert first.details["agency"] == "500"
        assert len(first.details["reasons"]) == 2
        assert (second.dealt, second.rating) == ("no", None)
    case, attempts = stored(live_server)
    assert (case.disposition, case.closed, case.held_by_id) == (Disposition.COMPLETE, True, None)
    assert [attempt.outcome for attempt in attempts] == ["complete"]
    # The desk is ready for the next key.
    expect(desk.get_by_text("电话回访都已结束")).to_be_visible()


def test_an_interview_without_script(browser: Browser, live_server: LiveServer, desk: Page) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=desk.context.storage_state())
    page = context.new_page()
    page.goto(live_server.url + "/calls")
    page.get_by_role("button", name="取下一户").click()
    page.get_by_role("button", name="开始拨打").click()
    page.get_by_label("方便，开始提问").check()
    for part in page.locator("#questionnaire section").all():
        part.get_by_text("没办过", exact=True).click()
    page.get_by_role("button", name="提交这份回访").click()
    expect(page.get_by_text("这份回访已提交")).to_be_visible()
    case, _attempts = stored(live_server)
    assert case.disposition is Disposition.NO_DEALINGS
    context.close()
