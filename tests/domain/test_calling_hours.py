"""When enterprises may be called."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.calling_hours import CALLING_HOURS

COUNTY = timezone(timedelta(hours=8))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2022, 6, day, hour, minute, tzinfo=COUNTY)


@pytest.mark.parametrize(
    ("moment", "allowed", "then"),
    [
        (at(15, 8, 59), False, at(15, 9)),
        (at(15, 9), True, at(15, 9)),
        (at(15, 11, 59), True, at(15, 11, 59)),
        (at(15, 12), False, at(15, 14, 30)),
        (at(15, 14, 29), False, at(15, 14, 30)),
        (at(15, 18, 59), True, at(15, 18, 59)),
        (at(15, 19), False, at(16, 9)),
        (at(17, 19), False, at(20, 9)),  # Friday evening to Monday
        (at(18, 10), False, at(20, 9)),
        (at(19, 23, 59), False, at(20, 9)),
    ],
)
def test_hours(moment: datetime, allowed: bool, then: datetime) -> None:
    assert CALLING_HOURS.allow(moment) is allowed
    assert CALLING_HOURS.next_moment(moment) == then


@given(st.datetimes(datetime(2022, 1, 1), datetime(2030, 1, 1), timezones=st.just(COUNTY)))
def test_next_moment_is_allowed_and_not_before(moment: datetime) -> None:
    then = CALLING_HOURS.next_moment(moment)
    assert then >= moment
    assert CALLING_HOURS.allow(then)
    assert then - moment < timedelta(days=3)


def test_as_people_write_it() -> None:
    assert str(CALLING_HOURS.as_text()) == "09:00–12:00、14:30–19:00"
