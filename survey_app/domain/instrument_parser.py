"""Reading a questionnaire from the mapping that its file holds, with every fault named."""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from survey_app.domain.answer import BLANK, NOT_APPLICABLE
from survey_app.domain.instrument import (
    DEALT,
    NUMBERS,
    RATING,
    Condition,
    Dealt,
    Instrument,
    Kind,
    Limits,
    Option,
    Question,
)
from survey_app.domain.points import describe, read_count, read_number
from survey_app.domain.text import Name

_ID = re.compile(r"[a-z][a-z0-9_]{0,29}")
_VALUE = re.compile(r"[a-z0-9_]{1,30}")
_PLACES = {"unit", "months"}
_WITH_OPTIONS = (Kind.CHOICE, Kind.MULTI, Kind.DURATION)
_FIXED = (DEALT, RATING)


@dataclass
class _Reader:
    """The faults found so far, and the checks that every table shares."""

    faults: list[str] = field(default_factory=list)

    def fault(self, path: str, reason: str) -> None:
        self.faults.append(f"{path}：{reason}")

    def only(self, path: str, table: Mapping[str, object], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                self.fault(f"{path}.{key}" if path else key, "不认识这一项，请删去或改正拼写")

    def short(self, path: str, value: object, shape: re.Pattern[str] | None = None) -> str:
        if isinstance(value, str) and 0 < len(value) <= 30 and (shape is None or shape.fullmatch(value)):
            return value
        self.fault(
            path, f"应为 1 至 30 个{'小写字母、数字或下划线' if shape else '字符'}，不是 {describe(value)}"
        )
        return ""

    def name(self, path: str, value: object, places: set[str] = frozenset()) -> Name:  # type: ignore[assignment]
        if not isinstance(value, Mapping) or set(value) != {"zh", "en"}:
            self.fault(path, "应有 zh 和 en 两种文字")
            return Name("", "")
        for language, text in value.items():
            if not isinstance(text, str) or not text.strip():
                self.fault(f"{path}.{language}", f"应为文字，不是 {describe(text)}")
            elif not _places(text) <= places:
                allowed = "、".join("{" + place + "}" for place in sorted(places)) or "（无）"
                self.fault(f"{path}.{language}", f"花括号里只能是 {allowed}")
        return Name(str(value["zh"]), str(value["en"]))

    def names(self, path: str, value: object) -> tuple[Name, ...]:
        if not isinstance(value, list) or not value:
            self.fault(path, "应为至少一句话的列表")
            return ()
        return tuple(self.name(f"{path}[{n}]", each) for n, each in enumerate(value, 1))

    def flag(self, path: str, value: object) -> bool:
        if not isinstance(value, bool):
            self.fault(path, f"应为 true 或 false，不是 {describe(value)}")
        return value is True


def parse_instrument(
    mapping: Mapping[str, object], ratings: Sequence[str]
) -> tuple[Instrument | None, list[str]]:
    """Return the questionnaire that a mapping holds, and its faults; with any fault there is no instrument.

    The questions "dealt" (yes, no, unsure) and "rating" (the scheme's levels, whose keys `ratings` gives) must
    be there; a question without a condition is asked after "dealt" was answered yes.
    """
    reader = _Reader()
    reader.only("", mapping, ("key", "version", "title", "asker", "intro", "questions"))
    key = reader.short("key", mapping.get("key"), _ID)
    version = reader.short("version", mapping.get("version"))
    if len(version) > 20:
        reader.fault("version", "最多 20 个字符")
    title = reader.name("title", mapping.get("title"))
    asker = reader.name("asker", mapping.get("asker"))
    intro = reader.names("intro", mapping.get("intro"))
    tables = mapping.get("questions")
    questions: list[Question] = []
    if not isinstance(tables, list):
        reader.fault("questions", "应为问题的列表")
        tables = []
    for number, table in enumerate(tables, 1):
        if isinstance(table, Mapping):
            questions.append(_question(reader, f"questions[{number}]", table, questions))
        else:
            reader.fault(f"questions[{number}]", "应为一个问题")
    _check_fixed(reader, questions, {DEALT: list(Dealt), RATING: ratings})
    if reader.faults:
        return None, reader.faults
    return Instrument(key, version, title, asker, intro, tuple(questions)), []


def _question(
    reader: _Reader, path: str, table: Mapping[str, object], earlier: Sequence[Question]
) -> Question:
    known = (
        "id",
        "kind",
        "label",
        "text",
        "hint",
        "number",
        "options",
        "most",
        "decimals",
        "condition",
        "compact",
    )
    reader.only(path, table, known)
    question_id = reader.short(f"{path}.id", table.get("id"), _ID)
    if any(question.id == question_id for question in earlier):
        reader.fault(f"{path}.id", f"「{question_id}」重复")
    kinds = [kind.value for kind in Kind]
    kind = Kind.TEXT
    if table.get("kind") in kinds:
        kind = Kind(str(table["kind"]))
    else:
        reader.fault(f"{path}.kind", f"应为 {'、'.join(kinds)} 之一，不是 {describe(table.get('kind'))}")
    takes_number = kind in NUMBERS
    if not takes_number:
        for name in ("number", "most", "decimals"):
            if name in table:
                reader.fault(f"{path}.{name}", "只用于填数字的问题")
    return Question(
        id=question_id,
        kind=kind,
        label=reader.name(f"{path}.label", table.get("label")),
        text=reader.name(f"{path}.text", table.get("text"), _PLACES),
        hint=reader.name(f"{path}.hint", table["hint"], _PLACES) if "hint" in table else None,
        number=reader.name(f"{path}.number", table.get("number")) if takes_number else None,
        options=_options(reader, path, table.get("options", []), kind),
        limits=_limits(reader, path, table) if takes_number else None,
        condition=_condition(reader, path, table.get("condition"), question_id, earlier),
        compact=reader.flag(f"{path}.compact", table.get("compact", False)),
    )


def _options(reader: _Reader, path: str, tables: object, kind: Kind) -> tuple[Option, ...]:
    if not isinstance(tables, list) or (not tables and kind in _WITH_OPTIONS):
        reader.fault(f"{path}.options", "应为选项的列表")
        return ()
    if kind is Kind.TEXT and tables:
        reader.fault(f"{path}.options", "填文字的问题没有选项")
    options: list[Option] = []
    for number, table in enumerate(tables, 1):
        here = f"{path}.options[{number}]"
        if not isinstance(table, Mapping):
            reader.fault(here, "应有 value、zh 和 en")
            continue
        reader.only(here, table, ("value", "zh", "en", "takes_number", "takes_text"))
        value = reader.short(f"{here}.value", table.get("value"), _VALUE)
        if value in (BLANK, NOT_APPLICABLE):
            reader.fault(f"{here}.value", f"「{value}」另有含义，请换一个")
        if kind in NUMBERS and value.isdigit():
            reader.fault(f"{here}.value", "不能是数字，以免和填写的数混淆")
        if any(option.value == value for option in options):
            reader.fault(f"{here}.value", f"「{value}」重复")
        takes_number = reader.flag(f"{here}.takes_number", table.get("takes_number", False))
        takes_text = reader.flag(f"{here}.takes_text", table.get("takes_text", False))
        if takes_number and kind is not Kind.DURATION:
            reader.fault(f"{here}.takes_number", "只用于时长的单位")
        if takes_text and kind not in (Kind.CHOICE, Kind.MULTI):
            reader.fault(f"{here}.takes_text", "只用于单选和多选")
        text = reader.name(here, {name: table.get(name) for name in ("zh", "en")})
        options.append(Option(value, text, takes_number, takes_text))
    if kind is Kind.DURATION and not any(option.takes_number for option in options):
        reader.fault(f"{path}.options", "时长至少要有一个单位（takes_number = true）")
    if sum(option.takes_text for option in options) > 1:
        reader.fault(f"{path}.options", "最多一个选项可以另填文字")
    return tuple(options)


def _limits(reader: _Reader, path: str, table: Mapping[str, object]) -> Limits | None:
    most, decimals = read_number(table.get("most")), read_count(table.get("decimals", 0))
    if most is None or most <= 0:
        reader.fault(f"{path}.most", f"应为大于 0 的数，不是 {describe(table.get('most'))}")
    if decimals not in (0, 1):
        reader.fault(f"{path}.decimals", f"应为 0 或 1，不是 {describe(table.get('decimals'))}")
    return None if most is None or decimals is None else Limits(most, decimals)


def _condition(
    reader: _Reader, path: str, table: object, question_id: str, earlier: Sequence[Question]
) -> Condition | None:
    if table is None:
        return None if question_id == DEALT else Condition(DEALT, (Dealt.YES.value,))
    here = f"{path}.condition"
    if question_id in _FIXED:
        reader.fault(here, "这一题不能有条件")
        return None
    if not isinstance(table, Mapping) or set(table) != {"question", "values"}:
        reader.fault(here, "应有 question 和 values")
        return None
    looked_at = next((each for each in earlier if each.id == table["question"]), None)
    if looked_at is None or looked_at.kind is not Kind.CHOICE:
        reader.fault(f"{here}.question", f"应为前面的单选题，不是 {describe(table['question'])}")
        return None
    values = table["values"]
    known = [option.value for option in looked_at.options]
    if not isinstance(values, list) or not values or any(value not in known for value in values):
        reader.fault(f"{here}.values", f"应从 {'、'.join(known)} 中选")
        return None
    condition = Condition(looked_at.id, tuple(values))
    others = {
        each.condition for each in earlier if each.condition and each.condition.question == looked_at.id
    }
    if any(other.values != condition.values for other in others):
        # One place on the page opens what follows a question, for the browsers without script.
        reader.fault(f"{here}.values", f"跟在「{looked_at.id}」后面的问题，条件要相同")
    return condition


def _check_fixed(reader: _Reader, questions: Sequence[Question], fixed: Mapping[str, Sequence[str]]) -> None:
    if not questions or questions[0].id != DEALT:
        reader.fault("questions", f"第一题应为「{DEALT}」")
    by_id = {question.id: question for question in questions}
    for question_id, members in fixed.items():
        question = by_id.get(question_id)
        if question is None:
            reader.fault("questions", f"缺少「{question_id}」")
            continue
        values = [option.value for option in question.options]
        if question.kind is not Kind.CHOICE or values != list(members):
            reader.fault(f"questions「{question_id}」", f"应为单选，选项依次为 {'、'.join(members)}")


def _places(text: str) -> set[str]:
    try:
        return {
            place for _literal, place, _format, _kind in string.Formatter().parse(text) if place is not None
        }
    except ValueError:
        return {""}
