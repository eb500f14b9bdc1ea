"""The page before sending: what it says is what is queued, once, and only while the round is open."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.message import Message
from survey_app.models.round import Round
from tests.builders import build_case, build_enterprise, build_round, build_unit
from tests.score_builders import looking

SignIn = Callable[..., FlaskClient]
PATH = "/rounds/2022-Q2/invitations"
REMINDERS = "/rounds/2022-Q2/reminders"


@pytest.fixture
def round_(session: Session) -> Round:
    made = build_round(session, closes_at=datetime(2022, 6, 24, 16, 0, tzinfo=UTC))
    unit = build_unit(session, "县税务局")
    for name, phone in (("甲", "13800000001"), ("乙", "13800000002"), ("座机户", "0377-67230000")):
        build_case(session, made, [unit], build_enterprise(session, name), phone=phone)
    session.commit()
    return made


@pytest.fixture
def office(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.OFFICE)


def queued(session: Session) -> int:
    with looking(session) as other:
        return other.scalar(select(func.count()).select_from(Message)) or 0


def test_only_who_asks(sign_in: SignIn, session: Session, round_: Round) -> None:
    """The commission, which asks with another questionnaire, has nobody here to send to."""
    for role in Role:
        client = sign_in(role, unit="县税务局" if role is Role.UNIT else None)
        for path in (PATH, REMINDERS):
            answer = client.get(path)
            assert answer.status_code == (200 if role in (Role.OFFICE, Role.COMMISSION) else 403)
            assert ("甲" in answer.text) == (role is Role.OFFICE and path == PATH) or role is Role.OFFICE
            if role is not Role.OFFICE:
                status = 400 if role is Role.COMMISSION else 403
                assert client.post(path, data={"expected": 2}).status_code == status
    assert queued(session) == 0


def test_the_page_says_to_whom_what_and_how(office: FlaskClient, session: Session, round_: Round) -> None:
    page = office.get(PATH).text
    for sentence in (
        "发送 2 条邀请短信", "没有可用的手机号", "座机户", "6月25日前有效", "按 2 段计费，共 4 段", "约 0.2 元", "不发到手机",
    ):  # fmt: skip
        assert sentence in page, sentence
    assert "13800000001" not in page
    assert queued(session) == 0


def test_confirming_queues_what_was_shown_once(office: FlaskClient, session: Session, round_: Round) -> None:
    answer = office.post(PATH, data={"expected": 2})
    assert (answer.status_code, answer.location) == (303, "/outbox")
    assert queued(session) == 2
    assert "2 条邀请短信已进入发送队列" in office.get("/outbox").text
    again = office.post(PATH, data={"expected": 2})
    assert again.status_code == 400
    assert "要发的条数已从 2 变为 0" in again.text
    assert queued(session) == 2
    assert "现在没有要发的" in office.get(PATH).text


def test_reminders_wait_for_invitations(office: FlaskClient, session: Session, round_: Round) -> None:
    page = office.get(REMINDERS).text
    assert "还没邀请过" in page
    assert "现在没有要发的" in page
    assert office.post(REMINDERS, data={}).status_code == 400
    assert queued(session) == 0


@pytest.mark.parametrize("state", [RoundState.PREPARING, RoundState.CLOSED, RoundState.PUBLISHED])
def test_a_round_that_is_not_open_sends_nothing(
    office: FlaskClient, session: Session, round_: Round, state: RoundState
) -> None:
    round_.state = state
    session.commit()
    page = office.get(PATH).text
    assert "不在回访中，不能发短信" in page
    assert "发送 2 条" not in page
    assert office.post(PATH, data={"expected": 2}).status_code == 400
    assert queued(session) == 0


def test_a_round_without_a_closing_date_says_so(office: FlaskClient, session: Session, round_: Round) -> None:
    round_.closes_at = None
    session.commit()
    page = office.get(PATH)
    assert page.status_code == 200
    assert "没有截止日期" in page.text
