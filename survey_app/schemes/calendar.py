"""The country's working days, read from the file beside this module: the same for every scheme."""

import tomllib
from functools import cache
from importlib.resources import files

from survey_app.domain.working_days import WorkingCalendar, parse_calendar


@cache
def load_calendar() -> WorkingCalendar:
    """Return the calendar of working days; raise ValueError with all faults when its file is wrong."""
    source = files("survey_app.schemes") / "working_days.toml"
    return parse_calendar(tomllib.loads(source.read_text(encoding="utf-8")))
