"""Finding a round, and the lock on its row that keeps entries and the freezing of scores apart."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_state import RoundState
from survey_app.models.round import Round
from survey_app.services.errors import NotFoundError, ServiceError

FROZEN = (RoundState.FINALISED, RoundState.PUBLISHED)


def is_frozen(round_: Round) -> bool:
    """Whether the round's scores are frozen, so that nothing behind them may change; a correction opens them."""
    return round_.state in FROZEN


def round_of(session: Session, quarter: str) -> Round:
    """Return the round of a quarter; raise NotFoundError when there is none."""
    found = session.scalar(select(Round).where(Round.quarter == quarter))
    if found is None:
        raise NotFoundError(f"没有 {quarter} 这一轮：请从「季度轮次」重新进入")
    return found


def hold_for_entry(session: Session, round_: Round) -> Round:
    """Keep a round from being finalised until the transaction ends.

    Raises ServiceError when its scores are frozen already.
    """
    return _unfrozen(_locked(session, round_, read=True))


def hold_for_sending(session: Session, round_: Round) -> Round:
    """Do what `hold_for_entry` does, and let nobody else queue messages meanwhile: a number's share is counted."""
    return _unfrozen(_locked(session, round_, read=False))


def hold_for_freezing(session: Session, round_: Round) -> Round:
    """Wait until nobody is entering anything in a round, and keep all out until the transaction ends."""
    return _locked(session, round_, read=False)


def _unfrozen(held: Round) -> Round:
    if is_frozen(held):
        raise ServiceError(
            f"{parse_quarter(held.quarter).title}的得分已核定，不能再填报或修改：有错请先申请更正"
        )
    return held


def _locked(session: Session, round_: Round, read: bool) -> Round:
    return session.scalars(
        select(Round)
        .where(Round.id == round_.id)
        .with_for_update(read=read)
        .execution_options(populate_existing=True)
    ).one()
