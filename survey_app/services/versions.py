"""得分版本: which frozen results a round has, and which of them the units see."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.quarter import parse_quarter
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.services.errors import NotFoundError


def versions_of(session: Session, round_: Round) -> list[ResultVersion]:
    """Return all versions of a round's result, the newest first."""
    return list(
        session.scalars(
            select(ResultVersion)
            .options(joinedload(ResultVersion.frozen_by), joinedload(ResultVersion.published_by))
            .where(ResultVersion.round_id == round_.id)
            .order_by(ResultVersion.version.desc())
            .execution_options(populate_existing=True)  # another may have published since it was last read
        )
    )


def newest_version(session: Session, round_: Round) -> ResultVersion | None:
    """Return the newest version, published or not; None where nothing was frozen yet."""
    return next(iter(versions_of(session, round_)), None)


def published_version(session: Session, round_: Round) -> ResultVersion | None:
    """Return the version that units see: the newest published one, or None."""
    return next((each for each in versions_of(session, round_) if each.published_at), None)


def standing_version(session: Session, round_: Round) -> ResultVersion:
    """Return the version that stands: the one units see or, before any is published, the newest.

    Raises NotFoundError where nothing was frozen yet.
    """
    found = published_version(session, round_) or newest_version(session, round_)
    if found is None:
        raise NotFoundError(f"{parse_quarter(round_.quarter).title}的得分还没有核定")
    return found


def version_of(session: Session, round_: Round, number: int) -> ResultVersion:
    """Return a version by its number; raise NotFoundError when the round has none such."""
    for version in versions_of(session, round_):
        if version.version == number:
            return version
    raise NotFoundError(f"这一轮没有第 {number} 版得分：请从「版本与异议」进入")


def version_before(
    session: Session, round_: Round, number: int, published: bool = False
) -> ResultVersion | None:
    """Return the version before one, or the one that was published before it; None for the first."""
    for version in versions_of(session, round_):
        if version.version < number and (version.published_at or not published):
            return version
    return None


def finished_rounds(session: Session) -> list[Round]:
    """Return the rounds that have a frozen result, the newest first; one under correction keeps its result."""
    frozen = select(ResultVersion.round_id)
    return list(session.scalars(select(Round).where(Round.id.in_(frozen)).order_by(Round.quarter.desc())))


def published_rounds(session: Session) -> list[Round]:
    """Return the rounds of which units see a result, the newest first."""
    published = select(ResultVersion.round_id).where(ResultVersion.published_at.is_not(None))
    return list(session.scalars(select(Round).where(Round.id.in_(published)).order_by(Round.quarter.desc())))
