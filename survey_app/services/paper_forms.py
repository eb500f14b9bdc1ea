"""纸质问卷: printing a form for each enterprise that is still asked."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.quarter import parse_quarter
from survey_app.integrations.paper_form import PaperForm, PaperFormError, paper_forms
from survey_app.models.case import Case, CaseUnit
from survey_app.models.response import Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.notices import current_notice
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import ServiceError
from survey_app.services.personal_links import personal_link
from survey_app.services.surveys import contact_phone, require_asker


def form_rows(
    session: Session,
    collaborators: Collaborators,
    round_: Round,
    instrument: str,
    account_id: int | None,
    unit_id: int | None = None,
    public_id: str | None = None,
) -> list[PaperForm]:
    """Return the forms of a survey's cases that nobody answered yet, in the order of the draws.

    `unit_id` narrows them to the cases asked about a unit, `public_id` to one case. Raises ServiceError when
    the account doesn't ask with this questionnaire, SettingsError without PUBLIC_BASE_URL.
    """
    require_asker(session, round_, instrument, account_id)
    wanted = (
        select(Case)
        .where(
            Case.round_id == round_.id,
            Case.instrument == instrument,
            ~exists().where(Response.case_id == Case.id),
        )
        .options(selectinload(Case.enterprise), selectinload(Case.units).selectinload(CaseUnit.unit))
        .order_by(Case.id)
    )
    if unit_id is not None:
        wanted = wanted.where(exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit_id == unit_id))
    if public_id is not None:
        wanted = wanted.where(Case.public_id == public_id)
    return [
        PaperForm(
            case.enterprise.name,
            *personal_link(collaborators, case),
            tuple(unit.name for unit in sorted((each.unit for each in case.units), key=_place)),
        )
        for case in session.scalars(wanted)
    ]


def forms_pdf(collaborators: Collaborators, round_: Round, instrument: str, rows: list[PaperForm]) -> bytes:
    """Return the forms as a PDF. Raises ServiceError when they can't be printed."""
    if round_.closes_at is None:
        raise ServiceError("本轮没有截止日期，纸质问卷上要印：请先设定截止日期")
    try:
        return paper_forms(
            load_instrument(round_.scheme_key, instrument),
            current_notice(round_.scheme_key, instrument),
            parse_quarter(round_.quarter),
            rows,
            address=collaborators.settings.link("/s"),
            deadline=round_.closes_at.astimezone(COUNTY_ZONE).date(),
            phone=contact_phone(collaborators.settings, round_.scheme_key, instrument),
        )
    except PaperFormError as error:
        raise ServiceError(str(error)) from error


def _place(unit: Unit) -> tuple[int, int]:
    return unit.position, unit.id
