"""Reading a scheme from the mapping that its file holds, with every fault named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from survey_app.domain.points import describe, plain, read_count, read_number
from survey_app.domain.scheme import (
    AllOrNothing,
    Band,
    Bonus,
    Counting,
    Deductions,
    Group,
    InputField,
    Kind,
    Level,
    Partial,
    Penalty,
    PointRange,
    Reference,
    Scheme,
    ScoreItem,
    Section,
    Settings,
    Tiers,
    TierSource,
    WhenNone,
)
from survey_app.domain.tally import Rating
from survey_app.domain.text import Name

E = TypeVar("E", bound=StrEnum)
_ZERO = Decimal(0)
# Choice: a plan says nothing of objections; a scheme's file may name other days, or none by 0.
_OBJECTION_DAYS = 5


@dataclass
class _Table:
    """A table of the file under reading: hands out checked values and notes what is wrong with the others."""

    values: Mapping[str, object]
    path: str
    faults: list[str]
    read: set[str] = field(default_factory=set)

    def fault(self, key: str, reason: str) -> None:
        self.faults.append(f"{self.path}{key}：{reason}")

    def take(self, key: str) -> object:
        self.read.add(key)
        if key not in self.values:
            self.fault(key, "缺少")
        return self.values.get(key)

    def text(self, key: str) -> str:
        value = self.take(key)
        if isinstance(value, str) and value.strip():
            return value
        if value is not None:
            self.fault(key, f"应为文字，不是{describe(value)}")
        return ""

    def number(self, key: str, low: Decimal | None = None) -> Decimal:
        value = self.take(key)
        number = read_number(value)
        if number is not None and (low is None or number >= low):
            return number
        if value is not None:
            least = "" if low is None else f"不小于 {plain(low)} 的"
            self.fault(key, f"应为{least}数，不是 {describe(value)}")
        return _ZERO

    def count(self, key: str) -> int:
        value = self.take(key)
        count = read_count(value)
        if count is None and value is not None:
            self.fault(key, f"应为不小于 0 的整数，不是 {describe(value)}")
        return count or 0

    def optional_number(self, key: str) -> Decimal | None:
        return self.number(key) if key in self.values else None

    def flag(self, key: str) -> bool:
        value = self.take(key)
        if not isinstance(value, bool) and value is not None:
            self.fault(key, f"应为 true 或 false，不是 {describe(value)}")
        return value is True

    def choice(self, key: str, choices: type[E]) -> E:
        value = self.take(key)
        members = list(choices)
        if value in [member.value for member in members]:
            return choices(value)
        if value is not None:
            self.fault(key, f"应为 {'、'.join(members)} 之一，不是{describe(value)}")
        return members[0]

    def table(self, key: str) -> "_Table":
        value = self.take(key)
        if value is not None and not isinstance(value, Mapping):
            self.fault(key, f"应为表，不是{describe(value)}")
        return _Table(value if isinstance(value, Mapping) else {}, f"{self.path}{key}.", self.faults)

    def name(self, key: str) -> Name:
        if key not in self.values:
            self.take(key)
            return Name("", "")
        table = self.table(key)
        name = Name(table.text("zh"), table.text("en"))
        table.done()
        return name

    def sequence(self, key: str) -> list[object]:
        value = self.take(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.fault(key, f"应为列表，不是{describe(value)}")
        return []

    def tables(self, key: str) -> list["_Table"]:
        tables = []
        for index, value in enumerate(self.sequence(key), start=1):
            if isinstance(value, Mapping):
                label = value.get("id", value.get("key", index))
                tables.append(_Table(value, f"{self.path}{key}[{label}].", self.faults))
            else:
                self.fault(key, f"第 {index} 项应为表，不是{describe(value)}")
        return tables

    def done(self) -> None:
        for key in self.values:
            if key not in self.read:
                self.fault(str(key), "不认识的设置")


def parse_scheme(mapping: Mapping[str, object]) -> tuple[Scheme | None, list[str]]:
    """Return the scheme that a TOML file's mapping holds, or None and every fault found.

    A fault is one line that names the place and what is wrong there. Numbers may be int, Decimal or float.
    """
    top = _Table(mapping, "", [])
    sections = {
        section.id: section
        for section in (
            _finish(table, Section(table.text("id"), table.name("title"), table.number("max", _ZERO)))
            for table in top.tables("sections")
        )
    }
    groups = {group.id: group for group in (_group(table, sections) for table in top.tables("groups"))}
    items = [_item(table, sections, groups) for table in top.tables("items")]
    total, answers = top.table("total"), top.table("answers")
    bonus, penalty = top.table("bonus"), top.table("penalty")
    scheme = Scheme(
        key=top.text("key"),
        name=top.name("name"),
        source=top.name("source"),
        max=top.number("max", _ZERO),
        sections=tuple(sections.values()),
        groups=tuple(groups.values()),
        items=tuple(item for item in items if item),
        bonus=_bonus(bonus),
        penalty=Penalty(
            penalty.text("id"),
            penalty.name("title"),
            penalty.name("requirement"),
            penalty.name("supplier"),
            penalty.number("points", _ZERO),
        ),
        floor=total.optional_number("floor"),
        cap=total.optional_number("cap"),
        grace_minutes=answers.count("grace_minutes"),
        low_response_rate=answers.number("low_response_rate", _ZERO),
        few_answers=answers.count("few_answers"),
        objection_days=_objection_days(top),
    )
    for table in (total, answers, bonus, penalty, top):
        table.done()
    if not top.faults:
        top.faults.extend(_sums(scheme))
    return (None, top.faults) if top.faults else (scheme, [])


T = TypeVar("T")


def _objection_days(top: _Table) -> int:
    if "objections" not in top.values:
        return _OBJECTION_DAYS
    table = top.table("objections")
    return _finish(table, table.count("days"))


def _finish(table: _Table, value: T) -> T:
    table.done()
    return value


def _group(table: _Table, sections: Mapping[str, Section]) -> Group:
    section = _member(table, "section", sections)
    group = Group(
        table.text("id"),
        section or Section("", Name("", ""), _ZERO),
        table.name("title"),
        table.number("max", _ZERO),
    )
    return _finish(table, group)


def _member(table: _Table, key: str, known: Mapping[str, T]) -> T | None:
    member_id = table.text(key)
    if member_id and member_id not in known:
        table.fault(key, f"没有名为「{member_id}」的定义")
    return known.get(member_id)


def _item(table: _Table, sections: Mapping[str, Section], groups: Mapping[str, Group]) -> ScoreItem | None:
    item_id, title = table.text("id"), table.name("title")
    section = _member(table, "section", sections)
    group = _member(table, "group", groups) if "group" in table.values else None
    if group and section and group.section != section:
        table.fault("group", f"「{group.id}」不在「{section.id}」之下")
    requirement, supplier = table.name("requirement"), table.name("supplier")
    maximum = table.number("max", _ZERO)
    had_kind = "kind" in table.values and table.values["kind"] in list(Kind)
    kind = table.choice("kind", Kind)
    if not had_kind:  # Without its kind nothing can be said of the other settings.
        return None
    settings = _SETTINGS[kind](table, maximum)
    table.done()
    if section is None:
        return None
    return ScoreItem(item_id, title, section, group, requirement, supplier, maximum, settings)


def _input_field(table: _Table, *, weighted: bool = False) -> InputField:
    weight = table.number("weight", _ZERO) if weighted else Decimal(1)
    return _finish(table, InputField(table.text("key"), table.name("name"), weight))


def _all_or_nothing(table: _Table, maximum: Decimal) -> AllOrNothing:
    return AllOrNothing(
        _input_field(table.table("whole")),
        _input_field(table.table("part")),
        table.choice("when_none", WhenNone),
        table.choice("partial", Partial),
    )


def _step(table: _Table) -> Decimal:
    step = table.number("step")
    if step <= 0 and "step" in table.values:
        table.fault("step", "步长应大于 0")
    return step


def _point_range(table: _Table, maximum: Decimal) -> PointRange:
    settings = PointRange(table.number("low"), table.number("high"), _step(table))
    if not settings.low <= settings.high <= maximum:
        table.fault("high", f"应满足 low ≤ high ≤ max（{plain(maximum)}）")
    elif settings.step > 0 and Fraction(settings.high - settings.low) % Fraction(settings.step):
        table.fault("step", "从 low 起按步长走不到 high")
    return settings


def _tiers(table: _Table, maximum: Decimal) -> Tiers:
    source = table.choice("source", TierSource)
    marks = source is TierSource.MARKS
    fields = () if marks else tuple(_input_field(t, weighted=True) for t in table.tables("fields"))
    if not marks and not fields:
        table.fault("fields", "至少要有一项")
    mark_range = _mark_range(table) if marks else (_ZERO, _ZERO)
    bands = tuple(
        _finish(t, Band(t.name("name"), t.number("low"), t.number("high"))) for t in table.tables("bands")
    )
    zero_points = table.optional_number("zero_points")
    settings = Tiers(bands, _cuts(table), source, fields, mark_range, _step(table), zero_points)
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


def _mark_range(table: _Table) -> tuple[Decimal, Decimal]:
    numbers = [read_number(value) for value in table.sequence("mark_range")]
    if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None and numbers[0] <= numbers[1]:
        return numbers[0], numbers[1]
    table.fault("mark_range", "应为 [最低分, 最高分]")
    return _ZERO, _ZERO


def _cuts(table: _Table) -> tuple[Fraction, ...]:
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


def _deductions(table: _Table, maximum: Decimal) -> Deductions:
    deduct = table.table("deduct")
    per = {rating: deduct.number(rating, _ZERO) for rating in Rating if rating.value in deduct.values}
    deduct.done()
    if not any(per.values()):
        table.fault("deduct", "至少要有一级扣分")
    return Deductions(per, table.optional_number("floor"), table.flag("from_library"))


def _reference(table: _Table, maximum: Decimal) -> Reference:
    if maximum:
        table.fault("max", "参考行不计分，应为 0")
    return Reference(table.number("low"), table.number("high"), table.count("places"), table.flag("impute"))


_SETTINGS: dict[Kind, Callable[[_Table, Decimal], Settings]] = {
    Kind.ALL_OR_NOTHING: _all_or_nothing,
    Kind.POINTS: _point_range,
    Kind.TIERS: _tiers,
    Kind.DEDUCTIONS: _deductions,
    Kind.REFERENCE: _reference,
}


def _bonus(table: _Table) -> Bonus:
    levels = tuple(
        _finish(t, Level(t.text("key"), t.name("name"), t.number("points", _ZERO)))
        for t in table.tables("levels")
    )
    return Bonus(
        table.text("id"),
        table.name("title"),
        table.name("requirement"),
        table.name("supplier"),
        levels,
        table.choice("counting", Counting),
    )


def _sums(scheme: Scheme) -> list[str]:
    """Faults that only the whole shows: repeated ids, and maxima that don't add up."""
    faults: list[str] = []
    ids = [item.id for item in scheme.items] + [scheme.bonus.id, scheme.penalty.id]
    faults.extend(f"items[{item_id}]：编号重复" for item_id in sorted(set(ids)) if ids.count(item_id) > 1)
    for group in scheme.groups:
        total = sum((item.max for item in scheme.items if item.group == group), _ZERO)
        if total != group.max:
            faults.append(f"groups[{group.id}].max：{plain(group.max)} 与各项之和 {plain(total)} 不符")
    for section in scheme.sections:
        total = sum((item.max for item in scheme.items if item.section == section), _ZERO)
        if total != section.max:
            faults.append(f"sections[{section.id}].max：{plain(section.max)} 与各项之和 {plain(total)} 不符")
    total = sum((section.max for section in scheme.sections), _ZERO)
    if total != scheme.max:
        faults.append(f"max：{plain(scheme.max)} 与各部分之和 {plain(total)} 不符")
    return faults
