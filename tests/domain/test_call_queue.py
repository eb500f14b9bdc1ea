"""Which case is next, and what every outcome makes of a case."""

from datetime import datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.call_queue import (
    MAX_NOTE,
    MOST_EXTRA,
    CallContext,
    NextStep,
    Spread,
    WaitingCase,
    after_call,
    call_order,
    outcome_faults,
    part_bit,
    spread,
)
from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.calling_rules import CallingRules
from survey_app.domain.disposition import CALL_OUTCOMES, DELAYED, RULES, Disposition, Family
from survey_app.domain.working_days import WorkingCalendar

COUNTY = timezone(timedelta(hours=8))
NOW = datetime(2022, 6, 15, 9, 30, tzinfo=COUNTY)  # a Wednesday
LATER = datetime(2022, 6, 17, 16, 0, tzinfo=COUNTY)
D = Disposition
PARTS = ((time(9, 30), time(11, 30)), (time(15), time(17, 30)))
HOURS = CallingHours(PARTS, WorkingCalendar().is_working)
RULES_OF_CALLS = CallingRules(
    max_attempts=5,
    least_days=2,
    least_parts=2,
    parts=PARTS,
    lease=timedelta(minutes=30),
    appointment_lead=timedelta(minutes=15),
    rest=timedelta(minutes=15),
    delays={code: RULES[code].retry_after or timedelta() for code in DELAYED},
    replace_at_once=True,
)
MAX_ATTEMPTS = RULES_OF_CALLS.max_attempts


def after(outcome: Disposition, context: CallContext, appointment_at: datetime | None = None) -> NextStep:
    return after_call(outcome, context, RULES_OF_CALLS, HOURS, appointment_at)


def used_up(now: datetime = NOW, **changes: object) -> CallContext:
    """A case at its last attempt, spread as it should be."""
    values = {"attempts": MAX_ATTEMPTS, "days": 2, "parts_tried": 0b11}
    return CallContext(now, **{**values, **changes})  # type: ignore[arg-type]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2022, 6, day, hour, minute, tzinfo=COUNTY)


OUTCOMES = [
    # outcome, disposition, closed, due again
    (D.NO_ANSWER, D.NO_ANSWER, False, at(15, 15)),  # 12:30 is within the break
    (D.BUSY, D.BUSY, False, at(15, 10)),
    (D.PHONE_OFF, D.PHONE_OFF, False, at(16, 9, 30)),
    (D.PERSON_AWAY, D.PERSON_AWAY, False, at(15, 15)),  # the other part of the day
    (D.APPOINTMENT, D.APPOINTMENT, False, at(17, 15, 45)),
    (D.BROKEN_OFF, D.BROKEN_OFF, False, at(15, 15)),  # 11:30 is the end of the part
    (D.SOFT_REFUSAL, D.SOFT_REFUSAL, False, at(22, 9, 30)),
    (D.HARD_REFUSAL, D.HARD_REFUSAL, True, None),
    (D.LANGUAGE, D.LANGUAGE, True, None),
    (D.HEARING, D.HEARING, True, None),
    (D.WRONG_NUMBER, D.WRONG_NUMBER, True, None),
    (D.DEREGISTERED, D.DEREGISTERED, True, None),
]


def appointment_for(outcome: Disposition) -> datetime | None:
    return LATER if outcome is D.APPOINTMENT else None


@pytest.mark.parametrize(("outcome", "disposition", "closed", "due"), OUTCOMES)
def test_first_call(
    outcome: Disposition, disposition: Disposition, closed: bool, due: datetime | None
) -> None:
    step = after(outcome, CallContext(NOW, attempts=1), appointment_for(outcome))
    assert step == NextStep(disposition, closed, due, appointment_for(outcome))


def test_the_table_has_every_outcome() -> None:
    assert [row[0] for row in OUTCOMES] == list(dict.fromkeys(row[0] for row in OUTCOMES))
    assert {row[0] for row in OUTCOMES} == set(CALL_OUTCOMES)


@pytest.mark.parametrize("outcome", CALL_OUTCOMES)
def test_last_attempt_ends_the_case_but_for_a_promise(outcome: Disposition) -> None:
    step = after(outcome, used_up(), appointment_for(outcome))
    if outcome is D.APPOINTMENT:
        assert not step.closed
        return
    assert step.closed
    kept = RULES[outcome].final or RULES[outcome].family is Family.REFUSAL
    assert step.disposition is (outcome if kept else D.MAX_ATTEMPTS)


