"""When enterprises may be called."""

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.working_days import WorkingCalendar

COUNTY = timezone(timedelta(hours=8))
# The 22nd is a holiday, Sunday the 26th is made up for it.
CALENDAR = WorkingCalendar(frozenset({2022}), frozenset({date(2022, 6, 22)}), frozenset({date(2022, 6, 26)}))
HOURS = CallingHours(((time(9, 30), time(11, 30)), (time(15), time(17, 30))), CALENDAR.is_working)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2022, 6, day, hour, minute, tzinfo=COUNTY)


@pytest.mark.parametrize(
    ("moment", "allowed", "then"),
    [
        (at(15, 9, 29), False, at(15, 9, 30)),
        (at(15, 9, 30), True, at(15, 9, 30)),
        (at(15, 11, 29), True, at(15, 11, 29)),
        (at(15, 11, 30), False, at(15, 15)),
        (at(15, 14, 59), False, at(15, 15)),
        (at(15, 17, 29), True, at(15, 17, 29)),
        (at(15, 17, 30), False, at(16, 9, 30)),
        (at(17, 17, 30), False, at(20, 9, 30)),  # Friday evening to Monday
        (at(19, 23, 59), False, at(20, 9, 30)),
        (at(21, 18), False, at(23, 9, 30)),  # over a holiday
        (at(25, 12), False, at(26, 9, 30)),  # a Sunday that is worked
    ],
)
def test_hours(moment: datetime, allowed: bool, then: datetime) -> None:
    assert HOURS.allow(moment) is allowed
    assert HOURS.next_moment(moment) == then


@given(st.datetimes(datetime(2022, 1, 1), datetime(2030, 1, 1), timezones=st.just(COUNTY)))
def test_next_moment_is_allowed_and_not_before(moment: datetime) -> None:
    then = HOURS.next_moment(moment)
    assert then >= moment
    assert HOURS.allow(then)
    assert then - moment < timedelta(days=4)


def test_as_people_write_it() -> None:
    assert str(HOURS.as_text()) == "09:30–11:30、15:00–17:30"


def test_a_call_counts_for_the_part_that_began_last() -> None:
    parts = [HOURS.part_of(at(15, hour)) for hour in (7, 9, 10, 12, 14, 15, 16, 20)]
    assert parts == [0, 0, 0, 0, 0, 1, 1, 1]


def test_next_moment_in_one_part_of_the_day() -> None:
    assert HOURS.next_moment(at(15, 10), {0}) == at(15, 10)
    assert HOURS.next_moment(at(15, 10), {1}) == at(15, 15)
    assert HOURS.next_moment(at(15, 16), {0}) == at(16, 9, 30)


def test_where_nobody_ever_works_the_moment_stays() -> None:
    never = CallingHours(HOURS.parts, lambda _day: False)
    assert never.next_moment(at(15, 10)) == at(15, 10)
