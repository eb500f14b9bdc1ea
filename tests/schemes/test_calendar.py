"""The calendar of working days that is shipped."""

from datetime import date

import pytest

from survey_app.domain.working_days import add_working_days
from survey_app.schemes.calendar import load_calendar


def test_the_shipped_years() -> None:
    assert load_calendar().covers(date(2022, 1, 1), date(2026, 12, 31))
    assert not load_calendar().covers(date(2026, 12, 31), date(2027, 1, 1))


@pytest.mark.parametrize(
    ("year", "worked"), [(2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_working_days_of_each_year(year: int, worked: int) -> None:
    days = [
        date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    ]
    assert sum(map(load_calendar().is_working, days)) == worked


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2022, 4, 6), date(2022, 4, 20)),
        (date(2022, 4, 22), date(2022, 5, 9)),  # 劳动节 with its two make-up days
        (date(2022, 9, 26), date(2022, 10, 13)),
        (date(2024, 2, 8), date(2024, 2, 28)),  # 春节 in a leap year
    ],
)
def test_ten_working_days(start: date, end: date) -> None:
    assert add_working_days(start, 10, load_calendar().is_working) == end
