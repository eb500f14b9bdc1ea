"""Reading a scheme from the mapping that its file holds, with every fault named."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal

from survey_app.domain.ledger import LedgerKind
from survey_app.domain.points import plain
from survey_app.domain.scheme import (
    AllOrNothing,
    Answered,
    Bonus,
    Counting,
    DrawRules,
    Group,
    Kind,
    Level,
    Penalty,
    Scheme,
    ScoreItem,
    Section,
    Settings,
    Tiers,
    TierSource,
    Within,
)
from survey_app.domain.settings_parser import Levels, read_settings
from survey_app.domain.tally import RatingLevel
from survey_app.domain.text import Name
from survey_app.domain.toml_table import TomlTable
from survey_app.domain.unit_draws import LARGEST_CAP, MOST_REST_QUARTERS

_ZERO = Decimal(0)
_RATING_KEY = re.compile(r"[a-z][a-z0-9_]{0,19}")
# Choice: a plan says nothing of objections; a scheme's file may name other days, or none by 0.
_OBJECTION_DAYS = 5
# Choice: nor of the smallest number of answers that a unit sees; below three, one who answered knows of the other.
_SMALLEST_CELL = 5
_LEAST_SMALLEST_CELL = 3
# Choice: who was asked last quarter is left alone, and nobody is asked about more than five units at once.
_REST_QUARTERS, _UNITS_CAP = 1, 5


def parse_scheme_text(text: str) -> tuple[Scheme | None, list[str]]:
    """Return the scheme that a TOML file's text holds, or None and every fault found."""
    try:
        mapping = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        return None, [f"不是正确的 TOML：{error}"]
    return parse_scheme(mapping)


def parse_scheme(mapping: Mapping[str, object]) -> tuple[Scheme | None, list[str]]:
    """Return the scheme that a TOML file's mapping holds, or None and every fault found.

    A fault is one line that names the place and what is wrong there. Numbers may be int, Decimal or float.
    """
    top = TomlTable(mapping, "", [])
    sections = {
        section.id: section
        for section in (
            table.finish(Section(table.text("id"), table.name("title"), table.number("max", _ZERO)))
            for table in top.tables("sections")
        )
    }
    groups = {group.id: group for group in (_group(table, sections) for table in top.tables("groups"))}
    levels = _levels(top)
    items = [_item(table, sections, groups, levels) for table in top.tables("items")]
    total, answers = top.table("total"), top.table("answers")
    bonus, penalty = top.table("bonus"), top.table("penalty")
    scheme = Scheme(
        key=top.text("key"),
        name=top.name("name"),
        source=top.name("source"),
        max=top.number("max", _ZERO),
        ratings=levels,
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
            penalty.optional_number("cap", _ZERO),
        ),
        floor=total.optional_number("floor"),
        cap=total.optional_number("cap"),
        within=_within(top),
        grace_minutes=answers.count("grace_minutes"),
        low_response_rate=answers.number("low_response_rate", _ZERO),
        few_answers=answers.count("few_answers"),
        smallest_cell=_smallest_cell(answers),
        objection_days=_objection_days(top),
        receipt_sms=_receipt_sms(answers),
        draw=_draw_rules(top),
    )
    for table in (total, answers, bonus, penalty, top):
        table.done()
    if not top.faults:
        top.faults.extend(_sums(scheme))
    return (None, top.faults) if top.faults else (scheme, [])


def _levels(top: TomlTable) -> Levels:
    levels = tuple(
        t.finish(RatingLevel(t.text("key"), t.name("name"), t.flag("satisfied")))
        for t in top.tables("ratings")
    )
    if "ratings" not in top.values:
        return ()
    keys = [level.key for level in levels]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        top.fault(f"ratings[{key}]", "编号重复")
    for key in keys:
        if not _RATING_KEY.fullmatch(key):
            top.fault(f"ratings[{key}].key", "应为 1 至 20 个小写字母、数字或下划线，以字母开头")
    flags = [level.satisfied for level in levels]
    if len(levels) < 2:
        top.fault("ratings", "至少要有两个评价等级")
    elif len(set(flags)) < 2:
        top.fault("ratings", "至少一级算满意（satisfied = true），一级不算")
    elif flags != sorted(flags, reverse=True):
        top.fault("ratings", "应从最好到最差排列，算满意的在前")
    return levels


