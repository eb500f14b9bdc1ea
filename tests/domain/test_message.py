"""The states of a message: what order reports come in changes nothing, and nothing goes back by itself."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.message import (
    BACKOFF_CAP,
    MAX_ABSENCES,
    MAX_SENDS,
    MessageState,
    advance,
    after_absence,
    backoff,
    may_follow,
)

S = MessageState
REPORTS = (S.SENT, S.FAILED, S.DELIVERED)


@pytest.mark.parametrize("start", [S.QUEUED, S.CLAIMED, S.UNKNOWN, S.SENT])
@pytest.mark.parametrize("reports", [r for n in (1, 2, 3) for r in permutations(REPORTS, n)])
def test_the_highest_report_stands_whatever_the_order(start: S, reports: tuple[S, ...]) -> None:
    state = start
    for report in (*reports, *reports):
        state = advance(state, report)
    assert state == max(reports, key=REPORTS.index)


@given(st.sampled_from(S), st.lists(st.sampled_from(REPORTS)))
def test_delivered_never_goes_back(start: S, reports: list[S]) -> None:
    state = advance(start, S.DELIVERED)
    for report in reports:
        state = advance(state, report)
    assert state == S.DELIVERED
    assert not any(may_follow(S.DELIVERED, other) for other in S)


def test_only_what_certainly_was_not_sent_is_queued_again() -> None:
    assert {state for state in S if may_follow(state, S.QUEUED)} == {S.CLAIMED, S.UNKNOWN}
    assert {state for state in S if may_follow(state, S.CLAIMED)} == {S.QUEUED}
    assert {state for state in S if may_follow(state, S.UNKNOWN)} == {S.CLAIMED}


def test_two_absences_allow_one_more_send_and_then_none() -> None:
    after = [after_absence(n) for n in range(1, MAX_ABSENCES + 1)]
    assert after == [S.UNKNOWN, S.QUEUED, S.UNKNOWN, S.UNKNOWN]
    assert 1 + after.count(S.QUEUED) == MAX_SENDS


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_backoff_grows_within_its_bounds(tries: int, jitter: float) -> None:
    wait = backoff(tries, jitter)
    assert backoff(tries, 0) <= wait <= backoff(tries, 1) <= BACKOFF_CAP
    assert backoff(tries, jitter) <= backoff(tries + 1, jitter)


def test_backoff_waits_at_least_as_long_as_asked() -> None:
    assert backoff(1, 1) == timedelta(seconds=15)
    assert backoff(2, 0) == timedelta(seconds=15)
    assert backoff(1, 0, timedelta(minutes=5)) == timedelta(minutes=5)
    assert backoff(5, 1, timedelta(seconds=1)) == timedelta(minutes=4)


@pytest.mark.parametrize(("tries", "jitter"), [(0, 0.5), (1, -0.1), (1, 1.1)])
def test_backoff_refuses_nonsense(tries: int, jitter: float) -> None:
    with pytest.raises(ValueError, match="jitter"):
        backoff(tries, jitter)
