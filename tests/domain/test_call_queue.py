"""Which case is next, and what every outcome makes of a case."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.call_queue import (
    MAX_NOTE,
    CallContext,
    NextStep,
    WaitingCase,
    after_call,
    call_order,
    outcome_faults,
)
from survey_app.domain.disposition import CALL_OUTCOMES, MAX_ATTEMPTS, RULES, Disposition, Family

COUNTY = timezone(timedelta(hours=8))
NOW = datetime(2022, 6, 15, 9, 30, tzinfo=COUNTY)  # a Wednesday
LATER = datetime(2022, 6, 17, 16, 0, tzinfo=COUNTY)
D = Disposition


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2022, 6, day, hour, minute, tzinfo=COUNTY)


OUTCOMES = [
    # outcome, disposition, closed, due again
    (D.NO_ANSWER, D.NO_ANSWER, False, at(15, 14, 30)),  # 12:30 is within the break
    (D.BUSY, D.BUSY, False, at(15, 10)),
    (D.PHONE_OFF, D.PHONE_OFF, False, at(16, 9, 30)),
    (D.PERSON_AWAY, D.PERSON_AWAY, False, at(15, 14, 30)),  # the other part of the day
    (D.APPOINTMENT, D.APPOINTMENT, False, at(17, 15, 45)),
    (D.BROKEN_OFF, D.BROKEN_OFF, False, at(15, 11, 30)),
    (D.SOFT_REFUSAL, D.SOFT_REFUSAL, False, at(22, 9, 30)),
    (D.HARD_REFUSAL, D.HARD_REFUSAL, True, None),
    (D.LANGUAGE, D.LANGUAGE, True, None),
    (D.WRONG_NUMBER, D.WRONG_NUMBER, True, None),
    (D.DEREGISTERED, D.DEREGISTERED, True, None),
]


def appointment_for(outcome: Disposition) -> datetime | None:
    return LATER if outcome is D.APPOINTMENT else None


@pytest.mark.parametrize(("outcome", "disposition", "closed", "due"), OUTCOMES)
def test_first_call(
    outcome: Disposition, disposition: Disposition, closed: bool, due: datetime | None
) -> None:
    step = after_call(outcome, CallContext(NOW, attempts=1), appointment_for(outcome))
    assert step == NextStep(disposition, closed, due, appointment_for(outcome))


def test_the_table_has_every_outcome() -> None:
    assert [row[0] for row in OUTCOMES] == list(dict.fromkeys(row[0] for row in OUTCOMES))
    assert {row[0] for row in OUTCOMES} == set(CALL_OUTCOMES)


@pytest.mark.parametrize("outcome", CALL_OUTCOMES)
def test_last_attempt_ends_the_case_but_for_a_promise(outcome: Disposition) -> None:
    step = after_call(outcome, CallContext(NOW, attempts=MAX_ATTEMPTS), appointment_for(outcome))
    if outcome is D.APPOINTMENT:
        assert not step.closed
        return
    assert step.closed
    kept = RULES[outcome].final or RULES[outcome].family is Family.REFUSAL
    assert step.disposition is (outcome if kept else D.MAX_ATTEMPTS)


@pytest.mark.parametrize("outcome", [D.SOFT_REFUSAL, D.BROKEN_OFF])
def test_a_refusal_is_tried_again_once(outcome: Disposition) -> None:
    step = after_call(outcome, CallContext(NOW, attempts=2, times_before=1))
    assert step == NextStep(outcome, closed=True)


def test_wrong_number_goes_on_with_the_next_number() -> None:
    step = after_call(D.WRONG_NUMBER, CallContext(NOW, attempts=2, numbers_left=True))
    assert step == NextStep(D.WRONG_NUMBER, due_at=NOW, stay_on_case=True)
    last = after_call(D.WRONG_NUMBER, CallContext(NOW, attempts=MAX_ATTEMPTS, numbers_left=True))
    assert last == NextStep(D.MAX_ATTEMPTS, closed=True)


def test_an_appointment_within_the_quarter_hour_is_due_at_once() -> None:
    soon = NOW + timedelta(minutes=5)
    assert after_call(D.APPOINTMENT, CallContext(NOW, 1), soon).due_at == NOW


@given(
    outcome=st.sampled_from(CALL_OUTCOMES),
    hour=st.integers(0, 23),
    day=st.integers(1, 30),
    attempts=st.integers(1, 9),
    before=st.integers(0, 4),
    left=st.booleans(),
)
def test_a_case_is_closed_or_due_and_never_both(
    outcome: Disposition, hour: int, day: int, attempts: int, before: int, left: bool
) -> None:
    now = at(day, hour)
    moment = now + timedelta(days=1) if outcome is D.APPOINTMENT else None
    step = after_call(outcome, CallContext(now, attempts, before, left), moment)
    assert step.closed is (step.due_at is None)
    assert step.due_at is None or step.due_at >= now
    assert not (step.closed and step.stay_on_case)


def test_appointments_come_first_then_the_hour_they_fell_due() -> None:
    old = WaitingCase(1, at(14, 9))
    promised_later = WaitingCase(2, at(15, 9, 25), at(15, 9, 40))
    promised = WaitingCase(3, at(15, 9, 15), at(15, 9, 30))
    new = WaitingCase(4, at(15, 9, 1))
    assert call_order([new, old, promised_later, promised], "s") == [promised, promised_later, old, new]


def test_within_an_hour_the_seed_decides() -> None:
    cases = [WaitingCase(n, at(15, 9, n % 60)) for n in range(50)]
    first = call_order(cases, "one")
    assert first == call_order(reversed(cases), "one")
    assert first != call_order(cases, "two")
    assert first != cases
    assert sorted(first, key=lambda case: case.case_id) == cases


def fields(**changes: object) -> list[str]:
    values = {
        "outcome": D.NO_ANSWER,
        "note": "",
        "appointment_at": None,
        "now": NOW,
        "closes_at": at(30, 18),
    }
    return [fault.field for fault in outcome_faults(**{**values, **changes})]  # type: ignore[arg-type]


def test_what_an_outcome_needs() -> None:
    assert fields() == []
    assert fields(outcome=None) == ["outcome"]
    assert fields(outcome=D.COMPLETE) == ["outcome"]  # only answers complete a case
    assert fields(outcome=D.WRONG_NUMBER, note="  ") == ["note"]
    assert fields(outcome=D.WRONG_NUMBER, note="空号") == []
    assert fields(note="字" * (MAX_NOTE + 1)) == ["note"]
    assert fields(appointment_at=LATER) == ["outcome"]
    assert fields(outcome=D.APPOINTMENT) == ["appointment_at"]
    assert fields(outcome=D.APPOINTMENT, appointment_at=NOW) == ["appointment_at"]
    assert fields(outcome=D.APPOINTMENT, appointment_at=at(30, 18)) == ["appointment_at"]
    assert fields(outcome=D.APPOINTMENT, appointment_at=at(30, 17, 59)) == []
    assert fields(outcome=D.APPOINTMENT, appointment_at=LATER, closes_at=None) == []


def test_a_fault_names_the_outcome_in_words() -> None:
    fault = outcome_faults(D.DEREGISTERED, "", None, NOW, None)[0]
    assert str(fault.sentence) == "结果为「企业已注销」时，请在备注里写明情况"
