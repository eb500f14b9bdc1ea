"""An interview by HTTP: its answers are stored once, with consent, and nothing typed is lost."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.answer import UnitAnswer
from survey_app.domain.disposition import Disposition
from survey_app.domain.instrument import Dealt
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.account import Account
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import LaterSubmission, Response
from survey_app.models.unit import Unit
from survey_app.services.responses import submit
from tests.builders import build_case, build_enterprise, build_round, build_unit
from tests.conftest import FakeClock
from tests.web.calls import dial, reread, take

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


def answers_of(unit: Unit, rating: str = "satisfied") -> dict[str, str]:
    return {"consent": "yes", f"u{unit.id}-dealt": "yes", f"u{unit.id}-rating": rating}


def test_an_interview_is_stored_as_the_case_s_answer(
    caller: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    address = take(caller)
    dial(caller, address)
    began = clock.now
    clock.advance(timedelta(minutes=3))
    answer = caller.post(f"{address}/complete", data=answers_of(unit, "basically_satisfied"))
    assert (answer.status_code, answer.location) == (303, "/calls")
    desk = caller.get("/calls").text
    assert "这份回访已提交" in desk
    assert "138****8000" in desk
    response = session.scalars(select(Response)).one()
    alice = session.scalar(select(Account.id).where(Account.username == "alice"))
    assert (response.mode, response.interviewer_id, response.opened_at) == (Mode.PHONE, alice, began)
    assert response.notice_version == "2022-1"  # the script's
    assert [(a.unit_id, a.rating) for a in response.answers] == [(unit.id, "basically_satisfied")]
    attempt = session.scalars(select(ContactAttempt)).one()
    assert (attempt.outcome, attempt.ended_at) == ("complete", clock.now)
    consent = session.scalars(select(AuditEvent).where(AuditEvent.action == "interview.consent")).one()
    assert (consent.subject_id, consent.details, consent.at) == (
        str(attempt.id),
        {"consent": "yes", "script": "2022-1"},
        clock.now,
    )
    reread(session, case)
    assert (case.disposition, case.closed, case.held_by_id) == (D.COMPLETE, True, None)
    again = caller.post(f"{address}/complete", data=answers_of(unit, "basically_satisfied"))
    assert again.location == "/calls"  # pressed twice
    assert session.query(Response).count() == 1


@pytest.mark.parametrize("consent", ["", "later", "no"])
def test_no_answers_without_consent(
    caller: FlaskClient, case: Case, unit: Unit, session: Session, consent: str
) -> None:
    address = take(caller)
    dial(caller, address)
    answer = caller.post(f"{address}/complete", data=answers_of(unit) | {"consent": consent})
    assert answer.status_code == 400
    assert "请先问对方现在是否方便" in answer.text
    assert 'href="#consent"' in answer.text
    assert session.query(Response).count() == 0


def test_no_answers_without_a_call(caller: FlaskClient, case: Case, unit: Unit, session: Session) -> None:
    address = take(caller)
    answer = caller.post(f"{address}/complete", data=answers_of(unit))
    assert answer.status_code == 400
    assert "还没有拨打" in answer.text
    assert re.search(rf'id="u{unit.id}-rating" value="satisfied" checked', answer.text)
    assert session.query(Response).count() == 0


def test_answers_stay_after_an_error(caller: FlaskClient, case: Case, unit: Unit) -> None:
    address = take(caller)
    dial(caller, address)
    sent = answers_of(unit) | {f"u{unit.id}-rating": "", f"u{unit.id}-documents": "很多"}
    answer = caller.post(f"{address}/complete", data=sent)
    assert answer.status_code == 400
    assert f'href="#u{unit.id}-rating"' in answer.text
    assert f'href="#u{unit.id}-documents"' in answer.text
    assert 'value="很多"' in answer.text
    assert 'name="consent" value="yes" checked' in answer.text


def test_the_enterprise_answers_by_its_link_during_the_call(
    caller: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    address = take(caller)
    dial(caller, address)
    own = {unit.id: UnitAnswer(Dealt.YES, "dissatisfied")}
    submit(session, case.id, Mode.QR, own, clock.now, clock.now, "2022-1")
    page = caller.get(address).text
    assert "这家企业已经自行提交了问卷" in page
    assert "由其他回访员接手" not in page
    answer = caller.post(f"{address}/complete", data=answers_of(unit))
    assert answer.location == "/calls"
    assert "以企业自己提交的为准" in caller.get("/calls").text
    response = session.scalars(select(Response)).one()
    assert (response.mode, [a.rating for a in response.answers]) == (Mode.QR, ["dissatisfied"])
    assert session.scalars(select(LaterSubmission)).one().mode is Mode.PHONE
    assert session.scalars(select(ContactAttempt)).one().outcome == "complete"
    reread(session, case)
    assert (case.held_by_id, case.closed) == (None, True)
    assert "今天我完成" in caller.get("/calls").text


def test_an_answered_case_is_put_down(
    caller: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    address = take(caller)
    dial(caller, address)
    own = {unit.id: UnitAnswer(Dealt.YES, "satisfied")}
    submit(session, case.id, Mode.SMS, own, clock.now, clock.now, "2022-1")
    assert caller.post(f"{address}/release").location == "/calls"
    attempt = session.scalars(select(ContactAttempt)).one()
    assert (attempt.outcome, attempt.note) == ("complete", "通话期间企业已自行提交")
    session.commit()
    assert caller.get(address).status_code == 404


def test_an_interview_goes_on_for_half_an_hour_after_closing(
    caller: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    address = take(caller)
    dial(caller, address)
    clock.advance(timedelta(minutes=5))
    case.round.state, case.round.closes_at = RoundState.CLOSED, clock.now
    session.commit()
    clock.advance(timedelta(minutes=15))
    assert caller.post(f"{address}/complete", data=answers_of(unit)).location == "/calls"
    assert session.query(Response).count() == 1


def test_an_interview_after_that_is_refused_and_kept_on_the_page(
    caller: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    address = take(caller)
    dial(caller, address)
    case.round.state, case.round.closes_at = RoundState.CLOSED, clock.now - timedelta(hours=1)
    session.commit()
    answer = caller.post(f"{address}/complete", data=answers_of(unit))
    assert answer.status_code == 400
    assert "本轮回访已经截止" in answer.text
    assert re.search(rf'id="u{unit.id}-rating" value="satisfied" checked', answer.text)
    assert session.scalars(select(ContactAttempt)).one().outcome is None
