"""Messages in the database: queued once, claimed by one, and settled the same whatever comes first."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from survey_app.domain.message import MAX_ABSENCES, MessageState
from survey_app.domain.message_text import TemplateError
from survey_app.integrations.sms.gateway import (
    Accepted,
    Ambiguous,
    Found,
    LookupFailed,
    NotFound,
    Rejected,
    SendOutcome,
    StatusReport,
    Throttled,
)
from survey_app.models.case import Case
from survey_app.models.message import Message, MessageEvent
from survey_app.services.errors import NotFoundError
from survey_app.services.message_reports import claim_lookup, record_callback, record_lookup
from survey_app.services.messages import claim_next, compose, queue_message, record_outcome, sweep_expired
from tests.builders import build_case, build_round, build_unit
from tests.conftest import FakeClock

S = MessageState
LEASE = timedelta(minutes=2)
GAP = timedelta(minutes=15)
SENT = StatusReport("SM1", "sent", S.SENT)
DELIVERED = StatusReport("SM1", "delivered", S.DELIVERED)
UNDELIVERED = StatusReport("SM1", "undelivered", S.FAILED, "30003", "对方手机关机")


@pytest.fixture
def case(session: Session) -> Case:
    case = build_case(session, build_round(session), [build_unit(session)])
    session.commit()
    return case


@pytest.fixture
def message(session: Session, case: Case, clock: FakeClock) -> Message:
    message = queue_message(session, case, "invitation", "invitation", "13800138000", clock.now)
    assert message is not None
    session.commit()
    return message


def claim(session: Session, clock: FakeClock) -> Message | None:
    return claim_next(session, "w", "twilio", clock.now, LEASE)


def outcome(session: Session, clock: FakeClock, what: SendOutcome, attempts: int = 1) -> Message:
    (message_id,) = session.scalars(select(Message.id)).all()
    record_outcome(session, message_id, attempts, what, "文", clock.now, 0.0)
    return reread(session)


def reread(session: Session) -> Message:
    return session.scalars(select(Message).execution_options(populate_existing=True)).one()


def make_unknown(session: Session, clock: FakeClock) -> Message:
    claim(session, clock)
    message = outcome(session, clock, Ambiguous("超时"))
    assert message.state == S.UNKNOWN
    return message


def look(session: Session, clock: FakeClock, found: Found | NotFound | LookupFailed) -> bool:
    message = claim_lookup(session, "twilio", clock.now, GAP)
    if message is None:
        return False
    record_lookup(session, message.id, message.attempts, found, clock.now)
    return True


def test_a_case_gets_one_message_for_a_purpose(session: Session, case: Case, clock: FakeClock) -> None:
    assert queue_message(session, case, "invitation", "invitation", "13800138000", clock.now)
    assert queue_message(session, case, "invitation", "invitation", "13900139000", clock.now) is None
    assert queue_message(session, case, "reminder", "reminder-1", "13800138000", clock.now)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Message)) == 2


def test_message_is_gone_with_the_transaction_that_caused_it(
    session: Session, case: Case, clock: FakeClock
) -> None:
    assert queue_message(session, case, "invitation", "invitation", "13800138000", clock.now)
    session.rollback()
    assert claim(session, clock) is None


def test_message_is_claimed_once_and_not_before_its_time(
    session: Session, message: Message, clock: FakeClock
) -> None:
    assert claim_next(session, "w", "twilio", clock.now - timedelta(seconds=1), LEASE) is None
    claimed = claim(session, clock)
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.attempts, claimed.worker) == (message.id, S.CLAIMED, 1, "w")
    assert claim(session, clock) is None


def test_two_claims_at_once_get_two_messages(
    session: Session, message: Message, case: Case, clock: FakeClock, database_url: str
) -> None:
    """While one transaction holds the first message, another passes it by (PostgreSQL) or waits (SQLite)."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    second = queue_message(session, case, "reminder", "reminder-1", "13800138000", clock.now)
    assert second is not None
    session.commit()
    session.execute(text("SET lock_timeout = '2s'"))  # fail, rather than wait for the lock below
    session.commit()
    engine = create_engine(database_url)
    with sessionmaker(engine)() as other:
        held = other.scalar(select(Message.id).where(Message.id == message.id).with_for_update())
        claimed = claim(session, clock)
        assert claimed is not None
        assert {held, claimed.id} == {message.id, second.id}
        assert claim(session, clock) is None
    engine.dispose()


def test_compose_renders_by_the_scheme_of_the_round(session: Session, message: Message) -> None:
    values = {"url": "https://hf/s/x", "code": "7K3M9QXW", "deadline": "6月25日"}
    outgoing = compose(message, lambda _: values, "https://hf/hook")
    assert outgoing.text.startswith("【方城营商办】")
    assert all(value in outgoing.text for value in values.values())
    assert (outgoing.template_key, outgoing.variables) == ("satisfaction.invitation", values)
    message.template_key = "nothing"
    with pytest.raises(TemplateError, match=r"没有短信模板 satisfaction\.nothing"):
        compose(message, lambda _: values, None)


