"""The reasons that an answer gives, in the questionnaire's words and without what was written freely."""

from collections.abc import Mapping
from typing import Any

from survey_app.domain.instrument import Instrument
from survey_app.domain.text import Name

REASONS = "reasons"


def reasons_of(instrument: Instrument, details: Mapping[str, Any]) -> list[Name]:
    """Return the names of the chosen reasons, in the questionnaire's order; none where it asks for none."""
    chosen = details.get(REASONS)
    if not isinstance(chosen, list):
        return []
    question = next((each for each in instrument.questions if each.id == REASONS), None)
    return [option.text for option in question.options if option.value in chosen] if question else []
