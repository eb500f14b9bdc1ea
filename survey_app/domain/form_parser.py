"""Reading a filled-in questionnaire: the one parser for web, telephone and visits."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal

from survey_app.domain.answer import BLANK, NOT_APPLICABLE, FieldError, UnitAnswer, Value
from survey_app.domain.instrument import (
    DEALT,
    MAX_TEXT,
    RATING,
    Dealt,
    Instrument,
    Kind,
    Limits,
    Option,
    Question,
)
from survey_app.domain.points import plain
from survey_app.domain.text import Text, joined

Form = Mapping[str, Sequence[str]]
# Digits as a Chinese keyboard may type them; nothing else is read as a number.
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．", "0123456789.")
_NUMBER = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,6}))?")


def field_name(unit_id: int, question_id: str, part: str = "") -> str:
    """Return the name of a field; `part` is "unit" (of a duration), "code" (instead of a number) or "text"."""
    return f"u{unit_id}-{question_id}" + (f"-{part}" if part else "")


def parse_form(
    instrument: Instrument, units: Sequence[tuple[int, str]], form: Form
) -> tuple[dict[int, UnitAnswer], list[FieldError]]:
    """Return the answer about each unit (id, name) and what is wrong with the form, in the page's order.

    Only a form without errors has an answer for every unit. What the page does not ask (after 没办过 or 记不清,
    or after 满意) is not looked at. Nothing is guessed: a number with two meanings is an error.
    """
    answers: dict[int, UnitAnswer] = {}
    errors: list[FieldError] = []
    for unit_id, unit_name in units:
        reader = _UnitReader(unit_id, unit_name, form)
        answer = reader.read(instrument)
        errors.extend(reader.errors)
        if answer is not None:
            answers[unit_id] = answer
    return answers, errors


class _UnitReader:
    """The fields of one unit under reading; `errors` fills as it goes."""

    def __init__(self, unit_id: int, unit_name: str, form: Form) -> None:
        self.unit_id = unit_id
        self.unit_name = unit_name
        self.form = form
        self.errors: list[FieldError] = []

    def read(self, instrument: Instrument) -> UnitAnswer | None:
        """Return the answer, or None when there is an error."""
        found: dict[str, Value] = self._value(instrument.question(DEALT))
        if found[DEALT] == BLANK:
            return None
        dealt = Dealt(str(found[DEALT]))
        if dealt is not Dealt.YES:
            return UnitAnswer(dealt)
        for question in instrument.questions[1:]:
            condition = question.condition
            if condition is not None and found[condition.question] not in condition.values:
                found[question.id] = NOT_APPLICABLE
            else:
                found.update(self._value(question))
        if self.errors:
            return None
        details = {name: value for name, value in found.items() if name not in (DEALT, RATING)}
        return UnitAnswer(dealt, str(found[RATING]), details)

    def _value(self, question: Question) -> dict[str, Value]:
        match question.kind:
            case Kind.CHOICE:
                return self._choice(question)
            case Kind.MULTI:
                return self._multi(question)
            case Kind.DURATION:
                return {question.id: self._duration(question)}
            case Kind.COUNT | Kind.MONEY:
                return {question.id: self._number_or_code(question)}
            case Kind.TEXT:
                return {question.id: self._text(question, "") or BLANK}

    def _choice(self, question: Question) -> dict[str, Value]:
        chosen = self._chosen(question, "")
        if len(chosen) > 1:
            self._fault(question, Text("只能选一项"))
        if not chosen and question.required:
            self._missing(question)
        if len(chosen) != 1:
            return {question.id: BLANK}
        return {question.id: chosen[0].value, **self._other(question, chosen)}

    def _multi(self, question: Question) -> dict[str, Value]:
        chosen = self._chosen(question, "")
        if not chosen:
            return {question.id: BLANK}
        return {question.id: [option.value for option in chosen], **self._other(question, chosen)}

    def _other(self, question: Question, chosen: Sequence[Option]) -> dict[str, Value]:
        if not any(option.takes_text for option in chosen):
            return {}
        text = self._text(question, "text")
        return {f"{question.id}-text": text} if text else {}

    def _duration(self, question: Question) -> Value:
        typed, number = self._number(question)
        chosen = self._chosen(question, "unit")
        if len(chosen) > 1:
            self._fault(question, Text("只能选一项"))
        elif not chosen and typed:
            units = joined(tuple(option.text for option in question.options if option.takes_number))
            self._fault(question, Text("填了数字，请再选单位（%(units)s）", {"units": units}))
        elif chosen and chosen[0].takes_number and not typed:
            self._fault(question, Text("选了“%(option)s”，请在上面填写数字", {"option": chosen[0].text}))
        elif chosen and not chosen[0].takes_number and typed:
            self._two_meanings(question, chosen[0])
        elif chosen and chosen[0].takes_number and number is not None:
            return {"value": number, "unit": chosen[0].value}
        elif chosen and not chosen[0].takes_number:
            return chosen[0].value
        return BLANK

    def _number_or_code(self, question: Question) -> Value:
        typed, number = self._number(question)
        chosen = self._chosen(question, "code")
        if typed and chosen:
            self._two_meanings(question, chosen[0])
        elif len(chosen) > 1:
            self._fault(question, Text("只能选一项"))
        elif chosen:
            return chosen[0].value
        return number or BLANK

    def _number(self, question: Question) -> tuple[bool, str | None]:
        """Return whether something was typed, and the number as text, None when it can't be used."""
        limits = question.limits
        typed = self._typed(question, "").translate(_FULL_WIDTH)
        if not typed or limits is None:
            return False, None
        number = read_typed_number(typed, limits)
        if number is not None:
            return True, number
        if limits.decimals:
            self._fault(
                question,
                Text("请填 0 到 %(most)s 的数字，最多一位小数，不带单位和逗号", {"most": limits.most}),
            )
        else:
            self._fault(question, Text("请填 0 到 %(most)s 的整数，不带单位", {"most": limits.most}))
        return True, None

    def _text(self, question: Question, part: str) -> str:
        text = self._typed(question, part)
        if len(text) > MAX_TEXT:
            params = {"most": MAX_TEXT, "n": len(text)}
            self._fault(question, Text("最多 %(most)s 个字，现在有 %(n)s 个，请删短一些", params), part)
        return text

    def _typed(self, question: Question, part: str) -> str:
        values = self.form.get(field_name(self.unit_id, question.id, part), ())
        if len(values) > 1:
            self._fault(question, Text("这一栏收到了两个值，请重新填写"), part)
            return ""
        return clean_text(values[0]) if values else ""

    def _chosen(self, question: Question, part: str) -> list[Option]:
        """Return the chosen options in the questionnaire's order; an unknown one is an error."""
        values = {value for value in self.form.get(field_name(self.unit_id, question.id, part), ()) if value}
        chosen = [option for option in question.options if option.value in values]
        if len(chosen) < len(values):
            self._fault(question, Text("请从列出的选项中选择"))
        return chosen

    def _missing(self, question: Question) -> None:
        if question.id == DEALT:
            sentence = Text("请选择贵单位是否到%(unit)s办过业务", {"unit": self.unit_name})
        else:
            sentence = Text("请选择对%(unit)s的评价", {"unit": self.unit_name})
        self._add(question, sentence)

    def _two_meanings(self, question: Question, option: Option) -> None:
        self._fault(question, Text("既填了数字，又选了“%(option)s”，请只留一个", {"option": option.text}))

    def _fault(self, question: Question, reason: Text, part: str = "") -> None:
        sentence = Text(
            "%(unit)s“%(question)s”：%(reason)s",
            {"unit": self.unit_name, "question": question.label, "reason": reason},
        )
        self._add(question, sentence, part)

    def _add(self, question: Question, sentence: Text, part: str = "") -> None:
        name = field_name(self.unit_id, question.id, part)
        # One sentence a field: the first says what to do, the next would repeat it.
        if all(error.field != name for error in self.errors):
            self.errors.append(FieldError(name, sentence))


def read_typed_number(typed: str, limits: Limits) -> str | None:
    """Return a number between 0 and the limit in its shortest writing ("3", "0.5"), or None."""
    match = _NUMBER.fullmatch(typed)
    if match is None:
        return None
    number = Decimal(typed)
    if number > limits.most or len((match[2] or "").rstrip("0")) > limits.decimals:
        return None
    return plain(number)


def clean_text(typed: str) -> str:
    """Return text without surrounding blanks and control characters, its line ends and accents in one form."""
    text = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
