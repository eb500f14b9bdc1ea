"""The call desk by HTTP: who sees what, what a form that was sent does, and what stays after an error."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import CALL_OUTCOMES, RULES, Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.account import Account
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Response
from survey_app.models.unit import Unit
from tests.builders import build_case, build_enterprise, build_round, build_unit
from tests.conftest import FakeClock
from tests.web.calls import dial, report, reread, take

SignIn = Callable[..., FlaskClient]
D = Disposition


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "县税务局")


@pytest.fixture
def case(session: Session, unit: Unit) -> Case:
    enterprise = build_enterprise(session, "宏达农业")
    made = build_case(session, build_round(session), [unit], enterprise, phone="13800138000")
    session.commit()
    return made


@pytest.fixture
def caller(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.INTERVIEWER, username="alice")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.INTERVIEWER])
def test_only_interviewers(sign_in: SignIn, unit: Unit, session: Session, role: Role) -> None:
    session.commit()
    client = sign_in(role, unit=unit.name if role is Role.UNIT else None)
    assert client.get("/calls").status_code == 403
    assert client.post("/calls/next").status_code == 403


def test_an_empty_desk_says_so(caller: FlaskClient) -> None:
    assert "电话回访都已结束" in caller.get("/calls").text
    assert take(caller) == "/calls"
    assert "现在没有该拨打的企业" in caller.get("/calls").text


def test_the_desk_says_when_the_next_is_due(
    caller: FlaskClient, case: Case, session: Session, clock: FakeClock
) -> None:
    case.due_at = clock.now + timedelta(hours=1)
    session.commit()
    assert "下一户最早在 2022-06-15 11:00 到时间" in caller.get("/calls").text


def test_calling_hours_are_advice_and_no_bar(caller: FlaskClient, case: Case, clock: FakeClock) -> None:
    assert "不在建议的拨打时段" not in caller.get("/calls").text
    clock.advance(timedelta(hours=3))  # 13:00
    page = caller.post("/sign-in", data={"username": "alice", "password": "correct horse battery"})
    assert page.status_code == 302
    assert "不在建议的拨打时段" in caller.get("/calls").text
    assert take(caller) != "/calls"


def test_the_call_page_has_all_that_is_needed(caller: FlaskClient, case: Case) -> None:
    address = take(caller)
    assert address == f"/calls/{case.public_id}"
    page = caller.get(address).text
    assert 'href="tel:13800138000"' in page
    assert "宏达农业" in page
    assert "工号alice，不是县税务局的工作人员" in page
    assert "2022年第二季度" in page
    assert "话术版本 2022-1" in page
    for code in CALL_OUTCOMES:
        assert f'value="{code.value}"' in page
        assert RULES[code].name in page
    assert "继续手上这一户：宏达农业" in caller.get("/calls").text
    assert take(caller) == address


def test_a_case_is_nobody_elses(caller: FlaskClient, sign_in: SignIn, case: Case) -> None:
    address = take(caller)
    dial(caller, address)
    other = sign_in(Role.INTERVIEWER, username="bob")
    missing = other.get("/calls/3f2a")
    assert missing.status_code == 404
    for method, path in [
        ("GET", ""),
        ("POST", "/dial"),
        ("POST", "/outcome"),
        ("POST", "/release"),
        ("POST", "/complete"),
    ]:
        answer = other.open(address + path, method=method, data={"outcome": "busy", "phone": 0})
        assert answer.status_code == 404
        assert without_tokens(answer.text) == without_tokens(missing.text)
    assert "宏达农业" not in other.get("/calls").text
    assert take(other) == "/calls"


def without_tokens(page: str) -> str:
    """The page without what differs in any two: the token, and the address to come back to."""
    return re.sub(r'name="(next|csrf_token)" value="[^"]*"', "", page)


def test_dialling_is_written_down_at_once(caller: FlaskClient, case: Case, session: Session) -> None:
    address = take(caller)
    dial(caller, address)
    attempt = session.scalars(select(ContactAttempt)).one()
    assert (attempt.case_id, attempt.phone, attempt.outcome) == (case.id, "13800138000", None)
    assert "正在联系 13800138000" in caller.get(address).text


def test_a_number_that_is_not_there(caller: FlaskClient, case: Case) -> None:
    address = take(caller)
    for place in ("7", "x", ""):
        assert caller.post(f"{address}/dial", data={"phone": place}).location == address
    assert "没有这个号码" in caller.get(address).text


def test_an_outcome_moves_the_case(caller: FlaskClient, case: Case, session: Session) -> None:
    address = take(caller)
    dial(caller, address)
    assert report(caller, address, D.NO_ANSWER).location == "/calls"
    desk = caller.get("/calls").text
    assert "已登记：无人接听，2022-06-15 15:00 起再拨" in desk
    assert "138****8000" in desk
    assert "13800138000" not in desk
    reread(session, case)
    assert (case.disposition, case.held_by_id) == (D.NO_ANSWER, None)
    assert caller.get(address).status_code == 404


def test_an_appointment_is_in_county_time(
    caller: FlaskClient, sign_in: SignIn, case: Case, session: Session
) -> None:
    address = take(caller)
    dial(caller, address)
    report(caller, address, D.APPOINTMENT, appointment_at="2022-06-15T16:00", note="找王经理")
    reread(session, case)
    assert case.appointment_at.isoformat() == "2022-06-15T08:00:00+00:00"
    own = caller.get("/calls").text
    assert "2022-06-15 16:00" in own
    assert "宏达农业" in own
    others = sign_in(Role.INTERVIEWER, username="bob").get("/calls").text
    assert "其他回访员约定的另有 1 户" in others
    assert "宏达农业" not in others


def test_what_was_typed_stays_after_an_error(caller: FlaskClient, case: Case) -> None:
    address = take(caller)
    dial(caller, address)
    answer = report(caller, address, D.APPOINTMENT, note="<b>下午</b>", appointment_at="2022-06-01T09:00")
    assert answer.status_code == 400
    assert "回电时间已经过去" in answer.text
    assert 'href="#appointment_at"' in answer.text
    assert "&lt;b&gt;下午&lt;/b&gt;" in answer.text
    assert 'value="2022-06-01T09:00"' in answer.text
    assert re.search(r'value="appointment" checked', answer.text)
    bad = report(caller, address, D.APPOINTMENT, note="再打", appointment_at="明天")
    assert bad.status_code == 400
    assert "回电时间应写成" in bad.text
    assert "再打" in bad.text


def test_an_outcome_without_a_call(caller: FlaskClient, case: Case) -> None:
    address = take(caller)
    answer = report(caller, address, D.BUSY, note="占线")
    assert answer.status_code == 400
    assert "还没有拨打" in answer.text
    assert "占线" in answer.text


def test_a_made_up_outcome(caller: FlaskClient, case: Case) -> None:
    address = take(caller)
    dial(caller, address)
    for code in ("complete", "max_attempts", "nonsense", ""):
        answer = caller.post(f"{address}/outcome", data={"outcome": code})
        assert answer.status_code == 400
        assert "请选择这次通话的结果" in answer.text


def test_putting_a_case_back(caller: FlaskClient, case: Case, session: Session) -> None:
    address = take(caller)
    assert caller.post(f"{address}/release").location == "/calls"
    reread(session, case)
    assert case.held_by_id is None
    assert caller.get(address).status_code == 404


def test_answered_meanwhile(caller: FlaskClient, case: Case, session: Session, clock: FakeClock) -> None:
    address = take(caller)
    add_response(session, case, clock)
    page = caller.get(address).text
    assert "这家企业已经自行提交了问卷" in page
    assert "结束这一户" in page
    assert f'action="{address}/complete"' not in page
    dial(caller, address)
    assert session.query(ContactAttempt).count() == 0
    session.commit()
    caller.post(f"{address}/release")
    assert take(caller) == "/calls"


def add_response(session: Session, case: Case, clock: FakeClock) -> None:
    session.add(
        Response(
            case_id=case.id,
            mode=Mode.QR,
            instrument_version="1",
            opened_at=clock.now,
            received_at=clock.now,
            content_digest="0" * 64,
            receipt_code="R1",
        )
    )
    session.commit()


def test_round_closed_meanwhile(caller: FlaskClient, case: Case, session: Session, clock: FakeClock) -> None:
    address = take(caller)
    case.round.state, case.round.closes_at = RoundState.CLOSED, clock.now
    session.commit()
    page = caller.get(address).text
    assert "本轮回访已经截止" in page
    assert "disabled" in page
    assert caller.post(f"{address}/release").location == "/calls"
    assert "电话回访都已结束" in caller.get("/calls").text


def test_a_call_that_outlasted_its_lease(
    caller: FlaskClient, sign_in: SignIn, case: Case, session: Session, clock: FakeClock
) -> None:
    address = take(caller)
    dial(caller, address)
    for _minutes in range(2):  # short steps, so that nobody is signed out
        clock.advance(timedelta(minutes=16))
        caller.get("/calls")
    other = sign_in(Role.INTERVIEWER, username="bob")
    assert take(other) == address
    answer = report(caller, address, D.APPOINTMENT, note="说到一半")
    assert answer.status_code == 400
    assert "已由其他回访员接手" in answer.text
    assert "说到一半" in answer.text
    assert "13800138000" not in answer.text
    assert report(caller, address, D.SOFT_REFUSAL).location == "/calls"
    assert "已由其他回访员接手" in caller.get("/calls").text
    bob = session.scalar(select(Account.id).where(Account.username == "bob"))
    reread(session, case)
    assert case.held_by_id == bob


def test_no_score_is_shown(caller: FlaskClient, case: Case) -> None:
    pages = caller.get("/calls").text + caller.get(take(caller)).text
    assert "得分" not in pages
    assert "扣分" not in pages


def test_in_english(caller: FlaskClient, case: Case) -> None:
    caller.post("/language", data={"language": "en"})
    page = caller.get(take(caller)).text
    assert "Taking part is voluntary and you may stop at any time" in page
