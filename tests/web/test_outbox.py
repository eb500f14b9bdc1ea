"""The outbox page: what is in it, as it reads, and why a text is no longer shown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from survey_app.domain.roles import Role
from survey_app.jobs import Worker, run_worker
from survey_app.models.case import Case
from survey_app.services.invitations import message_variables
from survey_app.services.messages import queue_message
from tests.builders import build_case, build_enterprise, build_round, build_unit, token_of
from tests.conftest import FakeClock

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def case(session: Session, clock: FakeClock) -> Case:
    round_ = build_round(session, closes_at=datetime(2022, 6, 24, 16, 0, tzinfo=UTC))
    made = build_case(
        session, round_, [build_unit(session, "县税务局")], build_enterprise(session, "宏达农业")
    )
    queue_message(session, made, "invitation", "invitation", "13800138000", clock.now)
    session.commit()
    return made


@pytest.fixture
def office(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.OFFICE)


def test_only_who_asks(sign_in: SignIn, case: Case) -> None:
    for role in Role:
        client = sign_in(role, unit="县税务局" if role is Role.UNIT else None)
        answer = client.get("/outbox")
        assert answer.status_code == (200 if role in (Role.OFFICE, Role.COMMISSION) else 403)
        assert ("宏达农业" in answer.text) == (role is Role.OFFICE)


def test_an_empty_outbox_says_so(office: FlaskClient) -> None:
    assert "还没有短信" in office.get("/outbox").text


def test_a_sent_message_reads_as_it_was_sent_and_leads_on(
    office: FlaskClient, app: Flask, session: Session, case: Case
) -> None:
    assert "排队中 1" in office.get("/outbox").text
    collaborators = app.extensions["collaborators"]
    sessions = sessionmaker(session.get_bind(), expire_on_commit=False)
    worker = Worker(collaborators, sessions, message_variables(collaborators), "w", jitter=lambda: 0.5)
    run_worker(worker, once=True)
    page = office.get("/outbox?state=sent").text
    link = f"http://localhost/s/{token_of(case)}?m=s"
    for sentence in ("已发出 1", "宏达农业", "邀请短信", "138****8000", "6月25日前有效", f'href="{link}"'):
        assert sentence in page, sentence
    assert "13800138000" not in page
    assert "没有这种状态的短信" in office.get("/outbox?state=failed").text
    assert "宏达农业" in office.get("/outbox?state=nonsense").text


def test_a_text_with_an_ended_link_is_not_shown(office: FlaskClient, session: Session, case: Case) -> None:
    old = token_of(case)
    assert old in office.get("/outbox").text
    assert office.post(f"/cases/{case.public_id}/new-link").status_code == 303
    session.refresh(case)
    new = token_of(case)
    session.commit()
    page = office.get("/outbox").text
    assert "链接已更换" in page
    assert old not in page
    assert new not in page


def test_a_text_that_cannot_be_made_says_why(office: FlaskClient, session: Session, case: Case) -> None:
    case.round.closes_at = None
    session.commit()
    assert "没有截止日期" in office.get("/outbox").text


def test_the_newest_come_first_fifty_a_page(
    office: FlaskClient, session: Session, case: Case, clock: FakeClock
) -> None:
    for number in range(60):
        clock.advance(timedelta(seconds=1))
        made = build_case(session, case.round, [], build_enterprise(session, f"企业{number:02}"))
        queue_message(session, made, "invitation", "invitation", f"138000000{number:02}", clock.now)
    session.commit()
    first, second = office.get("/outbox").text, office.get("/outbox?page=2").text
    assert "第 1–50 条，共 61 条" in first
    assert "企业59" in first
    assert "宏达农业" not in first
    assert "宏达农业" in second


def test_a_number_that_wants_no_messages_is_entered_and_taken_off(sign_in: SignIn) -> None:
    office, path = sign_in(Role.OFFICE), "/outbox/refusals"
    assert "还没有登记" in office.get(path).text
    assert path in office.get("/outbox").text
    wrong = office.post(path, data={"phone": "0377-67230000", "reason": "企业来电"})
    assert wrong.status_code == 400
    assert "请填写一个手机号" in wrong.text
    assert "企业来电" in wrong.text
    entered = office.post(path, data={"phone": "13800138000", "reason": "企业来电"}, follow_redirects=True)
    assert "138****8000 不再收到短信" in entered.text
    assert "13800138000" not in entered.text
    assert "138****8000" not in sign_in(Role.COMMISSION).get(path).text
    removed = office.post(f"{path}/1/remove", follow_redirects=True)
    assert "已移出名单" in removed.text
    assert "还没有登记" in removed.text
    assert office.post(f"{path}/1/remove").status_code == 404
