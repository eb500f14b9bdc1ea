"""The small form by which an interviewer reports what came of a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disposition import CALL_OUTCOMES, Disposition
from survey_app.domain.text import Text


@dataclass(frozen=True)
class OutcomeForm:
    """What was typed, kept for the page, and what it means; `faults` maps a field's name to its sentence.

    `pick` is one of the moments that the page offers for calling back; a moment that was typed goes before it.
    """

    outcome: Disposition | None = None
    note: str = ""
    appointment: str = ""
    pick: str = ""
    appointment_at: datetime | None = None
    faults: dict[str, Text] = field(default_factory=dict)

    def with_faults(self, faults: dict[str, Text]) -> "OutcomeForm":
        """Return the same form with these faults."""
        return replace(self, faults=faults)


def read_outcome(form: Mapping[str, str]) -> OutcomeForm:
    """Read a form that was sent; the time of an appointment is the county's."""
    code = form.get("outcome", "")
    typed = form.get("appointment_at", "").strip()
    # The moments are offered with one outcome only; a choice that is out of sight by now means nothing.
    pick = form.get("appointment_pick", "") if code == Disposition.APPOINTMENT else ""
    faults = {}
    appointment_at = None
    if typed or pick:
        try:
            appointment_at = datetime.fromisoformat(typed or pick).replace(tzinfo=COUNTY_ZONE)
        except ValueError:
            faults["appointment_at"] = Text("回电时间应写成 2022-06-30 15:00 的样子")
    return OutcomeForm(
        outcome=Disposition(code) if code in CALL_OUTCOMES else None,
        note=form.get("note", ""),
        appointment=typed,
        pick=pick,
        appointment_at=appointment_at,
        faults=faults,
    )
