"""平板模式: a staff browser becomes a tablet of a service hall, which takes answers by code and opens nothing else."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.config import COUNTY_ZONE, Settings
from survey_app.domain.access_code import derive_token
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.json_object import is_clean
from survey_app.domain.mode import Mode
from survey_app.models.case import Case
from survey_app.models.response import Response
from survey_app.models.round import Round
from survey_app.models.tablet import Tablet, TabletSubmission
from survey_app.services import accounts, audit, responses
from survey_app.services.accounts import SignedIn
from survey_app.services.collaborators import Keys
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.respondent_cases import (
    Receipt,
    RespondentCase,
    UnknownCodeError,
    find_case,
    token_for_code,
)
from survey_app.services.surveys import contact_phone, require_asker
from survey_app.services.throttle import CODE_BY_TABLET
from survey_app.services.waiting_cases import round_takes_calls

MOST_PLACE = 50


@dataclass(frozen=True)
class TabletInUse:
    """A tablet as the office sees it: where it stands, until when, and how many counted answers came from it."""

    tablet: Tablet
    works: bool
    answers: int


def start(session: Session, round_: Round, instrument: str, who: SignedIn, place: str, now: datetime) -> str:
    """Sign the staff account out of this browser and return the token of a tablet in its place; commits.

    It works until midnight in the county. Raises ServiceError for a missing place, a round that takes no
    answers, or another's survey.
    """
    require_asker(session, round_, instrument, who.account_id)
    place = place.strip()
    if not place:
        raise ServiceError("请填写平板放在哪里，例如“政务大厅一号台”", "place")
    if len(place) > MOST_PLACE or not is_clean(place):
        raise ServiceError(f"地点最多 {MOST_PLACE} 个字，不能有控制字符，请改短后再开始", "place")
    if not round_takes_calls(round_, now):
        raise ServiceError("本轮现在不接收答复，不能开始平板模式：请在回访期间再来")
    token = secrets.token_urlsafe(32)
    tomorrow = now.astimezone(COUNTY_ZONE).date() + timedelta(days=1)
    tablet = Tablet(
        token_hash=_hash(token),
        round_id=round_.id,
        instrument=instrument,
        place=place,
        started_by_id=who.account_id,
        started_at=now,
        expires_at=datetime.combine(tomorrow, time(), COUNTY_ZONE),
    )
    session.add(tablet)
    session.flush()
    audit.record(session, now, who.account_id, "tablet.start", "tablet", tablet.id, round=round_.quarter)
    accounts.sign_out(session, who, now)
    return token


def end(
    session: Session, round_: Round, instrument: str, tablet_id: int, account_id: int, now: datetime
) -> None:
    """End a tablet of a survey, wherever it is; commits. One that has ended stays as it is."""
    require_asker(session, round_, instrument, account_id)
    tablet = session.get(Tablet, tablet_id)
    if tablet is None or (tablet.round_id, tablet.instrument) != (round_.id, instrument):
        raise NotFoundError("没有这台平板：请从列表重新进入")
    if tablet.ended_at is None:
        tablet.ended_at = now
        audit.record(session, now, account_id, "tablet.end", "tablet", tablet.id, round=round_.quarter)
    session.commit()


def tablets(session: Session, round_: Round, instrument: str, now: datetime) -> list[TabletInUse]:
    """Return a survey's tablets, the newest first."""
    counted = (
        select(func.count())
        .select_from(TabletSubmission)
        .join(
            Response,
            (Response.case_id == TabletSubmission.case_id) & (Response.received_at == TabletSubmission.at),
        )
        .where(TabletSubmission.tablet_id == Tablet.id, Response.mode == Mode.ONSITE)
        .correlate(Tablet)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Tablet, counted)
        .options(joinedload(Tablet.started_by))
        .where(Tablet.round_id == round_.id, Tablet.instrument == instrument)
        .order_by(Tablet.id.desc())
    )
    return [TabletInUse(tablet, _works(tablet, now), number) for tablet, number in rows]


def tablet_of(session: Session, token: str, now: datetime) -> Tablet | None:
    """Return the tablet of a token; None where it is unknown, ended or expired."""
    tablet = session.scalar(select(Tablet).where(Tablet.token_hash == _hash(token)))
    return tablet if tablet is not None and _works(tablet, now) else None


def case_by_code(session: Session, keys: Keys, tablet: Tablet, typed: str, now: datetime) -> RespondentCase:
    """Return the case of the tablet's survey that a code stands for; commits what it notes of a wrong one.

    Wrong codes are counted for the tablet. Raises MalformedCodeError, UnknownCodeError (of another survey or
    round as well) or TooManyTriesError.
    """
    token = token_for_code(
        session, keys.links, keys.throttle, typed, f"tablet {tablet.id}", now, CODE_BY_TABLET
    )
    case = find_case(session, token)
    if case is None or not _is_of(session, case, tablet):
        raise UnknownCodeError("这台平板上没有这个回访码，请对照通知再输一次")
    return case


def case_on(session: Session, keys: Keys, tablet: Tablet, public_id: str) -> RespondentCase | None:
    """Return the case of the tablet's survey with this public id, None where there is none."""
    version = session.scalar(select(Case.link_version).where(Case.public_id == public_id))
    case = find_case(session, derive_token(keys.links, public_id, version)) if version else None
    return case if case is not None and _is_of(session, case, tablet) else None


def send(
    session: Session,
    tablet: Tablet,
    case: RespondentCase,
    answers: Mapping[int, UnitAnswer],
    opened_at: datetime,
    now: datetime,
    notice_version: str,
) -> Receipt:
    """Store answers that were given at a tablet as 现场, by the one door, with the tablet; commits.

    Raises what `responses.submit` does.
    """
    session.add(TabletSubmission(tablet_id=tablet.id, case_id=case.case_id, at=now))
    session.flush()
    return responses.submit(session, case.case_id, Mode.ONSITE, answers, opened_at, now, notice_version)


def survey_of(session: Session, tablet: Tablet) -> Round:
    """Return the round that a tablet was started for."""
    return session.get_one(Round, tablet.round_id)


def phone_of(settings: Settings, round_: Round, tablet: Tablet) -> str | None:
    """Return the number at which whoever asks takes questions, None where none is set."""
    return contact_phone(settings, round_.scheme_key, tablet.instrument)


def _is_of(session: Session, case: RespondentCase, tablet: Tablet) -> bool:
    round_id = session.scalar(select(Case.round_id).where(Case.id == case.case_id))
    return (round_id, case.instrument) == (tablet.round_id, tablet.instrument)


def _works(tablet: Tablet, now: datetime) -> bool:
    return tablet.ended_at is None and now < tablet.expires_at


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
