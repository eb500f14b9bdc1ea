"""The numbers at which a case can be reached, and what happened at each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import RULES, Disposition, Family
from survey_app.models.added_phone import AddedPhone
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import FrameEntry
from survey_app.models.round import SampleEntry

WRONG = Disposition.WRONG_NUMBER
_REACHED = (Family.REFUSAL, Family.NON_CONTACT, Family.OTHER, Family.PARTIAL)


@dataclass(frozen=True)
class CasePhone:
    """One number, whom to ask for there, the outcomes of the calls to it, oldest first, and when the last was.

    An outcome is None where a call was begun and not ended.
    """

    number: str
    extension: str
    contacts: tuple[str, ...]
    outcomes: tuple[Disposition | None, ...]
    last_called_at: datetime | None = None

    @property
    def text(self) -> str:
        """The number as people write it, with its extension; calls are recorded under it."""
        return phone_text(self.number, self.extension)

    @property
    def address(self) -> str:
        """The `tel:` address that a soft phone dials."""
        extension = f";ext={self.extension}" if self.extension else ""
        return f"tel:{self.number.replace('-', '')}{extension}"

    @property
    def is_wrong(self) -> bool:
        """Whether a call found that this isn't the enterprise's number."""
        return WRONG in self.outcomes

    @property
    def was_reached(self) -> bool:
        """Whether somebody of the enterprise, or near to it, answered there before."""
        return any(outcome and RULES[outcome].family in _REACHED for outcome in self.outcomes)


def phone_text(number: str, extension: str) -> str:
    """Return a number with its extension: 0377-67230000转801."""
    return f"{number}转{extension}" if extension else number


def phones_of(session: Session, case: Case) -> list[CasePhone]:
    """Return the numbers of the case, each once: the libraries' in their order, then those found later."""
    entries = session.scalars(
        select(FrameEntry)
        .join(SampleEntry, SampleEntry.frame_entry_id == FrameEntry.id)
        .join(CaseUnit, CaseUnit.sample_entry_id == SampleEntry.id)
        .where(CaseUnit.case_id == case.id)
        .order_by(FrameEntry.id)
    )
    contacts: dict[tuple[str, str], dict[str, None]] = {}
    for entry in entries:
        for phone in entry.phones:
            names = contacts.setdefault((phone["number"], phone.get("extension", "")), {})
            if entry.contact:
                names[entry.contact] = None
    for added in session.scalars(
        select(AddedPhone).where(AddedPhone.case_id == case.id).order_by(AddedPhone.id)
    ):
        names = contacts.setdefault((added.number, added.extension), {})
        if added.contact:
            names[added.contact] = None
    outcomes: dict[str, list[Disposition | None]] = {}
    last: dict[str, datetime] = {}
    for called, outcome, called_at in session.execute(
        select(ContactAttempt.phone, ContactAttempt.outcome, ContactAttempt.started_at)
        .where(ContactAttempt.case_id == case.id)
        .order_by(ContactAttempt.id)
    ):
        outcomes.setdefault(called, []).append(Disposition(outcome) if outcome else None)
        last[called] = called_at
    return [
        CasePhone(number, extension, tuple(names), tuple(outcomes.get(text, ())), last.get(text))
        for (number, extension), names in contacts.items()
        for text in (phone_text(number, extension),)
    ]
