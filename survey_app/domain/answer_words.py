"""An answer's details in words, for staff who read what was said and not how it is stored."""

from collections.abc import Mapping

from survey_app.domain.answer import BLANK, NOT_APPLICABLE, Value
from survey_app.domain.instrument import Instrument, Question
from survey_app.domain.text import Name, Param, Text, joined


def in_words(instrument: Instrument, details: Mapping[str, Value]) -> list[tuple[Name, Text]]:
    """Return what was answered, (short name of the question, words), in the questionnaire's order.

    Questions that were left blank or not asked are left out. An option that this version of the questionnaire
    doesn't have is shown as it is stored.
    """
    found = []
    for question in instrument.questions:
        value = details.get(question.id, BLANK)
        if value not in (BLANK, NOT_APPLICABLE):
            text = details.get(f"{question.id}-text")
            found.append((question.label, _words(question, value, text)))
    return found


def _words(question: Question, value: Value, text: Value | None) -> Text:
    parts: tuple[Param, ...]
    if isinstance(value, dict):
        parts = (value["value"], " ", _option(question, value["unit"]))
    else:
        chosen = value if isinstance(value, list) else [value]
        parts = joined(tuple(_option(question, each) for each in chosen))
    if text:
        parts = (*parts, Text("：%(text)s", {"text": str(text)}))
    return Text("%(words)s", {"words": parts})


def _option(question: Question, value: str) -> Param:
    option = question.option(value)
    return option.text if option else value
