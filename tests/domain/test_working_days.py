"""Working days: terms over holidays and make-up days, the ends of years and months, and calendars that are wrong."""

from datetime import date, timedelta

import pytest

from survey_app.domain.working_days import (
    WorkingCalendar,
    add_working_days,
    parse_calendar,
    working_days_between,
)

YEAR = parse_calendar(
    {
        "2022": {
            "holidays": [
                [date(2022, 1, 31), date(2022, 2, 6)],
                [date(2022, 4, 3), date(2022, 4, 5)],
                [date(2022, 10, 1), date(2022, 10, 7)],
            ],
            "make_up_days": [
                date(2022, 1, 29),
                date(2022, 1, 30),
                date(2022, 4, 2),
                date(2022, 10, 8),
                date(2022, 10, 9),
            ],
        }
    }
)
PLAIN = WorkingCalendar()


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        # 春节: Saturday and Sunday before are worked, then a week is off.
        (date(2022, 1, 28), 1, date(2022, 1, 29)),
        (date(2022, 1, 28), 2, date(2022, 1, 30)),
        (date(2022, 1, 28), 3, date(2022, 2, 7)),
        # 国庆节: the weekend after is worked.
        (date(2022, 9, 30), 1, date(2022, 10, 8)),
        (date(2022, 9, 30), 2, date(2022, 10, 9)),
        (date(2022, 9, 30), 3, date(2022, 10, 10)),
        # A term that begins within a holiday.
        (date(2022, 10, 3), 1, date(2022, 10, 8)),
        (date(2022, 4, 6), 10, date(2022, 4, 20)),
        (date(2022, 4, 1), 1, date(2022, 4, 2)),
        (date(2022, 6, 17), 0, date(2022, 6, 17)),
    ],
)
def test_terms_over_holidays(start: date, days: int, end: date) -> None:
    assert add_working_days(start, days, YEAR.is_working) == end
    assert working_days_between(start, end, YEAR.is_working) == days


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2024, 2, 28), date(2024, 2, 29)),  # a leap year's day, a Thursday
        (date(2023, 2, 28), date(2023, 3, 1)),
        (date(2024, 12, 31), date(2025, 1, 1)),  # Mon–Fri, as the year isn't known here
        (date(2022, 6, 17), date(2022, 6, 20)),  # Friday to Monday
    ],
)
def test_the_next_working_day_without_a_calendar(start: date, end: date) -> None:
    assert add_working_days(start, 1, PLAIN.is_working) == end


def test_counting_undoes_adding_from_every_day_of_a_year() -> None:
    for offset in range(366):
        start = date(2022, 1, 1) + timedelta(days=offset)
        for days in (1, 5, 10, 15):
            end = add_working_days(start, days, YEAR.is_working)
            assert YEAR.is_working(end)
            assert working_days_between(start, end, YEAR.is_working) == days
            assert working_days_between(end, start, YEAR.is_working) == -days


def test_a_negative_term_is_refused() -> None:
    with pytest.raises(ValueError):
        add_working_days(date(2022, 1, 1), -1, PLAIN.is_working)


def test_a_calendar_knows_its_years_only() -> None:
    assert YEAR.covers(date(2022, 1, 1), date(2022, 12, 31))
    assert not YEAR.covers(date(2022, 12, 30), date(2023, 1, 2))
    assert YEAR.is_working(date(2023, 1, 2))
    assert YEAR.caution(date(2022, 1, 1), date(2022, 12, 31)) is None
    assert "还没有 2023 年的节假日安排" in str(YEAR.caution(date(2022, 12, 30), date(2023, 1, 2)))


def test_every_fault_of_a_calendar_is_named() -> None:
    with pytest.raises(ValueError) as caught:
        parse_calendar(
            {
                "2022": {
                    "holidays": [
                        [date(2022, 5, 2), date(2022, 5, 1)],
                        date(2022, 1, 1),
                        [date(2022, 4, 23), date(2022, 4, 24)],
                    ],
                    "make_up_days": [date(2022, 5, 2), date(2022, 4, 24)],
                    "source": "通知",
                },
                "next": {},
                "2023": {"holidays": [[date(2022, 1, 1), date(2022, 1, 1)]]},
            }
        )
    assert str(caught.value).splitlines() == [
        "2022.source：不认识的设置",
        "2022.holidays 第 1 项：应为当年的 [首日, 末日]",
        "2022.holidays 第 2 项：应为当年的 [首日, 末日]",
        "2022.make_up_days 第 1 项：应为当年的一个周六或周日",
        "next：应为以年份为名的表",
        "2023.holidays 第 1 项：应为当年的 [首日, 末日]",
        "2023.make_up_days：应为列表",
        "2022-04-24：既列为放假，又列为上班",
    ]
