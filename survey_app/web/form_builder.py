"""Building a questionnaire's form for any page that asks it: the enterprise's, the interviewer's, a visitor's."""

from calendar import month_name
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from flask import get_template_attribute
from markupsafe import Markup

from survey_app.domain.answer import FieldError
from survey_app.domain.form_parser import Form, field_name
from survey_app.domain.instrument import DEALT, MAX_TEXT, RATING, Instrument, Kind, Question
from survey_app.domain.quarter import Quarter, parse_quarter
from survey_app.domain.text import Name
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import load_scheme
from survey_app.web.language import locale, say
from survey_app.web.rating_tones import rating_tones

_MACROS = "questionnaire/_questions.html"
# What the second control of a question is called: a duration's unit, what stands instead of a number.
_PARTS = {Kind.DURATION: "unit", Kind.COUNT: "code", Kind.MONEY: "code"}
_BOXES = (Kind.MULTI, Kind.COUNT, Kind.MONEY)
_NOTHING: Form = {}


@dataclass(frozen=True)
class UnitForm:
    """The part of a form about one unit: its questions, ready to be set into the page."""

    unit_id: int
    name: str
    html: Markup


@dataclass(frozen=True)
class QuestionnaireForm:
    """A form: its units' parts, and what is wrong with what was sent, (field id, sentence), in page order."""

    instrument: Instrument
    units: tuple[UnitForm, ...]
    faults: tuple[tuple[str, str], ...]


def build_form(
    scheme_key: str,
    instrument_key: str,
    quarter: str,
    units: Sequence[tuple[int, str]],
    form: Form = _NOTHING,
    errors: Sequence[FieldError] = (),
) -> QuestionnaireForm:
    """Return the form about units (id, name), in the language of the request, with what was typed and its errors.

    The page must link or hold questionnaire.css, and needs no script.
    """
    faults = tuple((error.field, say(error.sentence)) for error in errors)
    parts = []
    for unit_id, name in units:
        if not form and not errors:
            html = _blank(scheme_key, instrument_key, quarter, locale(), unit_id, name)
        else:
            html = _render(scheme_key, instrument_key, quarter, unit_id, name, form, dict(faults))
        parts.append(UnitForm(unit_id, name, html))
    return QuestionnaireForm(load_instrument(scheme_key, instrument_key), tuple(parts), faults)


@lru_cache(maxsize=1024)
def _blank(
    scheme_key: str, instrument_key: str, quarter: str, _language: str, unit_id: int, name: str
) -> Markup:
    """Return an empty part; it is the same for every enterprise, and made once."""
    return _render(scheme_key, instrument_key, quarter, unit_id, name, _NOTHING, {})


def _render(
    scheme_key: str,
    instrument_key: str,
    quarter: str,
    unit_id: int,
    name: str,
    form: Form,
    faults: dict[str, str],
) -> Markup:
    instrument = load_instrument(scheme_key, instrument_key)
    places = {"unit": name, "months": _months(parse_quarter(quarter))}
    tones = rating_tones(load_scheme(scheme_key).ratings)
    builder = _UnitBuilder(instrument, unit_id, places, form, faults, tones)
    macro = get_template_attribute(_MACROS, "question")
    return Markup(macro(builder.build(instrument.question(DEALT))))  # noqa: S704 - a macro escapes what it is given


def _months(quarter: Quarter) -> str:
    first, last = quarter.months
    return say(Name(f"{first}月—{last}月", f"{month_name[first]}–{month_name[last]}"))


@dataclass(frozen=True)
class Choice:
    """One option as the page shows it; `opens`: shows what follows; `writes`: shows its line of text.

    `tone` colours the levels of the rating; it is empty for other options.
    """

    id: str
    value: str
    label: str
    checked: bool
    opens: bool
    writes: bool
    tone: str


@dataclass(frozen=True)
class QuestionView:
    """One question as the page shows it.

    `name` is also the id of its first control, to which an error leads; `name_of_choices` is the options'.
    """

    name: str
    kind: Kind
    legend: str
    hint: str | None
    optional: bool
    compact: bool
    name_of_choices: str
    boxes: bool
    choices: tuple[Choice, ...]
    number_label: str | None
    typed: str
    other_name: str | None
    other_typed: str
    error: str | None
    other_error: str | None
    following: tuple["QuestionView", ...]
    max_text: int = MAX_TEXT


@dataclass(frozen=True)
class _UnitBuilder:
    instrument: Instrument
    unit_id: int
    places: dict[str, str]
    form: Form
    faults: dict[str, str]
    tones: dict[str, str]

    def build(self, question: Question) -> QuestionView:
        name = self._name(question, "")
        other = self._name(question, "text") if any(each.takes_text for each in question.options) else None
        following = tuple(self.build(each) for each in self.instrument.following(question.id))
        return QuestionView(
            name=name,
            kind=question.kind,
            legend=self._say(question.text),
            hint=self._say(question.hint) if question.hint else None,
            optional=not question.required,
            compact=question.compact,
            name_of_choices=self._name(question, _PARTS.get(question.kind, "")),
            boxes=question.kind in _BOXES,
            choices=tuple(self._choices(question, name)),
            number_label=say(question.number) if question.number else None,
            typed=self._first(name),
            other_name=other,
            other_typed=self._first(other) if other else "",
            error=self.faults.get(name),
            other_error=self.faults.get(other) if other else None,
            following=following,
        )

    def _choices(self, question: Question, name: str) -> Iterator[Choice]:
        chosen = self.form.get(self._name(question, _PARTS.get(question.kind, "")), ())
        opening = {
            value
            for each in self.instrument.following(question.id)
            if each.condition
            for value in each.condition.values
        }
        for option in question.options:
            first = option is question.options[0] and not question.number
            yield Choice(
                id=name if first else f"{name}-{option.value}",
                value=option.value,
                label=say(option.text),
                checked=option.value in chosen,
                opens=option.value in opening,
                writes=option.takes_text,
                tone=self.tones[option.value] if question.id == RATING else "",
            )

    def _name(self, question: Question, part: str) -> str:
        return field_name(self.unit_id, question.id, part)

    def _first(self, name: str) -> str:
        values = self.form.get(name, ())
        return values[0] if values else ""

    def _say(self, name: Name) -> str:
        return say(name).format(**self.places)
