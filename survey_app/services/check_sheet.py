"""What a checker has before them: whom to ring, what to say and to ask; never what was answered before."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.back_check_script import BackCheckScript
from survey_app.domain.instrument import DEALT, RATING, Instrument
from survey_app.domain.quarter import Quarter, parse_quarter
from survey_app.domain.text import Name
from survey_app.models.back_check import BackCheck, BackCheckCall
from survey_app.models.case import CaseUnit
from survey_app.models.unit import Unit
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.quality import load_quality_rules
from survey_app.schemes.scripts import load_back_check_script
from survey_app.services.back_checks import numbers_for, open_call
from survey_app.services.case_phones import CasePhone
from survey_app.services.surveys import survey_title


@dataclass(frozen=True)
class CheckSheet:
    """The page's content; `phones` is empty without a hold, `suggested` counts it from 0.

    `questions` is the survey's questionnaire with nothing but what is asked again.
    """

    check: BackCheck
    enterprise: str
    quarter: Quarter
    survey: Name
    asker: Name
    units: list[tuple[int, str]]
    questions: Instrument
    script: BackCheckScript
    phones: list[CasePhone]
    suggested: int | None
    calls: list[BackCheckCall]
    current: BackCheckCall | None
    most_tries: int


def check_sheet(session: Session, check: BackCheck, checker_id: int, now: datetime) -> CheckSheet:
    """Return what a checker needs for a call-back, which they must hold or be in a call for."""
    phones, suggested = numbers_for(session, check) if check.held_by_id == checker_id else ([], None)
    units = session.execute(
        select(Unit.id, Unit.name)
        .join(CaseUnit, CaseUnit.unit_id == Unit.id)
        .where(CaseUnit.case_id == check.case_id)
        .order_by(Unit.position, Unit.id)
    )
    scheme = check.round.scheme_key
    instrument = load_instrument(scheme, check.instrument)
    return CheckSheet(
        check=check,
        enterprise=check.case.enterprise.name,
        quarter=parse_quarter(check.round.quarter),
        survey=survey_title(check.round, check.instrument),
        asker=instrument.asker,
        units=[(unit_id, name) for unit_id, name in units],
        questions=asked_again(instrument),
        script=load_back_check_script(scheme, check.instrument),
        phones=phones,
        suggested=suggested,
        calls=list(check.calls),
        current=open_call(session, check.id, checker_id, now),
        most_tries=load_quality_rules(scheme).tries,
    )


def asked_again(instrument: Instrument) -> Instrument:
    """Return a questionnaire with nothing but what a score is made of."""
    return replace(instrument, questions=(instrument.question(DEALT), instrument.question(RATING)))
