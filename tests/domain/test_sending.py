"""The rules for sending: what a file may say, a day between two surveys, and the wait before a call."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.sending import SendingRulesError, leaves_at, parse_sending, silence_ends

COUNTY = ZoneInfo("Asia/Shanghai")
HOURS = CallingHours(((time(9, 30), time(11, 30)), (time(15), time(17, 30))), lambda day: day.weekday() < 5)
WEDNESDAY = datetime(2022, 6, 15, 10, 0, tzinfo=COUNTY)
RIGHT = {"silence_days": 2, "price": 0.05, "share": {"satisfaction": 2, "mass_appraisal": 1}}


def parse(**changes: object) -> object:
    return parse_sending({"sending": {**RIGHT, **changes}, "satisfaction": {}, "mass_appraisal": {}})


def test_rules_are_read_exactly() -> None:
    rules = parse()
    assert (rules.silence_days, rules.price) == (2, Decimal("0.05"))  # type: ignore[attr-defined]
    assert rules.share == RIGHT["share"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"silence_days": -1}, "sending.silence_days"),
        ({"silence_days": 31}, "最多 30 天"),
        ({"price": "五分"}, "sending.price"),
        ({"share": {"satisfaction": 2, "mass_appraisal": 2}}, "合计最多 3 条"),
        ({"share": {"satisfaction": 2}}, "sending.share.mass_appraisal：缺少"),
        (
            {"share": {"satisfaction": 1, "mass_appraisal": 1, "other": 1}},
            "sending.share.other：不认识的设置",
        ),
    ],
)
def test_rules_that_can_not_be_used_are_named(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(SendingRulesError, match=fault):
        parse(**changes)


def test_the_rules_can_not_lack() -> None:
    with pytest.raises(SendingRulesError, match="sending：缺少"):
        parse_sending({"satisfaction": {}})


def test_two_surveys_send_a_day_apart_whomever_they_ask() -> None:
    hour = timedelta(hours=1)
    assert leaves_at(WEDNESDAY, None) == WEDNESDAY
    assert leaves_at(WEDNESDAY, WEDNESDAY - hour) == WEDNESDAY + 23 * hour
    assert leaves_at(WEDNESDAY, WEDNESDAY - 25 * hour) == WEDNESDAY
    assert leaves_at(WEDNESDAY, WEDNESDAY + hour) == WEDNESDAY + 25 * hour


@pytest.mark.parametrize(
    ("left", "days", "ends"),
    [
        (WEDNESDAY, 2, WEDNESDAY + timedelta(days=2)),
        (WEDNESDAY, 0, WEDNESDAY),
        # Two days after a Thursday it is Saturday: on Monday morning.
        (WEDNESDAY + timedelta(days=1), 2, datetime(2022, 6, 20, 9, 30, tzinfo=COUNTY)),
        (WEDNESDAY.replace(hour=13), 1, datetime(2022, 6, 16, 15, 0, tzinfo=COUNTY)),
    ],
)
def test_a_case_is_called_after_the_silence_within_calling_hours(
    left: datetime, days: int, ends: datetime
) -> None:
    assert silence_ends(left, days, None, HOURS) == ends
    assert silence_ends(left, days, ends + timedelta(minutes=1), HOURS) == ends
    assert silence_ends(left, days, ends, HOURS) is None