def test_accepted(session: Session, message: Message, clock: FakeClock) -> None:
    claim(session, clock)
    after = outcome(session, clock, Accepted("SM1", S.SENT, 2))
    assert (after.state, after.provider_id, after.segments) == (S.SENT, "SM1", 2)
    assert (after.sent_at, after.settled_at) == (clock.now, None)


def test_segments_are_counted_where_the_provider_does_not(
    session: Session, message: Message, clock: FakeClock
) -> None:
    claim(session, clock)
    assert outcome(session, clock, Accepted("SM1")).segments == 1


def test_rejected_is_final_with_its_reason(session: Session, message: Message, clock: FakeClock) -> None:
    claim(session, clock)
    after = outcome(session, clock, Rejected("21610", "对方已退订"))
    assert (after.state, after.error_code, after.error) == (S.FAILED, "21610", "对方已退订")
    clock.advance(timedelta(days=1))
    assert claim(session, clock) is None


def test_throttled_is_tried_again_later_and_any_number_of_times(
    session: Session, message: Message, clock: FakeClock
) -> None:
    for attempts in range(1, 6):
        assert claim(session, clock) is not None
        after = outcome(session, clock, Throttled(timedelta(minutes=5), "20429", "放慢"), attempts)
        assert (after.state, after.run_at, after.absences) == (S.QUEUED, clock.now + timedelta(minutes=5), 0)
        clock.advance(timedelta(minutes=5) - timedelta(seconds=1))
        assert claim(session, clock) is None
        clock.advance(timedelta(seconds=1))
    claim(session, clock)
    after = outcome(session, clock, Accepted("SM1"), 6)
    assert (after.state, after.error, after.error_code) == (S.SENT, None, None)


def test_ambiguous_waits_for_a_lookup_and_is_not_sent(
    session: Session, message: Message, clock: FakeClock
) -> None:
    make_unknown(session, clock)
    clock.advance(timedelta(days=1))
    assert claim(session, clock) is None


def test_outcome_of_an_earlier_try_changes_nothing(
    session: Session, message: Message, clock: FakeClock
) -> None:
    claim(session, clock)
    outcome(session, clock, Throttled())
    clock.advance(timedelta(hours=1))
    claim(session, clock)
    for late in (Accepted("SM9"), Rejected("1", "x"), Throttled(), Ambiguous("y")):
        after = outcome(session, clock, late, attempts=1)
        assert (after.state, after.provider_id, after.attempts) == (S.CLAIMED, None, 2)


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (Accepted("SM1"), S.SENT),
        (Rejected("21211", "无效"), S.FAILED),
        (Throttled(), S.QUEUED),
        (Ambiguous("z"), S.UNKNOWN),
    ],
)
def test_outcome_after_the_lease_is_certain_still(
    session: Session, message: Message, clock: FakeClock, late: SendOutcome, state: S
) -> None:
    claim(session, clock)
    clock.advance(LEASE)
    assert sweep_expired(session, clock.now) == 1
    assert outcome(session, clock, late).state == state


def test_sweep_leaves_a_dead_workers_message_unknown_and_never_queued(
    session: Session, message: Message, clock: FakeClock
) -> None:
    claim(session, clock)
    clock.advance(LEASE - timedelta(seconds=1))
    assert sweep_expired(session, clock.now) == 0
    clock.advance(timedelta(seconds=1))
    assert sweep_expired(session, clock.now) == 1
    assert sweep_expired(session, clock.now) == 0
    assert reread(session).state == S.UNKNOWN
    assert claim(session, clock) is None


def test_found_at_the_provider_is_sent(session: Session, message: Message, clock: FakeClock) -> None:
    make_unknown(session, clock)
    assert look(session, clock, Found((DELIVERED,)))
    after = reread(session)
    assert (after.state, after.provider_id, after.error) == (S.DELIVERED, "SM1", None)


def test_missing_twice_far_apart_is_sent_once_more_and_then_left_to_staff(
    session: Session, message: Message, clock: FakeClock
) -> None:
    sends = 0
    for _day in range(100):
        claimed = claim(session, clock)
        if claimed is not None:
            sends += 1
            outcome(session, clock, Ambiguous("超时"), claimed.attempts)
        look(session, clock, NotFound())
        clock.advance(timedelta(minutes=5))
    after = reread(session)
    assert sends == 2
    assert (after.state, after.absences) == (S.UNKNOWN, MAX_ABSENCES)
    assert "人工" in (after.error or "")


def test_second_look_waits_for_its_gap_whoever_asks(
    session: Session, message: Message, clock: FakeClock
) -> None:
    make_unknown(session, clock)
    assert look(session, clock, NotFound())
    clock.advance(GAP - timedelta(seconds=1))
    assert not look(session, clock, NotFound())
    assert reread(session).state == S.UNKNOWN
    clock.advance(timedelta(seconds=1))
    assert look(session, clock, NotFound())
    assert reread(session).state == S.QUEUED


