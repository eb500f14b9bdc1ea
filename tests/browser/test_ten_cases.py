"""Ten cases at the call desk, in a real browser and by the keyboard alone."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from survey_app.db import db
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.disposition import Disposition
from survey_app.domain.instrument import Dealt
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import FrameEntry
from survey_app.models.interview_draft import InterviewDraft
from survey_app.models.response import LaterSubmission, Response
from survey_app.services.accounts import add_account
from survey_app.services.responses import submit
from tests.browser.conftest import LiveServer, sign_in_at
from tests.builders import build_case, build_enterprise, build_round, build_unit
from tests.conftest import PASSWORD, FakeClock

D = Disposition
CASES = 10


def seed(live_server: LiveServer, clock: FakeClock) -> None:
    """Ten enterprises about one unit, each with two numbers."""
    with live_server.app.app_context():
        session = db.session()
        add_account(session, "alice", "回访员一", PASSWORD, Role.INTERVIEWER, clock.now)
        unit, round_ = build_unit(session, "县税务局"), build_round(session)
        for n in range(CASES):
            build_case(session, round_, [unit], build_enterprise(session), phone=f"138001380{n:02d}")
        for entry in session.query(FrameEntry):
            second = {**entry.phones[0], "number": entry.phones[0]["number"].replace("138", "139", 1)}
            entry.phones = [*entry.phones, second]
        session.commit()


def take_and_dial(page: Page) -> str:
    """From the desk into a call, by two keys; the public id of its case."""
    expect(page.get_by_role("button", name="取下一户")).to_be_focused()
    page.keyboard.press("Enter")
    dial(page)
    return page.url.rsplit("/", 1)[-1]


def dial(page: Page) -> None:
    expect(page.locator("[data-dial-button]:focus")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="接通了，开始提问")).to_be_focused()


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def ask(page: Page) -> None:
    """The consent is given, and the enterprise never dealt with the unit: up to the button that sends it in."""
    keys(page, "k", "1", "Enter", "2", "Enter")
    expect(page.get_by_role("button", name="提交这份回访")).to_be_focused()


def report(page: Page, *names: str, says: str) -> None:
    """An outcome by its keys, from wherever the focus is, and Enter on the button that it leads to."""
    keys(page, "j", *names)
    expect(page.get_by_role("button", name="登记结果")).to_be_focused()
    keys(page, "Enter")
    expect(page.get_by_text(says)).to_be_visible()


def answer_by_link(live_server: LiveServer, public_id: str, clock: FakeClock) -> None:
    with live_server.app.app_context():
        session = db.session()
        case = session.query(Case).filter_by(public_id=public_id).one()
        answers = {place.unit_id: UnitAnswer(Dealt.UNSURE) for place in case.units}
        submit(session, case.id, Mode.SMS, answers, clock.now, clock.now, notice_version="2022-1")


def test_ten_cases_by_the_keyboard_alone(page: Page, live_server: LiveServer, clock: FakeClock) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    seed(live_server, clock)
    sign_in_at(page, live_server, "alice")
    expected: dict[str, Disposition] = {}

    for _n in range(3):  # three answer
        public_id = take_and_dial(page)
        ask(page)
        keys(page, "Enter")
        expect(page.get_by_text("这份回访已提交")).to_be_visible()
        expected[public_id] = D.NO_DEALINGS

    # One doesn't want to, said at the opening.
    public_id = take_and_dial(page)
    keys(page, "k", "3")
    expect(page.get_by_role("button", name="登记结果")).to_be_focused()
    keys(page, "Enter")
    expect(page.get_by_text("已登记：暂不愿意")).to_be_visible()
    refused = public_id
    expected[refused] = D.SOFT_REFUSAL

    # One wants to be called back this afternoon: the first moment offered is in an hour, the second at 15:00.
    appointed = take_and_dial(page)
    keys(page, "k", "2")
    expect(page.locator("#pick")).to_be_focused()
    keys(page, "2", "Enter")
    expect(page.get_by_role("button", name="登记结果")).to_be_focused()
    keys(page, "Enter")
    expect(page.get_by_text("已登记：约定回电")).to_be_visible()
    expected[appointed] = D.APPOINTMENT

    # One number is wrong; the enterprise answers at its second.
    public_id = take_and_dial(page)
    keys(page, "j", "q")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.insert_text("空号")
    keys(page, "Enter")
    expect(page.get_by_role("button", name="登记结果")).to_be_focused()
    keys(page, "Enter")
    expect(page.get_by_text("请改拨下一个号码")).to_be_visible()
    dial(page)
    expect(page.get_by_text("正在联系 139")).to_be_visible()
    ask(page)
    keys(page, "Enter")
    expect(page.get_by_text("这份回访已提交")).to_be_visible()
    expected[public_id] = D.NO_DEALINGS

    public_id = take_and_dial(page)
    report(page, "1", "Enter", says="已登记：无人接听")
    expected[public_id] = D.NO_ANSWER
    public_id = take_and_dial(page)
    report(page, "2", "Enter", says="已登记：忙线")
    expected[public_id] = D.BUSY

    # The browser is closed in the middle, and opened again.
    public_id = take_and_dial(page)
    keys(page, "k", "1", "Enter", "2")
    expect(page.locator(".call-save")).to_have_text("已保存")
    context = page.context
    page.close()
    page = context.new_page()
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(live_server.url + "/calls")
    expect(page.get_by_role("link", name="继续手上这一户")).to_be_focused()
    keys(page, "Enter")
    expect(page.get_by_text("已恢复")).to_be_visible()
    expect(page.locator("[name=consent]:checked")).to_have_value("yes")
    keys(page, "t")
    expect(page.get_by_role("button", name="提交这份回访")).to_be_focused()
    keys(page, "Enter")
    expect(page.get_by_text("这份回访已提交")).to_be_visible()
    expected[public_id] = D.NO_DEALINGS

    # The enterprise answers by its link while it is asked.
    answered = take_and_dial(page)
    keys(page, "k", "1", "Enter")
    answer_by_link(live_server, answered, clock)
    keys(page, "2")
    expect(page.get_by_text("企业刚刚自行提交了问卷")).to_be_visible()
    keys(page, "Enter", "Enter")  # sending it in is stopped, and leads to what is to be done
    expect(page.locator("[data-live=answered] button")).to_be_focused()
    keys(page, "Enter")
    expect(page.get_by_text("这一户已放下")).to_be_visible()
    expected[answered] = D.NO_DEALINGS

    with live_server.app.app_context():
        session = db.session()
        cases = {case.public_id: case for case in session.query(Case)}
        assert {key: case.disposition for key, case in cases.items()} == expected
        assert all(case.held_by_id is None for case in cases.values())
        assert cases[appointed].appointment_at == clock.now + timedelta(hours=5)  # 15:00
        responses = session.query(Response).all()
        assert {r.case.public_id for r in responses if r.mode is Mode.PHONE} == {
            key for key, disposition in expected.items() if disposition is D.NO_DEALINGS and key != answered
        }
        assert [r.mode for r in responses if r.case.public_id == answered] == [Mode.SMS]
        assert session.query(LaterSubmission).count() == 0
        calls = session.query(ContactAttempt).all()
        assert len(calls) == CASES + 1
        consents = {call.case.public_id: call.consent for call in calls if call.consent}
        assert (consents[refused], consents[appointed], consents[answered]) == ("no", "later", "yes")
        assert all(call.script_version and call.consented_at for call in calls if call.consent)
        kept = {draft.attempt.case.public_id for draft in session.query(InterviewDraft)}
        assert kept == {refused, appointed}
