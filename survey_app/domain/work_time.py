"""工作时间: how long an interviewer was at work, as their calls tell."""

from collections.abc import Sequence
from datetime import datetime, timedelta

Call = tuple[datetime, datetime | None]


def worked(calls: Sequence[Call], idle: timedelta) -> timedelta:
    """Return the time at work over calls (begun, ended), in order of their beginnings.

    From the beginning of a call to that of the next one, where that is not longer than `idle`; of a call before
    a longer gap only the call itself counts, `idle` at the most, and nothing of one without an end.
    """
    total = timedelta()
    for place, (begun, ended) in enumerate(calls):
        following = calls[place + 1][0] - begun if place + 1 < len(calls) else None
        if following is not None and following <= idle:
            total += following
        elif ended is not None:
            total += min(ended - begun, idle)
    return total