@pytest.mark.parametrize("outcome", [D.SOFT_REFUSAL, D.BROKEN_OFF])
def test_a_refusal_is_tried_again_once(outcome: Disposition) -> None:
    step = after(outcome, CallContext(NOW, attempts=2, times_before=1))
    assert step == NextStep(outcome, closed=True)


def test_wrong_number_goes_on_with_the_next_number() -> None:
    step = after(D.WRONG_NUMBER, CallContext(NOW, attempts=2, numbers_left=True))
    assert step == NextStep(D.WRONG_NUMBER, due_at=NOW, stay_on_case=True)
    # Calls to wrong numbers don't count, so it goes on however often the case was called.
    assert after(D.WRONG_NUMBER, used_up(numbers_left=True)).stay_on_case


def test_an_appointment_within_the_quarter_hour_is_due_at_once() -> None:
    soon = NOW + timedelta(minutes=5)
    assert after(D.APPOINTMENT, CallContext(NOW, 1), soon).due_at == NOW


@given(
    outcome=st.sampled_from(CALL_OUTCOMES),
    hour=st.integers(0, 23),
    day=st.integers(1, 30),
    attempts=st.integers(1, 9),
    before=st.integers(0, 4),
    left=st.booleans(),
    days=st.integers(1, 5),
    tried=st.integers(1, 3),
)
def test_a_case_is_closed_or_due_and_never_both(
    outcome: Disposition,
    hour: int,
    day: int,
    attempts: int,
    before: int,
    left: bool,
    days: int,
    tried: int,
) -> None:
    now = at(day, hour)
    moment = now + timedelta(days=1) if outcome is D.APPOINTMENT else None
    step = after(outcome, CallContext(now, attempts, days, tried, before, left), moment)
    assert step.closed is (step.due_at is None)
    assert step.due_at is None or step.due_at >= now
    assert not (step.closed and step.stay_on_case)


def test_the_order_of_the_queue() -> None:
    """In the afternoon: what each case has before the next one."""
    mine_later = WaitingCase(1, at(15, 15), at(15, 15, 40), is_mine=True)
    mine = WaitingCase(2, at(15, 15), at(15, 15, 10), is_mine=True)
    promised = WaitingCase(3, at(15, 15), at(15, 15, 5))
    mornings_only = WaitingCase(4, at(15, 15), parts_tried=0b01, attempts=3)
    never_old = WaitingCase(5, at(13, 9))
    never_new = WaitingCase(6, at(15, 9))
    few_left = WaitingCase(8, at(13, 9), parts_tried=0b11, attempts=4)
    many_left = WaitingCase(7, at(14, 9), parts_tried=0b10, attempts=1)
    order = [mine, mine_later, promised, mornings_only, never_old, never_new, many_left, few_left]
    assert call_order(reversed(order), "s", 1) == order
    assert call_order(order, "s", 0)[3] == many_left  # which was only called in afternoons


def test_within_an_hour_the_seed_decides() -> None:
    cases = [WaitingCase(n, at(15, 9, n % 60)) for n in range(50)]
    first = call_order(cases, "one", 0)
    assert first == call_order(reversed(cases), "one", 0)
    assert first != call_order(cases, "two", 0)
    assert first != cases
    assert sorted(first, key=lambda case: case.case_id) == cases


def test_what_a_call_does_for_the_spread() -> None:
    assert [spread(mask, 1) for mask in (0b00, 0b01, 0b10, 0b11)] == [
        Spread.FIRST,
        Spread.ANOTHER_PART,
        Spread.SAME_PART,
        Spread.SAME_PART,
    ]