def _smallest_cell(answers: TomlTable) -> int:
    if "smallest_cell" not in answers.values:
        return _SMALLEST_CELL
    count = answers.count("smallest_cell")
    if count < _LEAST_SMALLEST_CELL:
        answers.fault("smallest_cell", f"应为不小于 {_LEAST_SMALLEST_CELL} 的整数，不是 {count}")
    return count


def _receipt_sms(answers: TomlTable) -> bool:
    return answers.flag("receipt_sms") if "receipt_sms" in answers.values else True


def _objection_days(top: TomlTable) -> int:
    if "objections" not in top.values:
        return _OBJECTION_DAYS
    table = top.table("objections")
    return table.finish(table.count("days"))


def _draw_rules(top: TomlTable) -> DrawRules:
    if "draw" not in top.values:
        return DrawRules(_REST_QUARTERS, _UNITS_CAP)
    table = top.table("draw")
    rules = DrawRules(table.count("rest_quarters"), table.count("units_cap"))
    for key, value, most in (
        ("rest_quarters", rules.rest_quarters, MOST_REST_QUARTERS),
        ("units_cap", rules.units_cap, LARGEST_CAP),
    ):
        if value > most:
            table.fault(key, f"最多 {most}，不是 {value}")
    return table.finish(rules)


def _within(top: TomlTable) -> Within | None:
    if "ranking" not in top.values:
        return None
    table = top.table("ranking")
    return table.finish(table.choice("within", Within))


def _group(table: TomlTable, sections: Mapping[str, Section]) -> Group:
    section = table.member("section", sections)
    group = Group(
        table.text("id"),
        section or Section("", Name("", ""), _ZERO),
        table.name("title"),
        table.number("max", _ZERO),
    )
    return table.finish(group)


def _item(
    table: TomlTable, sections: Mapping[str, Section], groups: Mapping[str, Group], levels: Levels
) -> ScoreItem | None:
    item_id, title = table.text("id"), table.name("title")
    section = table.member("section", sections)
    group = table.member("group", groups) if "group" in table.values else None
    if group and section and group.section != section:
        table.fault("group", f"「{group.id}」不在「{section.id}」之下")
    requirement, supplier = table.name("requirement"), table.name("supplier")
    maximum = table.number("max", _ZERO)
    had_kind = "kind" in table.values and table.values["kind"] in list(Kind)
    kind = table.choice("kind", Kind)
    if not had_kind:  # Without its kind nothing can be said of the other settings.
        return None
    settings = read_settings(table, kind, maximum, levels)
    ledger = _ledger(table, settings)
    scan_required = "scan_required" in table.values and table.flag("scan_required")
    table.done()
    if section is None:
        return None
    return ScoreItem(
        item_id, title, section, group, requirement, supplier, maximum, settings, ledger, scan_required
    )


def _ledger(table: TomlTable, settings: Settings) -> LedgerKind | None:
    if "ledger" not in table.values:
        return None
    ledger = table.choice("ledger", LedgerKind)
    counts = isinstance(settings, Tiers) and settings.source is TierSource.COUNTS
    fitting = {
        LedgerKind.VISITS: isinstance(settings, AllOrNothing),
        LedgerKind.PROBLEMS: isinstance(settings, AllOrNothing),
        LedgerKind.RECTIFICATIONS: isinstance(settings, AllOrNothing),
        LedgerKind.ARTICLES: counts,
    }
    if not fitting.get(ledger):
        table.fault("ledger", f"{ledger} 台账不能作为这一类评分项的依据")
    return ledger


def _bonus(table: TomlTable) -> Bonus:
    levels = tuple(
        t.finish(Level(t.text("key"), t.name("name"), t.number("points", _ZERO)))
        for t in table.tables("levels")
    )
    return Bonus(
        table.text("id"),
        table.name("title"),
        table.name("requirement"),
        table.name("supplier"),
        levels,
        table.choice("counting", Counting),
        table.optional_number("cap", _ZERO),
    )


def _sums(scheme: Scheme) -> list[str]:
    """Faults that only the whole shows: repeated ids, and maxima that don't add up."""
    faults: list[str] = []
    ids = [item.id for item in scheme.items] + [scheme.bonus.id, scheme.penalty.id]
    faults.extend(f"items[{item_id}]：编号重复" for item_id in sorted(set(ids)) if ids.count(item_id) > 1)
    from_library = [
        i.id for i in scheme.items if isinstance(i.settings, Answered) and i.settings.from_library
    ]
    for item_id in from_library[1:]:
        faults.append(f"items[{item_id}].from_library：答卷来自样本库的只能有一项，已有「{from_library[0]}」")
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
