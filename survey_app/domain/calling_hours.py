"""When enterprises may be called: advice to the interviewer, and the moment to which a retry is moved."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from survey_app.domain.text import Text, joined

_SATURDAY = 5


@dataclass(frozen=True)
class CallingHours:
    """The parts of a working day in which firms are called, from (included) to (excluded), county time."""

    parts: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(14, 30), time(19)))

    def allow(self, moment: datetime) -> bool:
        """Whether `moment`, in county time, is within a part of a Monday to Friday."""
        return moment.weekday() < _SATURDAY and any(start <= moment.time() < end for start, end in self.parts)

    def next_moment(self, moment: datetime) -> datetime:
        """Return `moment` if calls may be made then, else when the next part begins; in county time."""
        if self.allow(moment):
            return moment
        day = moment
        while True:
            if day.weekday() < _SATURDAY:
                for start, _end in self.parts:
                    opening = day.replace(
                        hour=start.hour, minute=start.minute, second=start.second, microsecond=0
                    )
                    if opening >= moment:
                        return opening
            day += timedelta(days=1)

    def as_text(self) -> Text:
        """Return the parts of the day, as pages write them."""
        parts = tuple(f"{start:%H:%M}–{end:%H:%M}" for start, end in self.parts)
        return Text("%(parts)s", {"parts": joined(parts)})


CALLING_HOURS = CallingHours()
