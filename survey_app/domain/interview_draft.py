"""What of a questionnaire under way is kept: the fields that its page has, as they stand."""

from collections.abc import Iterable

from survey_app.domain.form_parser import Form, field_name
from survey_app.domain.instrument import MAX_TEXT, Instrument

CONSENTS = ("yes", "later", "no")
# More than any field takes, so that what is too long is kept for the person to shorten.
_LONGEST = 5 * MAX_TEXT
_MOST_VALUES = 30
_PARTS = ("", "unit", "code", "text")


def kept_fields(instrument: Instrument, unit_ids: Iterable[int], form: Form) -> dict[str, list[str]]:
    """Return the questionnaire's own fields of a form that was sent, without the empty ones.

    Nothing is checked but their names and their size: half an answer is worth keeping as it was typed.
    """
    names = (
        field_name(unit_id, question.id, part)
        for unit_id in unit_ids
        for question in instrument.questions
        for part in _PARTS
    )
    kept = {}
    for name in names:
        values = [value.replace("\0", "")[:_LONGEST] for value in form.get(name, ())][:_MOST_VALUES]
        if any(values):
            kept[name] = values
    return kept
