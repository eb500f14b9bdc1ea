"""The state of a bridge call, from what was asked and what was reported."""

from datetime import timedelta
from itertools import combinations

import pytest

from survey_app.domain.call_bridge import (
    LONGEST_ASKING,
    LONGEST_SILENCE,
    Asked,
    BridgeState,
    Leg,
    LegStatus,
    is_live,
    may_ask_again,
    shows_number,
    state_of,
)

US, E, L, S = Leg.INTERVIEWER, Leg.ENTERPRISE, LegStatus, BridgeState
NOW = timedelta()


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        ([], S.INTERVIEWER_RINGS),
        ([(US, L.RINGING)], S.INTERVIEWER_RINGS),
        ([(US, L.ANSWERED)], S.ENTERPRISE_RINGS),
        ([(E, L.RINGING)], S.ENTERPRISE_RINGS),
        ([(E, L.ANSWERED)], S.TALKING),
        ([(E, L.ANSWERED), (US, L.COMPLETED)], S.ENDED),
        ([(E, L.COMPLETED)], S.ENDED),
        ([(US, L.BUSY)], S.INTERVIEWER_BUSY),
        ([(US, L.NO_ANSWER)], S.INTERVIEWER_NO_ANSWER),
        ([(US, L.FAILED)], S.INTERVIEWER_FAILED),
        ([(E, L.BUSY), (US, L.COMPLETED)], S.ENTERPRISE_BUSY),
        ([(E, L.NO_ANSWER), (US, L.COMPLETED)], S.ENTERPRISE_NO_ANSWER),
        ([(E, L.FAILED)], S.ENTERPRISE_FAILED),
        ([(E, L.CANCELED)], S.HUNG_UP),
        ([(US, L.ANSWERED), (US, L.COMPLETED)], S.HUNG_UP),
    ],
)
@pytest.mark.parametrize("asked", [Asked.ACCEPTED, Asked.OPEN, Asked.UNCLEAR])
def test_reports_decide(asked: Asked, reports: list[tuple[Leg, LegStatus]], state: BridgeState) -> None:
    if reports or asked is Asked.ACCEPTED:
        assert state_of(asked, reports, NOW) is state
    lost = state_of(asked, reports, LONGEST_SILENCE + timedelta(seconds=1))
    assert lost is (state if state is S.TALKING or not is_live(state) else S.UNKNOWN)


def test_without_reports_what_was_asked_decides() -> None:
    assert state_of(Asked.OPEN, [], NOW) is S.REQUESTED
    assert state_of(Asked.OPEN, [], LONGEST_ASKING + timedelta(seconds=1)) is S.UNKNOWN
    assert state_of(Asked.UNCLEAR, [], NOW) is S.UNKNOWN
    assert state_of(Asked.REFUSED, [], LONGEST_SILENCE * 9) is S.REFUSED


def test_nothing_is_asked_again_that_may_have_been_made() -> None:
    """Whatever was reported, a call that may be asked for again never reached the enterprise's receiver."""
    every = [(leg, status) for leg in Leg for status in LegStatus]
    for size in range(4):
        for reports in combinations(every, size):
            for asked in Asked:
                state = state_of(asked, reports, NOW)
                if is_live(state) or (E, L.ANSWERED) in reports or (E, L.COMPLETED) in reports:
                    assert not may_ask_again(state)
                    assert not shows_number(state)
    assert not may_ask_again(S.UNKNOWN)
    assert shows_number(S.UNKNOWN)
