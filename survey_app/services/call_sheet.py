"""What an interviewer has before them in a call: whom to ring, what to say, what was tried, what is asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.calling_rules import CallingRules
from survey_app.domain.disposition import Disposition
from survey_app.domain.quarter import Quarter, parse_quarter
from survey_app.domain.script import CallScript
from survey_app.domain.text import Name
from survey_app.models.account import Account
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import FrameEntry
from survey_app.models.round import SampleEntry
from survey_app.models.unit import Unit
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.scripts import load_script
from survey_app.services.calling import hours_of, rules_of
from survey_app.services.case_phones import CasePhone, phones_of
from survey_app.services.interview_drafts import Draft, draft_of
from survey_app.services.surveys import survey_title
from survey_app.services.waiting_cases import has_response, open_attempt, round_takes_calls


@dataclass(frozen=True)
class AskedUnit:
    """A unit that the enterprise is asked about, and the matter that its library gives."""

    unit_id: int
    name: str
    matter: str


@dataclass(frozen=True)
class PastCall:
    """A call to the case: when, by whom, to which number, and its outcome (None: never reported)."""

    started_at: datetime
    interviewer: str
    phone: str
    outcome: Disposition | None
    note: str


@dataclass(frozen=True)
class CallSheet:
    """The call page's content; `phones` is empty without a hold; `suggested` counts it from 0.

    `survey` is what the survey is called, `asker` on whose behalf the interviewer calls; `draft` is what this
    interviewer took down before.
    """

    case: Case
    quarter: Quarter
    units: list[AskedUnit]
    phones: list[CasePhone]
    suggested: int | None
    history: list[PastCall]
    current: ContactAttempt | None
    answered: bool
    round_open: bool
    rules: CallingRules
    hours: CallingHours
    script: CallScript
    survey: Name
    asker: Name
    draft: Draft | None


def call_sheet(session: Session, case: Case, interviewer_id: int, now: datetime) -> CallSheet:
    """Return what the interviewer needs for this case, which they must hold or be in a call with."""
    phones = phones_of(session, case) if case.held_by_id == interviewer_id else []
    current = open_attempt(session, case.id, interviewer_id, now)
    return CallSheet(
        case=case,
        quarter=parse_quarter(case.round.quarter),
        units=_units(session, case),
        phones=phones,
        suggested=_suggested(phones),
        history=_history(session, case),
        current=current,
        answered=has_response(session, case.id),
        round_open=round_takes_calls(case.round, now),
        rules=rules_of(case.round),
        hours=hours_of(session, case.round.scheme_key),
        script=load_script(case.round.scheme_key, case.instrument),
        survey=survey_title(case.round, case.instrument),
        asker=load_instrument(case.round.scheme_key, case.instrument).asker,
        draft=draft_of(session, case.id, interviewer_id, current),
    )


def units_asked(session: Session, case: Case) -> list[int]:
    """Return the ids of the units that the enterprise is asked about."""
    return list(session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id)))


def _suggested(phones: list[CasePhone]) -> int | None:
    """Return the place of a number where somebody answered, else of that tried least; never a wrong one."""
    usable = [
        (not phone.was_reached, len(phone.outcomes), place)
        for place, phone in enumerate(phones)
        if not phone.is_wrong
    ]
    return min(usable)[-1] if usable else None


def _units(session: Session, case: Case) -> list[AskedUnit]:
    rows = session.execute(
        select(Unit.id, Unit.name, FrameEntry.matter)
        .join(CaseUnit, CaseUnit.unit_id == Unit.id)
        .join(SampleEntry, SampleEntry.id == CaseUnit.sample_entry_id)
        .join(FrameEntry, FrameEntry.id == SampleEntry.frame_entry_id)
        .where(CaseUnit.case_id == case.id)
        .order_by(Unit.position, Unit.id)
    )
    return [AskedUnit(*row) for row in rows]


def _history(session: Session, case: Case) -> list[PastCall]:
    rows = session.execute(
        select(ContactAttempt, Account.display_name)
        .join(Account, Account.id == ContactAttempt.interviewer_id)
        .where(ContactAttempt.case_id == case.id)
        .order_by(ContactAttempt.id.desc())
    )
    return [
        PastCall(
            attempt.started_at,
            name,
            attempt.phone,
            Disposition(attempt.outcome) if attempt.outcome else None,
            attempt.note,
        )
        for attempt, name in rows
    ]
