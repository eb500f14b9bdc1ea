"""责任单位: which units a round is about, and which are rated now."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.models.unit_score import UnitScore


def units_of(session: Session, round_: Round) -> list[Unit]:
    """Return the units of a round in their order: those of its newest version, else all that are active.

    So a correction years later is about the units of then, whoever was set up or closed since.
    """
    newest = select(func.max(UnitScore.version)).where(UnitScore.round_id == round_.id).scalar_subquery()
    scored = select(UnitScore.unit_id).where(UnitScore.round_id == round_.id, UnitScore.version == newest)
    units = select(Unit).where(Unit.id.in_(scored)).order_by(Unit.position, Unit.id)
    return list(session.scalars(units)) or active_units(session)


def active_units(session: Session) -> list[Unit]:
    """Return the units that are rated now, in their order."""
    return list(session.scalars(select(Unit).where(Unit.active).order_by(Unit.position, Unit.id)))
