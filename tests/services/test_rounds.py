"""A round's life: one a quarter, forward only, closed early only with a reason."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.message import MessageState
from survey_app.domain.mode import Mode
from survey_app.domain.quarter import Quarter
from survey_app.domain.round_state import RoundState
from survey_app.models.audit_event import AuditEvent
from survey_app.models.message import Message
from survey_app.models.response import LaterSubmission
from survey_app.schemes.loader import scheme_digest
from survey_app.services import rounds
from survey_app.services.errors import ConflictError, ServiceError
from tests.builders import build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import build_answers

LAST_DAY = date(2022, 6, 30)


def test_a_round_is_created_once_and_pinned_to_its_scheme(session: Session, clock: FakeClock) -> None:
    made = rounds.create_round(session, " 2022-q2 ", LAST_DAY, clock.now)
    assert (made.quarter, made.state, made.opened_at) == ("2022-Q2", RoundState.PREPARING, None)
    assert made.scheme_digest == scheme_digest("fangcheng-2022")
    # The end of the last day in the county, which is eight hours ahead.
    assert made.closes_at == datetime(2022, 6, 30, 16, tzinfo=UTC)
    with pytest.raises(ServiceError, match="已经有轮次"):
        rounds.create_round(session, "2022-Q2", LAST_DAY, clock.now)


@pytest.mark.parametrize(
    ("quarter", "day", "scheme", "words", "field"),
    [
        ("2022年二季度", LAST_DAY, "fangcheng-2022", "2022-Q1 的样子", "quarter"),
        ("2022-Q2", date(2022, 6, 14), "fangcheng-2022", "已经过去", "last_day"),
        ("2022-Q2", LAST_DAY, "../x", "没有评分方案", "scheme"),
    ],
)
def test_what_cannot_be_a_round_is_refused(
    session: Session, clock: FakeClock, quarter: str, day: date, scheme: str, words: str, field: str
) -> None:
    with pytest.raises(ServiceError, match=words) as refused:
        rounds.create_round(session, quarter, day, clock.now, scheme_key=scheme)
    assert refused.value.field == field
    assert rounds.list_rounds(session) == []


def test_today_is_a_last_day_and_without_one_there_is_the_usual(session: Session, clock: FakeClock) -> None:
    today = rounds.create_round(session, "2022-Q2", date(2022, 6, 15), clock.now)
    assert today.closes_at == datetime(2022, 6, 15, 16, tzinfo=UTC)
    usual = rounds.create_round(session, "2022-Q3", None, clock.now)
    assert usual.closes_at == datetime(2022, 9, 30, 16, tzinfo=UTC)
    past = rounds.create_round(session, "2021-Q4", None, clock.now)
    assert past.closes_at == datetime(2022, 6, 29, 16, tzinfo=UTC)  # two weeks from now


def test_the_next_quarter_is_suggested(session: Session, clock: FakeClock) -> None:
    assert rounds.next_quarter(session, clock.now) == Quarter(2022, 2)
    build_round(session, "2022-Q2")
    assert rounds.next_quarter(session, clock.now) == Quarter(2022, 3)
    build_round(session, "2022-Q4")
    assert rounds.next_quarter(session, clock.now) == Quarter(2023, 1)


def test_a_round_goes_forward_only(session: Session, clock: FakeClock) -> None:
    made = rounds.create_round(session, "2022-Q2", LAST_DAY, clock.now)
    with pytest.raises(ConflictError, match="准备中"):
        rounds.close_round(session, made, clock.now)
    with pytest.raises(ServiceError, match="请先抽样"):
        rounds.open_round(session, made, clock.now)
    build_case(session, made, [build_unit(session)])
    opened = rounds.open_round(session, made, clock.now)
    assert (opened.state, opened.opened_at) == (RoundState.OPEN, clock.now)
    with pytest.raises(ConflictError, match="回访中"):
        rounds.open_round(session, made, clock.now)
    clock.advance(timedelta(days=20))
    closed = rounds.close_round(session, made, clock.now)
    assert closed.state is RoundState.CLOSED
    assert closed.closes_at == datetime(2022, 6, 30, 16, tzinfo=UTC)  # as announced, not as late as the click
    with pytest.raises(ConflictError):
        rounds.open_round(session, made, clock.now)
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["round.create", "round.open", "round.close"]


def test_closing_early_needs_a_reason_and_ends_the_round_now(session: Session, clock: FakeClock) -> None:
    made = build_round(session, closes_at=datetime(2022, 6, 30, 16, tzinfo=UTC))
    session.commit()
    for reason in ("", "  ", "长" * 1001):
        with pytest.raises(ServiceError) as refused:
            rounds.close_round(session, made, clock.now, reason=reason)
        assert refused.value.field == "reason"
    session.refresh(made)
    assert made.state is RoundState.OPEN
    closed = rounds.close_round(session, made, clock.now, reason="县里要求提前汇总")
    assert closed.closes_at == clock.now
    event = session.scalars(select(AuditEvent)).one()
    assert event.details == {"early": True, "reason": "县里要求提前汇总"}


def test_a_round_without_closing_moment_gets_one_when_closed(session: Session, clock: FakeClock) -> None:
    closed = rounds.close_round(session, build_round(session), clock.now, reason="没有设定截止日期")
    assert closed.closes_at == clock.now


def test_a_round_whose_last_day_is_over_is_not_opened(session: Session, clock: FakeClock) -> None:
    made = rounds.create_round(session, "2022-Q2", date(2022, 6, 16), clock.now)
    build_case(session, made, [build_unit(session)])
    session.commit()
    clock.advance(timedelta(days=3))
    with pytest.raises(ServiceError, match="先改截止日期"):
        rounds.open_round(session, made, clock.now)
    rounds.change_closing(session, made, LAST_DAY, clock.now)
    assert rounds.open_round(session, made, clock.now).state is RoundState.OPEN


def test_the_last_day_changes_only_while_answers_may_come(session: Session, clock: FakeClock) -> None:
    made = build_round(session, closes_at=datetime(2022, 6, 30, 16, tzinfo=UTC))
    with pytest.raises(ServiceError, match="已经过去"):
        rounds.change_closing(session, made, date(2022, 6, 1), clock.now)
    session.rollback()
    made = build_round(session, "2022-Q1", RoundState.CLOSED)
    with pytest.raises(ServiceError, match="已经截止"):
        rounds.change_closing(session, made, LAST_DAY, clock.now)


def test_every_case_is_answered_closed_or_waiting(session: Session, clock: FakeClock) -> None:
    round_, unit = build_round(session), build_unit(session)
    cases = [build_case(session, round_, [unit]) for _ in range(6)]
    build_answers(session, cases[0], {unit.id: "satisfied"}, clock.now).mode = Mode.SMS
    build_answers(session, cases[1], {unit.id: "satisfied"}, clock.now)
    cases[1].closed = cases[2].closed = True
    cases[2].disposition = Disposition.HARD_REFUSAL
    for case, state in ((cases[0], MessageState.SENT), (cases[3], MessageState.FAILED)):
        session.add(_message(case.id, state, clock.now))
    session.add(
        LaterSubmission(
            case_id=cases[0].id, mode=Mode.QR, received_at=clock.now, content_digest="0" * 64, content={}
        )
    )
    session.flush()
    build_case(session, build_round(session, "2022-Q1"), [unit])  # another round's counts for nothing
    cases[4].disposition, cases[4].due_at = Disposition.APPOINTMENT, clock.now + timedelta(hours=2)
    session.flush()
    figures = rounds.overview(session, round_.id, "satisfaction")
    assert (figures.cases, figures.answered, figures.closed, figures.waiting) == (6, 2, 1, 3)
    assert (figures.appointments, figures.delivered, figures.failed) == (1, 0, 1)
    assert rounds.due_calls(session, round_.id, clock.now, "satisfaction") == 2
    assert figures.by_mode == {Mode.QR: 1, Mode.SMS: 1}
    assert (figures.invited, figures.later) == (1, 1)


def _message(case_id: int, state: MessageState, now: datetime) -> Message:
    return Message(
        id=str(case_id),
        case_id=case_id,
        purpose="invitation",
        template_key="invitation",
        phone="13800138000",
        state=state,
        run_at=now,
        created_at=now,
    )
