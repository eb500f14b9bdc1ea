"""When the calls will be done."""

from datetime import date

import pytest

from survey_app.domain.finishing import Finish, expected_finish
from survey_app.domain.working_days import WorkingCalendar

WEDNESDAY = date(2022, 6, 15)
IS_WORKING = WorkingCalendar().is_working


def test_the_best_day_and_the_slowest_give_the_range() -> None:
    # 100 cases: 5 days at 20 a day (Wednesday to Tuesday), 10 days at 10 a day.
    found = expected_finish(100, [10, 20, 15], WEDNESDAY, IS_WORKING)
    assert found == Finish(date(2022, 6, 21), date(2022, 6, 28))


def test_what_fits_into_today_ends_today() -> None:
    assert expected_finish(10, [10, 10, 10], WEDNESDAY, IS_WORKING) == Finish(WEDNESDAY, WEDNESDAY)
    assert expected_finish(0, [10, 10, 10], WEDNESDAY, IS_WORKING) == Finish(WEDNESDAY, WEDNESDAY)


def test_only_the_last_five_days_count() -> None:
    found = expected_finish(10, [10, 10, 10, 10, 10, 1], WEDNESDAY, IS_WORKING)
    assert found == Finish(WEDNESDAY, WEDNESDAY)


@pytest.mark.parametrize("paces", [[], [50, 50], [9, 10, 10], [50, 0, 50], [1, 50, 50]])
def test_what_can_t_be_said(paces: list[int]) -> None:
    assert expected_finish(1000, paces, WEDNESDAY, IS_WORKING) is None
