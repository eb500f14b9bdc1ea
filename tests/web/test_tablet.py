"""The tablet of a service hall: it takes answers by code through the one door, and opens nothing else."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.account import SignInSession
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.response import LaterSubmission, Response
from survey_app.models.tablet import TabletSubmission
from survey_app.models.unit import Unit
from survey_app.services.throttle import CODE_BY_ADDRESS, CODE_BY_TABLET
from tests.builders import build_case, build_enterprise, build_round, build_unit, code_of
from tests.conftest import FakeClock
from tests.score_builders import build_answers, looking

SignIn = Callable[..., FlaskClient]
PAGE = "/rounds/2022-Q2/tablets"


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "县税务局")


@pytest.fixture
def case(session: Session, unit: Unit, clock: FakeClock) -> Case:
    round_ = build_round(session, closes_at=clock.now + timedelta(days=5))
    case = build_case(session, round_, [unit], build_enterprise(session, "宏达农业"))
    session.commit()
    return case


@pytest.fixture
def tablet(case: Case, sign_in: SignIn) -> FlaskClient:
    """A browser that the office has made a tablet."""
    browser = sign_in(Role.OFFICE)
    assert browser.post(PAGE, data={"place": " 政务大厅一号台 "}).location == "/tablet"
    return browser


def filled(page: str, unit: Unit, **fields: str) -> dict[str, str]:
    stamp = re.search(r'name="form_stamp" value="([^"]+)"', page)
    assert stamp
    return {
        "form_stamp": stamp[1],
        **{f"u{unit.id}-{name.replace('__', '-')}": value for name, value in fields.items()},
    }


def answer(tablet: FlaskClient, case: Case, unit: Unit, rating: str = "satisfied") -> str:
    page = tablet.post("/tablet", data={"code": code_of(case)}, follow_redirects=True).text
    data = filled(page, unit, dealt="yes", rating=rating)
    return tablet.post("/tablet/form", data=data, follow_redirects=True).text


def test_the_staff_session_is_over_and_the_tablet_opens_no_other_page(
    tablet: FlaskClient, session: Session
) -> None:
    start = tablet.get("/tablet").text
    assert "政务大厅一号台" in start
    assert "被评单位的人员不得在旁边看" in start
    assert "只有这一轮抽中的企业才能填写" in start
    assert "0377-67220000" in start
    assert not re.search(r'href="/(?!tablet|static|s/)', start)
    for path in ("/", "/rounds", PAGE, "/rounds/2022-Q2/cases", "/onsite"):
        assert tablet.get(path).location.startswith("/sign-in"), path
    with looking(session) as other:
        assert other.scalar(select(func.count()).select_from(SignInSession)) == 0
        actions = other.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert actions[-2:] == ["tablet.start", "sign_out"]


def test_answers_are_stored_as_on_site_with_the_tablet(
    tablet: FlaskClient, sign_in: SignIn, session: Session, case: Case, unit: Unit
) -> None:
    receipt = answer(tablet, case, unit)
    with looking(session) as other:
        stored = other.scalars(select(Response)).one()
        assert (stored.mode, stored.interviewer_id) == (Mode.ONSITE, None)
        assert other.scalars(select(TabletSubmission.case_id)).all() == [case.id]
    code = stored.receipt_code
    assert f"{code[:3]} {code[3:6]} {code[6:]}" in receipt
    assert '<meta http-equiv="refresh" content="30;url=/tablet">' in receipt
    assert tablet.get("/tablet").headers["Cache-Control"] == "no-store"
    # Nothing of the last visitor can be gone back to.
    assert tablet.get("/tablet/form").location == "/tablet"
    listed = sign_in(Role.OFFICE).get(PAGE).text
    assert re.search(r'使用中.*<td class="num">1</td>', listed, re.DOTALL)
    assert "宏达农业" not in listed


def test_who_answered_elsewhere_first_is_not_counted_twice(
    tablet: FlaskClient, session: Session, case: Case, unit: Unit, sign_in: SignIn, clock: FakeClock
) -> None:
    page = tablet.post("/tablet", data={"code": code_of(case)}, follow_redirects=True).text
    assert "宏达农业" not in page
    build_answers(session, case, {unit.id: "satisfied"}, clock.now - timedelta(minutes=1))
    session.commit()
    data = filled(page, unit, dealt="yes", rating="dissatisfied")
    assert "以第一份为准" in tablet.post("/tablet/form", data=data, follow_redirects=True).text
    with looking(session) as other:
        assert other.scalars(select(Response.mode)).all() == [Mode.QR]
        assert other.scalars(select(LaterSubmission.mode)).all() == [Mode.ONSITE]
    assert re.search(r'使用中.*<td class="num">0</td>', sign_in(Role.OFFICE).get(PAGE).text, re.DOTALL)


def test_faults_keep_what_was_typed_until_the_next_person_comes(
    tablet: FlaskClient, case: Case, unit: Unit
) -> None:
    page = tablet.post("/tablet", data={"code": code_of(case)}, follow_redirects=True).text
    assert 'data-idle-seconds="180"' in page
    data = filled(page, unit, dealt="yes", matter="other", matter__text="盖章")
    for stamp in (data["form_stamp"], "forged"):
        wrong = tablet.post("/tablet/form", data={**data, "form_stamp": stamp})
        assert wrong.status_code == 400
        assert "盖章" in wrong.text
    tablet.get("/tablet")
    assert tablet.get("/tablet/form").location == "/tablet"
    assert tablet.post("/tablet/form", data=data).location == "/tablet"


def test_wrong_codes_are_limited_for_the_tablet_more_patiently(
    tablet: FlaskClient, client: FlaskClient, case: Case, clock: FakeClock
) -> None:
    assert "回访码是 8 位" in tablet.post("/tablet", data={"code": "K7"}).text
    assert CODE_BY_TABLET.failures > CODE_BY_ADDRESS.failures
    for _ in range(CODE_BY_TABLET.failures):
        wrong = tablet.post("/tablet", data={"code": "2345 6789"})
        assert wrong.status_code == 400
        assert 'value="2345 6789"' in wrong.text
    closed = tablet.post("/tablet", data={"code": code_of(case)})
    assert (closed.status_code, closed.headers["Retry-After"]) == (429, "600")
    # Others behind the same address are not kept waiting for it.
    assert client.post("/s", data={"code": code_of(case)}).status_code == 303
    clock.advance(CODE_BY_TABLET.window)
    assert tablet.post("/tablet", data={"code": code_of(case)}).status_code == 303


def test_a_tablet_ends_at_midnight_or_when_the_office_says_so(
    tablet: FlaskClient, sign_in: SignIn, case: Case, unit: Unit, clock: FakeClock, session: Session
) -> None:
    page = tablet.post("/tablet", data={"code": code_of(case)}, follow_redirects=True).text
    data = filled(page, unit, dealt="yes", rating="satisfied")
    office = sign_in(Role.OFFICE, username="colleague")
    ended = re.search(rf'action="({PAGE}/\d+/end)"', office.get(PAGE).text)
    assert ended
    assert sign_in(Role.COMMISSION).post(ended[1]).status_code == 404
    assert "已停用" in office.post(ended[1], follow_redirects=True).text
    for closed in (tablet.get("/tablet"), tablet.get("/tablet/form"), tablet.post("/tablet/form", data=data)):
        assert closed.status_code == 410
        assert "这台平板现在不能填写" in closed.text
    other = sign_in(Role.OFFICE)
    other.post(PAGE, data={"place": "二号台"})
    clock.advance(timedelta(hours=13, minutes=59))  # 23:59 in the county
    assert other.get("/tablet").status_code == 200
    clock.advance(timedelta(minutes=1))
    assert other.get("/tablet").status_code == 410
    with looking(session) as look:
        assert look.scalar(select(func.count()).select_from(Response)) == 0


def test_each_asker_has_tablets_of_its_own_survey(
    tablet: FlaskClient, sign_in: SignIn, session: Session, case: Case, unit: Unit
) -> None:
    theirs = build_case(session, case.round, [unit], instrument="mass_appraisal")
    session.commit()
    refused = tablet.post("/tablet", data={"code": code_of(theirs)})
    assert refused.status_code == 400
    assert "这台平板上没有这个回访码" in refused.text
    commission = sign_in(Role.COMMISSION)
    assert "还没有用过平板" in commission.get(PAGE).text
    commission.post(PAGE, data={"place": "纪委窗口"})
    assert commission.post("/tablet", data={"code": code_of(theirs)}).location == "/tablet/form"


def test_starting_needs_a_place_and_an_open_round(case: Case, sign_in: SignIn, clock: FakeClock) -> None:
    office = sign_in(Role.OFFICE)
    for place, sentence in (("  ", "请填写平板放在哪里"), ("厅" * 51, "最多 50 个字")):
        wrong = office.post(PAGE, data={"place": place})
        assert wrong.status_code == 400
        assert sentence in wrong.text
    clock.advance(timedelta(days=5))
    office = sign_in(Role.OFFICE)
    assert "不能开始平板模式" in office.get(PAGE).text
    assert office.post(PAGE, data={"place": "一号台"}).status_code == 400
    assert office.get("/rounds").status_code == 200
