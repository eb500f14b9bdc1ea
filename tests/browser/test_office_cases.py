"""The office's pages about reaching enterprises, in a real browser: accessible, fitting, and leading to the answer."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import sessionmaker

from survey_app.db import db
from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.jobs import Worker, run_worker
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import LaterSubmission
from survey_app.services.accounts import add_account
from survey_app.services.invitations import message_variables
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    follow,
    sign_in_at,
)
from tests.builders import build_account, build_case, build_enterprise, build_round, build_unit, token_of
from tests.conftest import PASSWORD, FakeClock
from tests.score_builders import build_answers

BASE = "/rounds/2022-Q2"
FIRST = "方城县兴旺商贸00有限公司"
LONG = "方城县宏达农业科技发展有限责任公司"


@pytest.fixture
def office(page: Page, live_server: LiveServer, clock: FakeClock) -> Page:
    """The office, with sixty cases of which one is answered and one has only a landline."""
    with live_server.app.app_context():
        session = db.session()
        add_account(session, "office", "张主任", PASSWORD, Role.OFFICE, clock.now)
        units = [
            build_unit(session, name) for name in ("县税务局", "县供电公司", "县行政审批和政务信息管理局")
        ]
        round_ = build_round(session, closes_at=datetime(2022, 6, 24, 16, 0, tzinfo=UTC))
        first = build_case(session, round_, units, build_enterprise(session, LONG), phone="13800138000")
        landline = build_enterprise(session, "座机商行")
        build_case(session, round_, units[:1], landline, phone="0377-67230000")
        for number in range(58):
            name = f"方城县兴旺商贸{number:02}有限公司"
            build_case(
                session, round_, units[1:2], build_enterprise(session, name), phone=f"139000000{number:02}"
            )
        build_answers(session, first, {unit.id: "satisfied" for unit in units}, clock.now)
        first.disposition, first.closed, first.attempts = Disposition.COMPLETE, True, 1
        caller = build_account(session, Role.INTERVIEWER)
        session.add(
            ContactAttempt(
                case_id=first.id,
                interviewer_id=caller.id,
                phone="13800138000",
                started_at=clock.now,
                outcome=Disposition.BUSY.value,
                note="下午再打",
            )
        )
        later = LaterSubmission(
            case_id=first.id, mode=Mode.SMS, received_at=clock.now, content_digest="1", content={}
        )
        session.add(later)
        session.commit()
    sign_in_at(page, live_server, "office")
    return page


def look(page: Page) -> None:
    """Require that the page is accessible and fits, on a desk and on a phone."""
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert_accessible(page)
        assert_no_sideways_scroll(page)
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]


def test_pages_are_accessible_and_fit(office: Page, live_server: LiveServer) -> None:
    for path in (
        f"{BASE}/cases",
        f"{BASE}/cases?state=later&mode=phone",
        f"{BASE}/invitations",
        f"{BASE}/reminders",
        "/outbox",
    ):
        office.goto(live_server.url + path)
        look(office)
    office.goto(f"{live_server.url}{BASE}/cases")
    office.get_by_role("link", name=LONG).click()
    expect(office.locator("img")).to_be_visible()
    assert office.locator("img").evaluate("image => image.complete && image.naturalWidth > 0")
    look(office)
    office.get_by_role("button", name="显示完整号码").click()
    expect(office.get_by_role("alert")).to_contain_text("请选择查看完整号码的原因")
    look(office)
    office.get_by_label("查看完整号码的原因").select_option("check")
    office.get_by_role("button", name="显示完整号码").click()
    expect(office.locator("#phones")).to_contain_text("13800138000")
    look(office)
    follow(office.get_by_role("link", name="换新链接"))
    look(office)


def test_from_the_invitation_to_the_enterprises_page(office: Page, live_server: LiveServer) -> None:
    office.goto(f"{live_server.url}{BASE}/invitations")
    office.get_by_role("button", name="发送 58 条邀请短信").click()
    expect(office).to_have_url(live_server.url + "/outbox")
    expect(office.get_by_role("status")).to_contain_text("58 条邀请短信已进入发送队列")
    app = live_server.app
    with app.app_context():
        collaborators = app.extensions["collaborators"]
        sessions = sessionmaker(db.engine, expire_on_commit=False)
        run_worker(Worker(collaborators, sessions, message_variables(collaborators), "w"), once=True)
    office.goto(live_server.url + "/outbox?state=sent")
    expect(office.get_by_text("第 1–50 条，共 58 条").first).to_be_visible()
    look(office)
    with app.app_context():
        case = db.session().query(Case).join(Enterprise).filter(Enterprise.name == FIRST).one()
    path = f"/s/{token_of(case)}?m=s"
    link = office.locator(f'a[href="http://localhost{path}"]')
    if link.count() == 0:
        office.get_by_role("link", name="下一页").click()
    expect(link).to_have_text(f"打开链接：{FIRST}")
    answer = office.goto(live_server.url + path)
    assert answer is not None
    assert answer.status == 200