class TestSpread:
    """A case is not given up before its attempts were on two days and in two parts of the day."""

    def test_the_last_attempt_goes_where_one_lacks(self) -> None:
        fourth = CallContext(at(15, 9, 40), attempts=4, days=1, parts_tried=0b01)
        assert after(D.BUSY, fourth).due_at == at(16, 15)  # another day, and the afternoon
        spread_over_days = CallContext(at(15, 9, 40), attempts=4, days=2, parts_tried=0b01)
        assert after(D.BUSY, spread_over_days).due_at == at(15, 15)
        spread_over_parts = CallContext(at(15, 15), attempts=4, days=1, parts_tried=0b11)
        assert after(D.BUSY, spread_over_parts).due_at == at(16, 9, 30)
        third = CallContext(at(15, 9, 40), attempts=3, days=1, parts_tried=0b01)
        assert after(D.BUSY, third).due_at == at(15, 10, 10)  # there is an attempt to spare

    def test_without_the_spread_it_goes_on_but_not_for_ever(self) -> None:
        for attempts in range(MAX_ATTEMPTS, MAX_ATTEMPTS + MOST_EXTRA):
            assert not after(D.NO_ANSWER, used_up(attempts=attempts, parts_tried=0b01)).closed
        last = used_up(attempts=MAX_ATTEMPTS + MOST_EXTRA, parts_tried=0b01)
        assert after(D.NO_ANSWER, last) == NextStep(D.MAX_ATTEMPTS, closed=True)

    @given(
        outcomes=st.lists(
            st.sampled_from([D.NO_ANSWER, D.BUSY, D.PHONE_OFF, D.PERSON_AWAY]), min_size=9, max_size=9
        ),
        hour=st.integers(9, 17),
        late=st.integers(0, 90),
    )
    def test_whoever_calls_when_a_case_is_due_spreads_it_within_the_usual_attempts(
        self, outcomes: list[Disposition], hour: int, late: int
    ) -> None:
        """`late` minutes after it fell due, within the part of the day."""
        moment, calls = HOURS.next_moment(at(15, hour)), []
        for number, outcome in enumerate(outcomes, start=1):
            calls.append(moment)
            days = len({each.date() for each in calls})
            tried = sum({part_bit(HOURS.part_of(each)) for each in calls})
            step = after(outcome, CallContext(moment, number, days, tried))
            if step.closed:
                break
            assert step.due_at is not None
            assert HOURS.allow(step.due_at)
            moment = min(step.due_at + timedelta(minutes=late), end_of_part(step.due_at))
        assert (number, days >= 2, tried) == (MAX_ATTEMPTS, True, 0b11)


def end_of_part(moment: datetime) -> datetime:
    end = next(end for start, end in PARTS if start <= moment.time() < end)
    return datetime.combine(moment.date(), end, COUNTY) - timedelta(seconds=1)


class TestStates:
    def test_final_states_take_no_call(self) -> None:
        """But for a wrong number, for which another may be found."""
        for code, rule in RULES.items():
            calls_on = set(CALL_OUTCOMES) & rule.next_states
            assert bool(calls_on) is (not rule.final or code is D.WRONG_NUMBER), code
        assert all(RULES[code].next_states == frozenset() for code in (D.COMPLETE, D.NO_DEALINGS))

    def test_every_state_is_reached_and_leads_to_an_end(self) -> None:
        reached, new = set(), {D.NOT_CONTACTED}
        while new - reached:
            reached |= new
            new = set().union(*(RULES[code].next_states for code in new))
        assert reached == set(D)
        for code in set(D) - {D.COMPLETE, D.NO_DEALINGS}:
            assert D.COMPLETE in RULES[code].next_states, "an enterprise may answer by its link at any time"

    @pytest.mark.parametrize("before", [code for code, rule in RULES.items() if rule.final])
    def test_a_step_that_the_table_does_not_know_is_refused(self, before: Disposition) -> None:
        if before is D.WRONG_NUMBER:
            assert after(D.BUSY, CallContext(NOW, 1, before=before)).disposition is D.BUSY
            return
        with pytest.raises(ValueError, match="can't follow"):
            after(D.BUSY, CallContext(NOW, 1, before=before))

    @given(st.lists(st.tuples(st.sampled_from(CALL_OUTCOMES), st.booleans()), max_size=12))
    def test_whatever_comes_of_its_calls_a_case_moves_along_the_table(
        self, calls: list[tuple[Disposition, bool]]
    ) -> None:
        before, counts = D.NOT_CONTACTED, dict.fromkeys(D, 0)
        for number, (outcome, left) in enumerate(calls, start=1):
            context = CallContext(NOW, number, 2, 0b11, counts[outcome], left, before)
            step = after(outcome, context, appointment_for(outcome))
            assert step.disposition in RULES[before].next_states
            assert step.closed <= (
                RULES[step.disposition].final or RULES[step.disposition].retries is not None
            )
            counts[outcome] += 1
            before = step.disposition
            if step.closed:
                break

    def test_codes_are_aapors(self) -> None:
        first = {"I": "1", "P": "1", "R": "2", "NC": "2", "O": "2", "UH": "3", "UO": "3", "NE": "4"}
        for code, rule in RULES.items():
            assert rule.aapor[0] == first[rule.family], code


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
