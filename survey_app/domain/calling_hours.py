"""When enterprises may be called: advice to the interviewer, and the moment to which a retry is moved."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from survey_app.domain.text import Text, joined
from survey_app.domain.working_days import IsWorking

_ONE_DAY = timedelta(days=1)
# No calendar has more days off in a row; one in which nobody ever works would be searched for ever.
_LONGEST_BREAK = 60


@dataclass(frozen=True)
class CallingHours:
    """The parts of a working day in which firms are called, from (included) to (excluded), county time.

    Parts are in order and don't overlap. `is_working` says which days are worked.
    """

    parts: tuple[tuple[time, time], ...]
    is_working: IsWorking

    def allow(self, moment: datetime) -> bool:
        """Whether `moment`, in county time, is within a part of a working day."""
        return self.is_working(moment.date()) and any(
            start <= moment.time() < end for start, end in self.parts
        )

    def part_of(self, moment: datetime) -> int:
        """Return the part of the day, from 0, that a call at `moment` counts for: the last that has begun.

        So calls in a break or after hours count for the part before, those before the first for the first.
        """
        return max(sum(start <= moment.time() for start, _end in self.parts) - 1, 0)

    def next_moment(self, moment: datetime, parts: Collection[int] | None = None) -> datetime:
        """Return `moment` if calls may be made then, else when the next part begins; in county time.

        `parts` narrows it to these parts of the day.
        """
        allowed = [each for n, each in enumerate(self.parts) if parts is None or n in parts]
        for number in range(_LONGEST_BREAK):
            day = (moment + number * _ONE_DAY).date()
            if not self.is_working(day):
                continue
            for start, end in allowed:
                if moment < datetime.combine(day, end, moment.tzinfo):
                    return max(moment, datetime.combine(day, start, moment.tzinfo))
        return moment

    def after_today(self, moment: datetime) -> datetime:
        """Return the first instant of the day after `moment`'s, which is no calling time in itself."""
        return datetime.combine(moment.date() + _ONE_DAY, time(), moment.tzinfo)

    def as_text(self) -> Text:
        """Return the parts of the day, as pages write them."""
        parts = tuple(f"{start:%H:%M}–{end:%H:%M}" for start, end in self.parts)
        return Text("%(parts)s", {"parts": joined(parts)})
