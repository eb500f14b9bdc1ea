"""A call that a bridge makes: first the interviewer's telephone rings, then the enterprise's, and what came of it.

What was asked and what was reported is kept; the state is derived from it. So reports may come late, twice and
in any order, and the result is the same.
"""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum


class Leg(StrEnum):
    """Whose telephone a report is about."""

    INTERVIEWER = "interviewer"
    ENTERPRISE = "enterprise"


class LegStatus(StrEnum):
    """How far one of the two telephones came."""

    RINGING = "ringing"  # or about to
    ANSWERED = "answered"
    COMPLETED = "completed"  # was answered, and is put down
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELED = "canceled"  # given up before it was answered


class Asked(StrEnum):
    """What is known of our asking for the call."""

    OPEN = "open"  # not answered yet, or whoever asked died
    ACCEPTED = "accepted"
    REFUSED = "refused"  # certainly no call was made
    UNCLEAR = "unclear"  # perhaps a call is made


class BridgeState(StrEnum):
    """Where a call stands, as the interviewer sees it."""

    REQUESTED = "requested"
    INTERVIEWER_RINGS = "interviewer_rings"
    ENTERPRISE_RINGS = "enterprise_rings"
    TALKING = "talking"
    ENDED = "ended"
    INTERVIEWER_BUSY = "interviewer_busy"
    INTERVIEWER_NO_ANSWER = "interviewer_no_answer"
    INTERVIEWER_FAILED = "interviewer_failed"
    ENTERPRISE_BUSY = "enterprise_busy"
    ENTERPRISE_NO_ANSWER = "enterprise_no_answer"
    ENTERPRISE_FAILED = "enterprise_failed"
    HUNG_UP = "hung_up"  # before the enterprise answered
    REFUSED = "refused"
    UNKNOWN = "unknown"


S = BridgeState
Reports = Collection[tuple[Leg, LegStatus]]

# Both telephones together ring for less than that; a call without news for so long is not known any more.
RING_SECONDS = 30
LONGEST_SILENCE = timedelta(seconds=90)
# Longer than asking can take.
LONGEST_ASKING = timedelta(seconds=30)

_LIVE = frozenset({S.REQUESTED, S.INTERVIEWER_RINGS, S.ENTERPRISE_RINGS, S.TALKING})
# The enterprise wasn't reached for a reason on our side, so that its call may be asked for once more.
_AGAIN = frozenset({S.INTERVIEWER_BUSY, S.INTERVIEWER_NO_ANSWER, S.INTERVIEWER_FAILED, S.HUNG_UP, S.REFUSED})
# The bridge can't do it or nobody knows: the interviewer may dial the number themselves.
_BY_HAND = frozenset({S.INTERVIEWER_FAILED, S.ENTERPRISE_FAILED, S.REFUSED, S.UNKNOWN})
_ENTERPRISE_MISSED = {
    LegStatus.BUSY: S.ENTERPRISE_BUSY,
    LegStatus.NO_ANSWER: S.ENTERPRISE_NO_ANSWER,
    LegStatus.FAILED: S.ENTERPRISE_FAILED,
    LegStatus.CANCELED: S.HUNG_UP,
}
_INTERVIEWER_MISSED = {
    LegStatus.BUSY: S.INTERVIEWER_BUSY,
    LegStatus.NO_ANSWER: S.INTERVIEWER_NO_ANSWER,
    LegStatus.FAILED: S.INTERVIEWER_FAILED,
    LegStatus.CANCELED: S.HUNG_UP,
}


def state_of(asked: Asked, reports: Reports, silence: timedelta) -> BridgeState:
    """Return where a call stands; `silence` is the time since it was asked for or last reported on."""
    interviewer = {status for leg, status in reports if leg is Leg.INTERVIEWER}
    enterprise = {status for leg, status in reports if leg is Leg.ENTERPRISE}
    if LegStatus.COMPLETED in enterprise:
        return S.ENDED
    if LegStatus.ANSWERED in enterprise:
        return S.ENDED if LegStatus.COMPLETED in interviewer else S.TALKING
    for status, state in _ENTERPRISE_MISSED.items():
        if status in enterprise:
            return state
    for status, state in _INTERVIEWER_MISSED.items():
        if status in interviewer:
            return state
    if LegStatus.COMPLETED in interviewer:
        return S.HUNG_UP
    if asked is Asked.REFUSED and not reports:
        return S.REFUSED
    if silence > LONGEST_SILENCE:
        return S.UNKNOWN
    if enterprise or LegStatus.ANSWERED in interviewer:
        return S.ENTERPRISE_RINGS
    if interviewer or asked is Asked.ACCEPTED:
        return S.INTERVIEWER_RINGS
    if asked is Asked.UNCLEAR or silence > LONGEST_ASKING:
        return S.UNKNOWN
    return S.REQUESTED


def is_live(state: BridgeState) -> bool:
    """Whether the call is on its way or going on, so that its state will change by itself."""
    return state in _LIVE


def may_ask_again(state: BridgeState) -> bool:
    """Whether the same call may be asked for once more: never where it may have been made."""
    return state in _AGAIN


def shows_number(state: BridgeState) -> bool:
    """Whether the interviewer may see the number, since the bridge can't make the call or it isn't known."""
    return state in _BY_HAND
