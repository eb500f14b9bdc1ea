"""Reserves step in by the system for who had no dealings with a unit or exists no more, where the scheme says so."""

import logging
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from survey_app.domain.disposition import Disposition
from survey_app.models.case import Case, CaseUnit
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.services.calling import rules_of
from survey_app.services.collaborators import Keys
from survey_app.services.errors import ServiceError
from survey_app.services.reserves import call_in_reserve
from survey_app.services.waiting_cases import open_rounds

log = logging.getLogger(__name__)


def replace_due(session: Session, keys: Keys, now: datetime) -> int:
    """Let the next reserve step in for each place that is to be replaced and isn't; commits one by one.

    A wrong number is not among them: the office looks for another first. Where an enterprise rated one of its
    units and had no dealings with the other, only its place in the other's sample is replaced. Returns how
    many stepped in.
    """
    called_in = 0
    for round_ in session.scalars(open_rounds(now)).all():
        if not rules_of(round_).replace_at_once:
            continue
        for sample_id, rank in _places(session, round_):
            try:
                call_in_reserve(session, keys, session.get_one(Sample, sample_id), rank, now)
            except ServiceError as error:  # somebody was faster, or the last reserve could not be asked
                log.info("no reserve for place %d of sample %d: %s", rank, sample_id, type(error).__name__)
            else:
                called_in += 1
    session.rollback()  # ends the reading
    return called_in


def _places(session: Session, round_: Round) -> list[tuple[int, int]]:
    """Return sample and rank of the places of a round to be replaced whose sample has a reserve left."""
    reserve, waiting = aliased(SampleEntry), aliased(SampleEntry)
    no_dealings = (
        select(Answer.id)
        .join(Response, Response.id == Answer.response_id)
        .where(
            Response.case_id == Case.id,
            Answer.unit_id == CaseUnit.unit_id,
            Answer.version == 1,
            Answer.rating.is_(None),
        )
    )
    rows = session.execute(
        select(SampleEntry.sample_id, SampleEntry.rank)
        .join(CaseUnit, CaseUnit.sample_entry_id == SampleEntry.id)
        .join(Case, Case.id == CaseUnit.case_id)
        .where(
            Case.round_id == round_.id,
            Case.closed,
            or_(
                and_(
                    Case.disposition == Disposition.DEREGISTERED,
                    ~exists().where(Response.case_id == Case.id),
                ),
                and_(
                    Case.disposition.in_((Disposition.NO_DEALINGS, Disposition.COMPLETE)),
                    exists(no_dealings.correlate(Case, CaseUnit)),
                ),
            ),
            ~exists().where(
                reserve.sample_id == SampleEntry.sample_id, reserve.replaces_rank == SampleEntry.rank
            ),
            exists().where(
                waiting.sample_id == SampleEntry.sample_id,
                waiting.asked.is_(False),
                waiting.called_in_reason == "",
            ),
        )
        .order_by(SampleEntry.sample_id, SampleEntry.rank)
    )
    return [(sample_id, rank) for sample_id, rank in rows]
