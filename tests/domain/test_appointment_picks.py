"""The moments that are offered for calling back."""

from datetime import date, datetime, time

from survey_app.config import COUNTY_ZONE
from survey_app.domain.appointment_picks import MOST_PICKS, appointment_picks
from survey_app.domain.calling_hours import CallingHours

HOURS = CallingHours(
    ((time(9, 30), time(11, 30)), (time(15), time(17, 30))), lambda day: date.weekday(day) < 5
)


def names(now: datetime, closes_at: datetime | None = None) -> list[tuple[str, str]]:
    return [(str(pick.name), f"{pick.at:%d %H:%M}") for pick in appointment_picks(now, HOURS, closes_at)]


def test_a_thursday_morning() -> None:
    assert names(datetime(2022, 6, 16, 9, 50, tzinfo=COUNTY_ZONE)) == [
        ("一小时后", "16 11:00"),
        ("今天下午", "16 15:00"),
        ("明天上午", "17 09:30"),
        ("明天下午", "17 15:00"),
        ("6月20日上午", "20 09:30"),
        ("6月20日下午", "20 15:00"),
    ]


def test_none_in_the_break_or_after_the_close() -> None:
    closes_at = datetime(2022, 6, 17, 15, tzinfo=COUNTY_ZONE)
    assert names(datetime(2022, 6, 16, 16, 50, tzinfo=COUNTY_ZONE), closes_at) == [("明天上午", "17 09:30")]


def test_never_more_than_there_are_keys() -> None:
    now = datetime(2022, 6, 13, 9, 0, tzinfo=COUNTY_ZONE)
    assert len(names(now)) == MOST_PICKS
