"""复核规则: a scheme's settings of how interviews are checked, read from its table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from survey_app.domain.points import read_count
from survey_app.domain.toml_table import TomlTable

# One of each ten is the tenth that has to be called back.
LARGEST_BLOCK = 10


@dataclass(frozen=True)
class QualityRules:
    """How a scheme's telephone interviews are checked; nothing here changes a score.

    One of each `block` successive interviews of an interviewer is called back; a block that isn't full after
    `settle` counts as full. A call-back is tried `tries` times, `retry` apart. Gaps longer than `idle` between
    two calls aren't work. An interview is too short below its characters read aloud divided by
    `fastest_speech` (characters a second). Remarks of at least `remark_least` characters are near-identical
    from a likeness of `remark_alike` (0 to 1). `burst_count` interviews that ended within `burst_within` are a
    burst. An interviewer's share of 满意 is compared from `rating_least` ratings on and stands out below a
    probability of `rating_chance`.
    """

    block: int
    settle: timedelta
    tries: int
    retry: timedelta
    idle: timedelta
    fastest_speech: Decimal
    remark_least: int
    remark_alike: Decimal
    burst_count: int
    burst_within: timedelta
    rating_least: int
    rating_chance: Decimal


def parse_quality_rules(mapping: Mapping[str, object]) -> QualityRules:
    """Return the rules that a decoded TOML file holds; raise ValueError with all faults, one a line."""
    faults: list[str] = []
    table = TomlTable(mapping, "", faults)
    rules = QualityRules(
        block=_between(table, "one_in", 1, LARGEST_BLOCK),
        settle=timedelta(days=_between(table, "settle_days", 1, 30)),
        tries=_between(table, "tries", 1, 10),
        retry=timedelta(minutes=_between(table, "retry_minutes", 1, 7 * 24 * 60)),
        idle=timedelta(minutes=_between(table, "idle_minutes", 5, 240)),
        fastest_speech=_number(table, "fastest_speech", Decimal(1), Decimal(20)),
        remark_least=_between(table, "remark_least", 2, 200),
        remark_alike=_number(table, "remark_alike", Decimal("0.5"), Decimal(1)),
        burst_count=_between(table, "burst_count", 2, 50),
        burst_within=timedelta(minutes=_between(table, "burst_minutes", 1, 120)),
        rating_least=_between(table, "rating_least", 5, 1000),
        rating_chance=_number(table, "rating_chance", Decimal("0.0001"), Decimal("0.2")),
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


def _number(table: TomlTable, key: str, low: Decimal, high: Decimal) -> Decimal:
    number = table.number(key, low)
    if number > high:
        table.fault(key, f"应不大于 {high}")
    return number
