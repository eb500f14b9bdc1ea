"""Invitations and reminders: who gets one, each once, and what the worker then sends."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey_app.domain.disposition import Disposition
from survey_app.domain.message import MessageState
from survey_app.domain.round_state import RoundState
from survey_app.jobs import Worker, run_worker
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import FrameEntry
from survey_app.models.message import Message
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import messages
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.invitations import INVITATION, REMINDER, SendPlan, invite, message_variables, plan
from survey_app.services.personal_links import redraw_link
from tests.builders import build_account, build_case, build_enterprise, build_round, build_unit, token_of
from tests.conftest import FakeClock
from tests.score_builders import build_answers

CLOSES = datetime(2022, 6, 24, 16, 0, tzinfo=UTC)  # the 25th begins in the county


@pytest.fixture
def collaborators(app: Flask) -> Collaborators:
    found = app.extensions["collaborators"]
    assert isinstance(found, Collaborators)
    return found


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session, closes_at=CLOSES)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "县税务局")


def new_case(session: Session, round_: Round, unit: Unit, phone: str, name: str | None = None) -> Case:
    return build_case(session, round_, [unit], build_enterprise(session, name), phone=phone)


def work(collaborators: Collaborators, session: Session) -> None:
    """Let the real worker send all that is due."""
    sessions = sessionmaker(session.get_bind(), expire_on_commit=False)
    worker = Worker(collaborators, sessions, message_variables(collaborators), "w", jitter=lambda: 0.5)
    run_worker(worker, once=True)


def by_case(session: Session) -> dict[str, list[tuple[str, MessageState]]]:
    """The messages there are: purpose and state, by the enterprise's name."""
    found: dict[str, list[tuple[str, MessageState]]] = {}
    rows = session.scalars(
        select(Message).order_by(Message.created_at, Message.id).execution_options(populate_existing=True)
    )
    for message in rows:
        found.setdefault(message.case.enterprise.name, []).append((message.purpose, message.state))
    session.rollback()
    return found


def names(planned: SendPlan) -> dict[str, list[str]]:
    return {
        group: [each.enterprise for each in getattr(planned, group)]
        for group in ("recipients", "no_mobile", "held_back")
    }


