"""Handing out all links of a round: the list for a file, and the printable sheet of labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.quarter import parse_quarter
from survey_app.integrations.label_sheet import Label, LabelSheetError, label_sheet
from survey_app.integrations.spreadsheets import write_csv
from survey_app.models.case import Case, CaseUnit
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import ServiceError
from survey_app.services.personal_links import personal_link
from survey_app.services.surveys import contact_phone, require_asker, survey_title
from survey_app.services.waiting_cases import SATISFACTION

COLUMNS = ("enterprise", "units", "url", "code")


@dataclass(frozen=True)
class LinkRow:
    """One enterprise's link and code; `units` are those it is asked about, joined by 、."""

    enterprise: str
    units: str
    url: str
    code: str


def link_rows(
    session: Session,
    collaborators: Collaborators,
    round_: Round,
    instrument: str = SATISFACTION,
    account_id: int | None = None,
) -> list[LinkRow]:
    """Return the link of every case of a survey, in the order of the draws.

    Raises ServiceError when nothing is drawn yet, or the account doesn't ask with this questionnaire;
    SettingsError without PUBLIC_BASE_URL.
    """
    require_asker(session, round_, instrument, account_id)
    cases = session.scalars(
        select(Case)
        .where(Case.round_id == round_.id, Case.instrument == instrument)
        .options(selectinload(Case.enterprise), selectinload(Case.units).selectinload(CaseUnit.unit))
        .order_by(Case.id)
    ).all()
    if not cases:
        raise ServiceError(f"{parse_quarter(round_.quarter).title}还没有抽样，没有链接：请先抽样")
    return [
        LinkRow(
            case.enterprise.name,
            "、".join(unit.name for unit in sorted((each.unit for each in case.units), key=_place)),
            *personal_link(collaborators, case),
        )
        for case in cases
    ]


def links_csv(rows: Sequence[LinkRow]) -> bytes:
    """Return the links as a CSV file, with the columns' names in English."""
    return write_csv([COLUMNS, *((row.enterprise, row.units, row.url, row.code) for row in rows)])


def record_export(
    session: Session,
    round_: Round,
    rows: int,
    now: datetime,
    account_id: int | None = None,
    kind: str = "csv",
    instrument: str = SATISFACTION,
) -> None:
    """Note that links of a survey left the program, as "csv", "labels" or paper "forms"; commits."""
    audit.record(
        session,
        now,
        account_id,
        "links.export",
        "round",
        round_.id,
        rows=rows,
        kind=kind,
        instrument=instrument,
    )
    session.commit()


def labels_pdf(
    collaborators: Collaborators, round_: Round, rows: Sequence[LinkRow], instrument: str = SATISFACTION
) -> bytes:
    """Return the labels of a round's links as a PDF. Raises ServiceError when they can't be printed."""
    if round_.closes_at is None:
        raise ServiceError("本轮没有截止日期，标签上要印：请先设定截止日期")
    address = collaborators.settings.link("/s")
    try:
        return label_sheet(
            f"{parse_quarter(round_.quarter).title}{survey_title(round_, instrument).zh}回访",
            [Label(row.enterprise, row.url, row.code) for row in rows],
            address=address.partition("://")[2],
            deadline=round_.closes_at.astimezone(COUNTY_ZONE).date(),
            phone=contact_phone(collaborators.settings, round_.scheme_key, instrument),
        )
    except LabelSheetError as error:
        raise ServiceError(str(error)) from error


def _place(unit: Unit) -> tuple[int, int]:
    return unit.position, unit.id
