"""拨打规则: a scheme's settings of how enterprises are called, read from its table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import pairwise

from survey_app.domain.disposition import DELAYED, Disposition
from survey_app.domain.points import read_count
from survey_app.domain.toml_table import TomlTable

FEWEST_ATTEMPTS, MOST_ATTEMPTS = 3, 5
_MOST_PARTS = 4
_LONGEST_DELAY = 30 * 24 * 60  # minutes
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class CallingRules:
    """How a scheme's enterprises are called.

    A case is given up after `max_attempts` calls, which were on `least_days` days and in `least_parts` of the
    `parts` of the day (from, to; county time). It is held for `lease`; an appointment comes up
    `appointment_lead` before its time; a case that was put back rests for `rest`. `delays` say when it is
    called again after an outcome. `replace_at_once`: reserves step in by the system, not by a person's deed.
    """

    max_attempts: int
    least_days: int
    least_parts: int
    parts: tuple[tuple[time, time], ...]
    lease: timedelta
    appointment_lead: timedelta
    rest: timedelta
    delays: Mapping[Disposition, timedelta]
    replace_at_once: bool


def parse_calling_rules(mapping: Mapping[str, object]) -> CallingRules:
    """Return the rules that a decoded TOML file holds; raise ValueError with all faults, one a line."""
    faults: list[str] = []
    table = TomlTable(mapping, "", faults)
    parts = _parts(table)
    rules = CallingRules(
        max_attempts=_between(table, "max_attempts", FEWEST_ATTEMPTS, MOST_ATTEMPTS),
        least_days=_between(table, "least_days", 1, FEWEST_ATTEMPTS),
        least_parts=_between(table, "least_parts", 1, max(len(parts), 1)),
        parts=parts,
        lease=_minutes(table, "lease_minutes", 5, 120),
        appointment_lead=_minutes(table, "appointment_lead_minutes", 0, 60),
        rest=_minutes(table, "rest_minutes", 0, 240),
        delays=_delays(table.table("delay_minutes")),
        replace_at_once=table.flag("replace_at_once"),
    )
    table.done()
    if faults:
        raise ValueError("\n".join(faults))
    return rules


def _between(table: TomlTable, key: str, low: int, high: int) -> int:
    count = table.count(key)
    if read_count(table.values.get(key)) is not None and not low <= count <= high:
        table.fault(key, f"应为 {low} 至 {high} 的整数")
    return count


def _minutes(table: TomlTable, key: str, low: int, high: int) -> timedelta:
    return timedelta(minutes=_between(table, key, low, high))


def _delays(table: TomlTable) -> Mapping[Disposition, timedelta]:
    delays = {code: _minutes(table, code.value, 1, _LONGEST_DELAY) for code in DELAYED}
    table.done()
    return delays


def _parts(table: TomlTable) -> tuple[tuple[time, time], ...]:
    parts = []
    for number, pair in enumerate(table.sequence("day_parts"), start=1):
        ends = [_time(each) for each in pair] if isinstance(pair, list) else []
        match ends:
            case [time() as start, time() as end] if start < end:
                parts.append((start, end))
            case _:
                table.fault("day_parts", f'第 {number} 段应写成 ["09:30", "11:30"] 的样子，先开始后结束')
    if not 1 <= len(parts) <= _MOST_PARTS:
        table.fault("day_parts", f"应有 1 至 {_MOST_PARTS} 段")
    if any(later[0] < earlier[1] for earlier, later in pairwise(parts)):
        table.fault("day_parts", "各段应从早到晚，互不重叠")
    return tuple(parts)


def _time(value: object) -> time | None:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    return time(int(found[1]), int(found[2])) if found else None