def test_failed_look_is_no_absence(session: Session, message: Message, clock: FakeClock) -> None:
    make_unknown(session, clock)
    for _ in range(10):
        assert look(session, clock, LookupFailed("查不到"))
        clock.advance(GAP)
    after = reread(session)
    assert (after.state, after.absences, after.error) == (S.UNKNOWN, 0, "查不到")


def test_another_gateways_message_is_not_looked_for_here(
    session: Session, message: Message, clock: FakeClock
) -> None:
    make_unknown(session, clock)
    assert claim_lookup(session, "csv", clock.now, GAP) is None


def test_two_messages_with_one_text_are_told_apart(
    session: Session, message: Message, case: Case, clock: FakeClock
) -> None:
    claim(session, clock)
    outcome(session, clock, Accepted("SM1"))
    second = queue_message(session, case, "invitation", "again", "13800138000", clock.now)
    assert second is not None
    session.commit()
    claim(session, clock)
    record_outcome(session, second.id, 1, Ambiguous("超时"), "", clock.now, 0)
    # The provider lists the first one only: the second was not sent.
    assert look(session, clock, Found((SENT,)))
    after = session.get(Message, second.id, populate_existing=True)
    assert after is not None
    assert (after.state, after.absences, after.provider_id) == (S.UNKNOWN, 1, None)


def test_lookup_that_comes_after_the_callback_changes_nothing(
    session: Session, message: Message, clock: FakeClock
) -> None:
    make_unknown(session, clock)
    looked = claim_lookup(session, "twilio", clock.now, GAP)
    assert looked is not None
    record_callback(session, looked.id, DELIVERED, clock.now)
    record_lookup(session, looked.id, looked.attempts, NotFound(), clock.now)
    after = reread(session)
    assert (after.state, after.absences) == (S.DELIVERED, 0)


@pytest.mark.parametrize("reports", list(permutations((SENT, UNDELIVERED, DELIVERED))))
def test_callbacks_in_any_order_twice_over(
    session: Session, message: Message, clock: FakeClock, reports: tuple[StatusReport, ...]
) -> None:
    claim(session, clock)
    outcome(session, clock, Accepted("SM1"))
    for report in (*reports, *reversed(reports)):
        record_callback(session, message.id, report, clock.now)
    after = reread(session)
    assert (after.state, after.error) == (S.DELIVERED, None)
    statuses = session.scalars(select(MessageEvent.status)).all()
    assert sorted(statuses) == ["delivered", "sent", "undelivered"]


def test_callback_before_the_answer_to_sending(session: Session, message: Message, clock: FakeClock) -> None:
    claim(session, clock)
    record_callback(session, message.id, DELIVERED, clock.now)
    assert reread(session).provider_id == "SM1"
    after = outcome(session, clock, Accepted("SM1", S.SENT, 2))
    assert (after.state, after.provider_id, after.segments, after.error) == (S.DELIVERED, "SM1", 2, None)


@pytest.mark.parametrize("answer", [Ambiguous("超时"), Throttled()])
def test_callback_before_a_lost_answer_settles_it(
    session: Session, message: Message, clock: FakeClock, answer: SendOutcome
) -> None:
    claim(session, clock)
    record_callback(session, message.id, SENT, clock.now)
    assert outcome(session, clock, answer).state == S.SENT


def test_late_callback_keeps_a_requeued_message_from_going_out_again(
    session: Session, message: Message, clock: FakeClock
) -> None:
    make_unknown(session, clock)
    look(session, clock, NotFound())
    clock.advance(GAP)
    look(session, clock, NotFound())
    assert reread(session).state == S.QUEUED
    record_callback(session, message.id, SENT, clock.now)
    assert claim(session, clock) is None


def test_callback_of_another_provider_message_does_not_move_this_one(
    session: Session, message: Message, clock: FakeClock
) -> None:
    claim(session, clock)
    outcome(session, clock, Accepted("SM1"))
    record_callback(session, message.id, StatusReport("SM2", "delivered", S.DELIVERED), clock.now)
    after = reread(session)
    assert (after.state, after.provider_id) == (S.SENT, "SM1")
    assert "两条" in (after.error or "")


def test_unknown_word_is_kept_and_moves_nothing(session: Session, message: Message, clock: FakeClock) -> None:
    record_callback(session, message.id, StatusReport("SM1", "a-new-word", None), clock.now)
    assert reread(session).state == S.QUEUED
    assert session.scalars(select(MessageEvent.status)).all() == ["a-new-word"]


def test_callback_for_no_message(session: Session, clock: FakeClock) -> None:
    with pytest.raises(NotFoundError):
        record_callback(session, "0f9b", SENT, clock.now)
