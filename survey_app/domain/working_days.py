"""工作日: which days are worked, and terms that are counted in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from survey_app.domain.text import Text

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)

IsWorking = Callable[[date], bool]


@dataclass(frozen=True)
class WorkingCalendar:
    """工作日历 — Monday to Friday, but for the holidays and the make-up days of the `years` that it knows."""

    years: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()
    make_up_days: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether `day` is worked; in a year that isn't known, whether it is Monday to Friday."""
        if day in self.make_up_days:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def covers(self, first: date, last: date) -> bool:
        """Whether the holidays of every year from `first` to `last` are known."""
        return not self._unknown(first, last)

    def caution(self, first: date, last: date) -> Text | None:
        """Return what to say of a term from `first` to `last`: None where its years' holidays are known."""
        unknown = self._unknown(first, last)
        if not unknown:
            return None
        return Text(
            "系统里还没有 %(year)s 年的节假日安排，这一年的工作日按周一至周五计算，遇节假日请自行核对期限。",
            {"year": unknown[0]},
        )

    def _unknown(self, first: date, last: date) -> list[int]:
        return [year for year in range(first.year, last.year + 1) if year not in self.years]


def add_working_days(start: date, days: int, is_working: IsWorking) -> date:
    """Return the last day of a term of `days` working days; counting begins on the day after `start`.

    A term of 0 days ends on `start`. Raises ValueError for a negative term.
    """
    if days < 0:
        raise ValueError("a term can't be negative")
    day = start
    left = days
    while left:
        day += _ONE_DAY
        left -= is_working(day)
    return day


def working_days_between(start: date, end: date, is_working: IsWorking) -> int:
    """Return the number of working days after `start`, up to and with `end`; negative when `end` is earlier."""
    if end < start:
        return -working_days_between(end, start, is_working)
    return sum(is_working(start + number * _ONE_DAY) for number in range(1, (end - start).days + 1))


def parse_calendar(mapping: Mapping[str, object]) -> WorkingCalendar:
    """Return the calendar that a decoded TOML file holds, a table a year; raise ValueError with all faults.

    `holidays` are pairs of first and last day, `make_up_days` are days; weekends within a holiday do no harm.
    """
    faults: list[str] = []
    years: set[int] = set()
    holidays: set[date] = set()
    make_up_days: set[date] = set()
    for key, table in mapping.items():
        if not (key.isdecimal() and len(key) == 4 and isinstance(table, Mapping)):
            faults.append(f"{key}：应为以年份为名的表")
            continue
        years.add(int(key))
        faults.extend(
            f"{key}.{name}：不认识的设置" for name in table if name not in ("holidays", "make_up_days")
        )
        for number, pair in enumerate(_list(table, key, "holidays", faults), start=1):
            days = _days(pair, int(key))
            if not days:
                faults.append(f"{key}.holidays 第 {number} 项：应为当年的 [首日, 末日]")
            holidays.update(days)
        for number, day in enumerate(_list(table, key, "make_up_days", faults), start=1):
            if isinstance(day, date) and day.year == int(key) and day.weekday() >= _SATURDAY:
                make_up_days.add(day)
            else:
                faults.append(f"{key}.make_up_days 第 {number} 项：应为当年的一个周六或周日")
    faults.extend(f"{day}：既列为放假，又列为上班" for day in sorted(holidays & make_up_days))
    if faults:
        raise ValueError("\n".join(faults))
    return WorkingCalendar(frozenset(years), frozenset(holidays), frozenset(make_up_days))


def _list(table: Mapping[str, object], year: str, key: str, faults: list[str]) -> list[object]:
    value = table.get(key)
    if isinstance(value, list):
        return value
    faults.append(f"{year}.{key}：应为列表")
    return []


def _days(pair: object, year: int) -> list[date]:
    """All days from the first to the last of a pair; none when it isn't a pair of that year's days."""
    match pair:
        case [date() as first, date() as last] if first <= last and first.year == last.year == year:
            return [first + number * _ONE_DAY for number in range((last - first).days + 1)]
    return []