def test_the_plan_puts_every_case_into_one_group(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    new_case(session, round_, unit, "13800000001", "甲")
    new_case(session, round_, unit, "0377-67230000", "座机户")
    new_case(session, round_, unit, "13800000001", "同号户")
    answered = new_case(session, round_, unit, "13800000002", "已答户")
    build_answers(session, answered, {unit.id: "satisfied"}, clock.now)
    new_case(session, round_, unit, "13800000003", "已拒户").closed = True
    session.commit()
    planned = plan(session, collaborators, round_, INVITATION, clock.now)
    assert names(planned) == {"recipients": ["甲"], "no_mobile": ["座机户"], "held_back": ["同号户"]}
    assert (planned.answered, planned.ended, planned.sent_before, planned.not_invited) == (1, 1, 0, 0)
    assert planned.recipients[0].phone == "13800000001"
    assert "6月25日前有效" in planned.text
    assert "http://localhost/s/" in planned.text
    assert planned.segments == 2


def test_a_number_found_wrong_is_passed_over_for_the_next(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    case = new_case(session, round_, unit, "13800000001", "甲")
    entry = session.scalars(select(FrameEntry)).one()
    entry.phones = [*entry.phones, {"number": "13900000001", "extension": "", "kind": "mobile"}]
    caller = build_account(session)
    session.add(
        ContactAttempt(
            case_id=case.id,
            interviewer_id=caller.id,
            phone="13800000001",
            started_at=clock.now,
            outcome=Disposition.WRONG_NUMBER.value,
        )
    )
    session.commit()
    planned = plan(session, collaborators, round_, INVITATION, clock.now)
    assert [each.phone for each in planned.recipients] == ["13900000001"]


def test_what_is_planned_is_queued_once_and_sent_once(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    cases = [new_case(session, round_, unit, f"1380000000{n}", f"企业{n}") for n in range(5)]
    links = {case.enterprise.name: token_of(case) for case in cases}
    session.commit()
    planned = plan(session, collaborators, round_, INVITATION, clock.now)
    assert invite(session, collaborators, round_, INVITATION, clock.now, expected=5) == 5
    assert invite(session, collaborators, round_, INVITATION, clock.now) == 0
    queued = {message.phone for message in session.scalars(select(Message))}
    assert queued == {each.phone for each in planned.recipients}
    assert plan(session, collaborators, round_, INVITATION, clock.now).sent_before == 5
    actions = session.scalars(select(AuditEvent).where(AuditEvent.action == "message.invitation")).all()
    assert [action.details for action in actions] == [{"queued": 5, "instrument": "satisfaction"}]
    session.rollback()
    work(collaborators, session)
    work(collaborators, session)
    assert by_case(session) == {f"企业{n}": [("invitation", MessageState.SENT)] for n in range(5)}
    for message in session.scalars(select(Message)):
        assert (message.attempts, message.gateway, message.segments) == (1, "outbox", 2)
        text = messages.compose(message, message_variables(collaborators), None).text
        assert f"http://localhost/s/{links[message.case.enterprise.name]}?m=s " in text


def test_reminders_go_to_who_was_invited_and_has_not_answered(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    new_case(session, round_, unit, "13800000001", "甲")
    answering = new_case(session, round_, unit, "13800000002", "乙")
    session.commit()
    invite(session, collaborators, round_, INVITATION, clock.now)
    work(collaborators, session)
    new_case(session, round_, unit, "13800000003", "后抽的")
    build_answers(session, answering, {unit.id: "satisfied"}, clock.now)
    session.commit()
    same_day = plan(session, collaborators, round_, REMINDER, clock.now)
    assert names(same_day) == {"recipients": [], "no_mobile": [], "held_back": ["甲"]}
    clock.advance(timedelta(days=2))
    planned = plan(session, collaborators, round_, REMINDER, clock.now)
    assert names(planned) == {"recipients": ["甲"], "no_mobile": [], "held_back": []}
    assert (planned.answered, planned.not_invited) == (1, 1)
    assert "6月25日前" in planned.text
    assert invite(session, collaborators, round_, REMINDER, clock.now) == 1
    assert invite(session, collaborators, round_, REMINDER, clock.now) == 0


def test_a_queued_reminder_does_not_go_to_who_answered_meanwhile(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    case = new_case(session, round_, unit, "13800000001", "甲")
    session.commit()
    invite(session, collaborators, round_, INVITATION, clock.now)
    work(collaborators, session)
    clock.advance(timedelta(days=2))
    assert invite(session, collaborators, round_, REMINDER, clock.now) == 1
    build_answers(session, case, {unit.id: "satisfied"}, clock.now)
    session.commit()
    work(collaborators, session)
    assert by_case(session)["甲"] == [
        ("invitation", MessageState.SENT),
        ("reminder", MessageState.FAILED),
    ]
    reminder = session.scalars(select(Message).where(Message.purpose == REMINDER)).one()
    assert reminder.error == "企业已经答复，不再发送"


def test_nothing_is_sent_after_the_round_is_over(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    new_case(session, round_, unit, "13800000001", "甲")
    new_case(session, round_, unit, "13800000002", "乙").closed = True
    session.commit()
    invite(session, collaborators, round_, INVITATION, clock.now)
    clock.now = CLOSES + timedelta(minutes=1)
    work(collaborators, session)
    assert by_case(session) == {"甲": [("invitation", MessageState.FAILED)]}
    assert session.scalars(select(Message)).one().error == "本轮已经截止，不再发送"
    session.rollback()
    with pytest.raises(ServiceError, match="2022年第二季度不在回访中，不能发短信"):
        invite(session, collaborators, round_, REMINDER, clock.now)


@pytest.mark.parametrize("state", [RoundState.PREPARING, RoundState.CLOSED])
def test_only_an_open_round_invites(
    session: Session,
    collaborators: Collaborators,
    round_: Round,
    unit: Unit,
    clock: FakeClock,
    state: RoundState,
) -> None:
    new_case(session, round_, unit, "13800000001", "甲")
    round_.state = state
    session.commit()
    with pytest.raises(ServiceError, match="不能发短信"):
        invite(session, collaborators, round_, INVITATION, clock.now)
    assert by_case(session) == {}


def test_a_changed_number_of_recipients_is_asked_about_again(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    new_case(session, round_, unit, "13800000001", "甲")
    session.commit()
    with pytest.raises(ConflictError, match="要发的条数已从 2 变为 1"):
        invite(session, collaborators, round_, INVITATION, clock.now, expected=2)
    assert by_case(session) == {}


def test_one_number_gets_one_message_a_day_and_its_share_a_round(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    for name in "甲乙丙丁":
        new_case(session, round_, unit, "13800000001", name)
    session.commit()
    sent = []
    for _day in range(5):
        sent.append(invite(session, collaborators, round_, INVITATION, clock.now))
        clock.advance(timedelta(days=1, minutes=1))
    assert sent == [1, 1, 0, 0, 0]


def test_after_a_new_link_the_enterprise_may_be_told_again(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    case = new_case(session, round_, unit, "13800000001", "甲")
    session.commit()
    assert invite(session, collaborators, round_, INVITATION, clock.now) == 1
    redraw_link(session, collaborators.keys, case, clock.now)
    clock.advance(timedelta(days=2))
    assert invite(session, collaborators, round_, INVITATION, clock.now) == 1
    assert [purpose for purpose, _state in by_case(session)["甲"]] == ["invitation", "invitation-2"]


def test_a_round_without_a_closing_date_says_so(
    session: Session, collaborators: Collaborators, unit: Unit, clock: FakeClock
) -> None:
    round_ = build_round(session)
    with pytest.raises(ServiceError, match="没有截止日期"):
        plan(session, collaborators, round_, INVITATION, clock.now)
    with pytest.raises(ServiceError, match="只能是邀请或催答"):
        plan(session, collaborators, round_, "greeting", clock.now)
