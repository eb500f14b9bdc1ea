"""The life of a message: its states, which may follow which, and how long to wait before another try."""

from datetime import timedelta
from enum import StrEnum


class MessageState(StrEnum):
    """Where a message stands; `UNKNOWN` means that the provider may or may not have it."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


# What the provider reports only ever leads forward, so that reports may come late, twice and in any order:
# of those that came, the highest stands. The ways back to QUEUED are those known not to have sent anything.
_MAY_FOLLOW: dict[MessageState, frozenset[MessageState]] = {
    MessageState.QUEUED: frozenset(
        {MessageState.CLAIMED, MessageState.SENT, MessageState.FAILED, MessageState.DELIVERED}
    ),
    MessageState.CLAIMED: frozenset(set(MessageState) - {MessageState.CLAIMED}),
    MessageState.UNKNOWN: frozenset(
        {MessageState.QUEUED, MessageState.SENT, MessageState.FAILED, MessageState.DELIVERED}
    ),
    MessageState.SENT: frozenset({MessageState.FAILED, MessageState.DELIVERED}),
    MessageState.FAILED: frozenset({MessageState.DELIVERED}),
    MessageState.DELIVERED: frozenset(),
}

# The provider's listings must miss a message this often, this far apart, before it is taken as not sent.
LISTINGS_BEFORE_RESEND = 2
LISTING_GAP = timedelta(minutes=15)
# A message whose fate was unknown is sent this often at most, then it waits for staff.
MAX_SENDS = 2
MAX_ABSENCES = MAX_SENDS * LISTINGS_BEFORE_RESEND

BACKOFF_BASE = timedelta(seconds=15)
BACKOFF_CAP = timedelta(minutes=30)


def may_follow(current: MessageState, proposed: MessageState) -> bool:
    """Whether a message in state `current` may move to `proposed`."""
    return proposed in _MAY_FOLLOW[current]


def advance(current: MessageState, reported: MessageState) -> MessageState:
    """Return the state after a report: `reported` where that leads forward, else `current`.

    For reports of SENT, FAILED and DELIVERED the result doesn't depend on their order or number.
    """
    return reported if may_follow(current, reported) else current


def after_absence(absences: int) -> MessageState:
    """Return what becomes of an unknown message that `absences` listings in all did not show.

    QUEUED after each second one while a send is left, else UNKNOWN: staff decides.
    """
    settled = absences % LISTINGS_BEFORE_RESEND == 0 and 0 < absences < MAX_ABSENCES
    return MessageState.QUEUED if settled else MessageState.UNKNOWN


def backoff(
    tries: int,
    jitter: float,
    retry_after: timedelta | None = None,
    base: timedelta = BACKOFF_BASE,
    cap: timedelta = BACKOFF_CAP,
) -> timedelta:
    """Return how long to wait after the `tries`-th try (from 1) was turned away.

    The wait doubles from `base` to `cap`; `jitter`, from 0 to 1, picks from its upper half, so that workers
    don't come back together. `retry_after`, what the provider asked for, is the least.
    """
    if tries < 1 or not 0 <= jitter <= 1:
        raise ValueError(f"tries {tries} must be 1 or more, jitter {jitter} from 0 to 1")
    # The exponent is bounded so that a message tried for weeks doesn't overflow.
    full = min(base * (1 << min(tries - 1, 20)), cap)
    wait = full * (0.5 + jitter / 2)
    return max(wait, retry_after) if retry_after is not None else wait
