"""Moments that are offered for calling back: the parts of the coming working days, by one key each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.text import N_, Text

MOST_PICKS = 6
# A call-back sooner than this isn't worth putting the telephone down for.
_SOONEST = timedelta(minutes=30)
_STEP = 15
_FAR_AHEAD = 60  # days
_DAYS = {0: N_("今天"), 1: N_("明天"), 2: N_("后天")}


@dataclass(frozen=True)
class AppointmentPick:
    """A moment (county time) and what it is called: 今天下午, 明天上午, 6月20日上午."""

    at: datetime
    name: Text


def appointment_picks(
    now: datetime, hours: CallingHours, closes_at: datetime | None
) -> list[AppointmentPick]:
    """Return up to `MOST_PICKS` moments within the calling hours, the soonest first; `now` in county time.

    The first is in an hour, where that is within the hours. None is at or after `closes_at`.
    """
    moments = []
    in_an_hour = _rounded_up(now + timedelta(hours=1))
    if hours.allow(in_an_hour):
        moments.append((in_an_hour, Text("一小时后")))
    at = now
    for _days in range(_FAR_AHEAD):
        for start, _end in hours.parts if hours.is_working(at.date()) else ():
            begins = datetime.combine(at.date(), start, now.tzinfo)
            if begins >= now + _SOONEST and all(begins != taken for taken, _ in moments):
                moments.append((begins, _name(begins, now)))
        if len(moments) >= MOST_PICKS:
            break
        at += timedelta(days=1)
    return [
        AppointmentPick(at, name)
        for at, name in sorted(moments, key=lambda pick: pick[0])[:MOST_PICKS]
        if closes_at is None or at < closes_at
    ]


def _rounded_up(moment: datetime) -> datetime:
    left = -(moment.minute % _STEP) % _STEP
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=left)


def _name(at: datetime, now: datetime) -> Text:
    half = Text("上午") if at.hour < 12 else Text("下午")
    days = (at.date() - now.date()).days
    if days in _DAYS:
        return Text("%(day)s%(half)s", {"day": Text(_DAYS[days]), "half": half})
    return Text("%(month)s月%(day)s日%(half)s", {"month": at.month, "day": at.day, "half": half})
