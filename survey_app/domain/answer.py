"""单位评价: what a response says of one unit, how the absence of an answer is written, and a response's digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from survey_app.domain.instrument import Dealt
from survey_app.domain.text import Text

# 0, left blank, 记不清 (an option of the question) and 不适用 are four different values and stay so.
BLANK = "blank"
NOT_APPLICABLE = "not_applicable"

# A number as text ("3.5"), an option's value, BLANK, NOT_APPLICABLE; several options; a number with its unit.
Value = str | list[str] | dict[str, str]


@dataclass(frozen=True)
class UnitAnswer:
    """单位评价 — `rating` is the key of a level; it is null, and `details` empty, unless `dealt` is yes.

    `details` maps the id of each other question to its Value; the text beside an option "other" stands under
    "<id>-text".
    """

    dealt: Dealt
    rating: str | None = None
    details: Mapping[str, Value] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the answer as JSON holds it."""
        return {"dealt": self.dealt.value, "rating": self.rating, "details": dict(self.details)}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with a field: the id of its first control, and a sentence."""

    field: str
    sentence: Text


def content_digest(answers: Mapping[int, UnitAnswer]) -> str:
    """Return the SHA-256 of a response's content, by unit id: the same answers, the same digest."""
    content = {str(unit_id): answer.as_json() for unit_id, answer in answers.items()}
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
