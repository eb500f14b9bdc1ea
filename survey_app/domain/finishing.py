"""When the calls of a survey will be done, from how many cases were finished on the last days of calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from survey_app.domain.working_days import IsWorking, add_working_days

FEWEST_DAYS, MOST_DAYS, FEWEST_CASES = 3, 5, 30
_FARTHEST = 250  # working days, about a year: beyond it a date means nothing


@dataclass(frozen=True)
class Finish:
    """The days between which the calls will be done: at the pace of the best day and of the slowest."""

    earliest: date
    latest: date


def expected_finish(
    left: int, finished_by_day: Sequence[int], today: date, is_working: IsWorking
) -> Finish | None:
    """Return when `left` cases will be done at the pace of the last days; None when that can't be said.

    `finished_by_day` counts the cases that calls finished, a figure for each full day with calls, newest first.
    Today counts as the first day of those left. It can't be said with fewer than 3 days or 30 cases, after a
    day without any, or when it would be more than 250 working days.
    """
    paces = finished_by_day[:MOST_DAYS]
    if len(paces) < FEWEST_DAYS or sum(paces) < FEWEST_CASES or min(paces) == 0:
        return None
    soon, late = (max(-(-left // pace) - 1, 0) for pace in (max(paces), min(paces)))
    if late > _FARTHEST:
        return None
    return Finish(add_working_days(today, soon, is_working), add_working_days(today, late, is_working))
