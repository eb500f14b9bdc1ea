"""Whom a survey has asked already: in the quarters before a round, and about how many units within it."""

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from survey_app.domain.unit_draws import rests
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.message import Message
from survey_app.models.response import Response
from survey_app.models.round import Round


def asked_lately(session: Session, round_: Round, instrument: str, quarters: int) -> dict[int, str]:
    """Return the newest of the last `quarters` quarters in which the survey asked an enterprise, by its id.

    Asked is who was called, was sent a message, or answered: being drawn alone is no burden.
    """
    earlier = [
        each for each in session.scalars(select(Round.quarter)) if rests(each, round_.quarter, quarters)
    ]
    if not earlier:
        return {}
    asked = or_(
        exists().where(Response.case_id == Case.id),
        exists().where(ContactAttempt.case_id == Case.id),
        exists().where(Message.case_id == Case.id, Message.sent_at.is_not(None)),
    )
    rows = session.execute(
        select(Case.enterprise_id, func.max(Round.quarter))
        .join(Round, Round.id == Case.round_id)
        .where(Round.quarter.in_(earlier), Case.instrument == instrument, asked)
        .group_by(Case.enterprise_id)
    )
    return dict(rows.all())


def units_asked_about(
    session: Session, round_id: int, instrument: str, enterprise_id: int | None = None
) -> dict[int, int]:
    """Return about how many units each enterprise (None: all) is asked in a round's survey, by its id."""
    counted = (
        select(Case.enterprise_id, func.count())
        .join(CaseUnit, CaseUnit.case_id == Case.id)
        .where(Case.round_id == round_id, Case.instrument == instrument)
        .group_by(Case.enterprise_id)
    )
    if enterprise_id is not None:
        counted = counted.where(Case.enterprise_id == enterprise_id)
    return dict(session.execute(counted).all())
