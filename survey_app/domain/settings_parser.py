"""Reading the settings of a scheme's items, kind by kind, with every fault named."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from survey_app.domain.points import describe, plain, read_count, read_number
from survey_app.domain.scheme import (
    AllOrNothing,
    Average,
    Band,
    Deductions,
    InputField,
    Kind,
    Partial,
    PointRange,
    Reference,
    Settings,
    Tiers,
    TierSource,
    WhenNone,
)
from survey_app.domain.tally import RatingLevel
from survey_app.domain.toml_table import TomlTable

_ZERO = Decimal(0)
_MOST_PLACES = 4
Levels = tuple[RatingLevel, ...]


def read_settings(table: TomlTable, kind: Kind, maximum: Decimal, levels: Levels) -> Settings:
    """Return the settings of an item of a kind; what is wrong is noted in the table's faults."""
    return _READERS[kind](table, maximum, levels)


def _input_field(table: TomlTable, *, weighted: bool = False) -> InputField:
    weight = table.number("weight", _ZERO) if weighted else Decimal(1)
    return table.finish(InputField(table.text("key"), table.name("name"), weight))


def _all_or_nothing(table: TomlTable, maximum: Decimal, levels: Levels) -> AllOrNothing:
    return AllOrNothing(
        _input_field(table.table("whole")),
        _input_field(table.table("part")),
        table.choice("when_none", WhenNone),
        table.choice("partial", Partial),
    )


def _step(table: TomlTable) -> Decimal:
    step = table.number("step")
    if step <= 0 and "step" in table.values:
        table.fault("step", "步长应大于 0")
    return step


def _point_range(table: TomlTable, maximum: Decimal, levels: Levels) -> PointRange:
    settings = PointRange(table.number("low"), table.number("high"), _step(table))
    if not settings.low <= settings.high <= maximum:
        table.fault("high", f"应满足 low ≤ high ≤ max（{plain(maximum)}）")
    elif settings.step > 0 and Fraction(settings.high - settings.low) % Fraction(settings.step):
        table.fault("step", "从 low 起按步长走不到 high")
    return settings


def _tiers(table: TomlTable, maximum: Decimal, levels: Levels) -> Tiers:
    source = table.choice("source", TierSource)
    marks = source is TierSource.MARKS
    fields = () if marks else tuple(_input_field(t, weighted=True) for t in table.tables("fields"))
    if not marks and not fields:
        table.fault("fields", "至少要有一项")
    mark_range = _mark_range(table) if marks else (_ZERO, _ZERO)
    bands = tuple(
        t.finish(Band(t.name("name"), t.number("low"), t.number("high"))) for t in table.tables("bands")
    )
    zero_points = table.optional_number("zero_points")
    least = _least_raters(table) if marks else 1
    settings = Tiers(bands, _cuts(table), source, fields, mark_range, _step(table), zero_points, least)
    if not bands:
        table.fault("bands", "至少要有一个方阵")
        return settings
    for band in bands:
        if not 0 <= band.low <= band.high <= maximum:
            table.fault("bands", f"「{band.name.zh}」应满足 0 ≤ low ≤ high ≤ max（{plain(maximum)}）")
    if any(worse.high >= better.low for better, worse in pairwise(bands)):
        table.fault("bands", "方阵应从高到低排列，互不重叠")
    if len(settings.cuts) != len(bands) - 1:
        table.fault("cuts", f"{len(bands)} 个方阵需要 {len(bands) - 1} 个分界")
    if zero_points is not None and not bands[-1].low <= zero_points <= bands[-1].high:
        table.fault("zero_points", f"应在「{bands[-1].name.zh}」的分数之内")
    return settings


def _mark_range(table: TomlTable) -> tuple[Decimal, Decimal]:
    numbers = [read_number(value) for value in table.sequence("mark_range")]
    if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None and numbers[0] <= numbers[1]:
        return numbers[0], numbers[1]
    table.fault("mark_range", "应为 [最低分, 最高分]")
    return _ZERO, _ZERO


def _least_raters(table: TomlTable) -> int:
    if "least_raters" not in table.values:
        return 1
    least = table.count("least_raters")
    if not least and read_count(table.values["least_raters"]) is not None:
        table.fault("least_raters", "至少要有 1 位")
    return least


def _cuts(table: TomlTable) -> tuple[Fraction, ...]:
    cuts = []
    for value in table.sequence("cuts"):
        top, _, bottom = value[:20].partition("/") if isinstance(value, str) else ("", "", "")
        if top.isdecimal() and bottom.isdecimal() and 0 < int(top) < int(bottom):
            cuts.append(Fraction(int(top), int(bottom)))
        else:
            table.fault("cuts", f'分界应写成 "1/3" 的样子，在 0 与 1 之间，不是{describe(value)}')
    if cuts != sorted(set(cuts)):
        table.fault("cuts", "分界应从小到大")
    return tuple(cuts)


def _deductions(table: TomlTable, maximum: Decimal, levels: Levels) -> Deductions:
    deduct = table.table("deduct")
    per = {level.key: deduct.number(level.key, _ZERO) for level in levels if level.key in deduct.values}
    if levels:  # Without levels no key could be known; that they lack is said where they belong.
        deduct.done()
        if not any(per.values()):
            table.fault("deduct", "至少要有一级扣分")
    return Deductions(levels, table.flag("from_library"), per, table.optional_number("floor"))


def _average(table: TomlTable, maximum: Decimal, levels: Levels) -> Average:
    given = table.table("share")
    share = {level.key: given.number(level.key, _ZERO) for level in levels}
    values = list(share.values())
    if levels:
        given.done()
        if max(values) > 1:
            table.fault("share", "每一级应在 0 与 1 之间")
        elif values != sorted(values, reverse=True):
            table.fault("share", "从最好到最差，各级只能持平或变小")
        elif values[0] == values[-1]:
            table.fault("share", "各级不能都一样")
    places = table.count("places")
    if places > _MOST_PLACES:
        table.fault("places", f"最多 {_MOST_PLACES} 位小数")
    return Average(levels, table.flag("from_library"), share, places)


def _reference(table: TomlTable, maximum: Decimal, levels: Levels) -> Reference:
    if maximum:
        table.fault("max", "参考行不计分，应为 0")
    places = table.count("places")
    if places > _MOST_PLACES:  # a dossier's scheme is anybody's: 10 ** 1e9 would never end
        table.fault("places", f"最多 {_MOST_PLACES} 位小数")
    return Reference(table.number("low"), table.number("high"), places, table.flag("impute"))


_READERS: dict[Kind, Callable[[TomlTable, Decimal, Levels], Settings]] = {
    Kind.ALL_OR_NOTHING: _all_or_nothing,
    Kind.POINTS: _point_range,
    Kind.TIERS: _tiers,
    Kind.DEDUCTIONS: _deductions,
    Kind.AVERAGE: _average,
    Kind.REFERENCE: _reference,
}
