"""现场: entering the paper forms that come back, by the code on them, through the one door for responses."""

from collections.abc import Mapping
from datetime import datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.access_code import derive_token
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.instrument_owner import owner_of
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.response import Response
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import load_scheme
from survey_app.services import audit, responses
from survey_app.services.accounts import SignedIn
from survey_app.services.collaborators import Keys
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.respondent_cases import (
    Receipt,
    RespondentCase,
    find_case,
    token_for_code,
)


def case_by_code(session: Session, keys: Keys, who: SignedIn, typed: str, now: datetime) -> RespondentCase:
    """Return the case that a code on a form stands for; `typed` may be its link, as a scanner gives it.

    Wrong codes are counted for the account, as the enterprises' are for their address, and that is committed.
    Raises ServiceError: no such code or link, too many wrong ones (TooManyTriesError), or another's survey.
    """
    if "/" in typed:
        token = typed.strip().partition("?")[0].rpartition("/")[2]
    else:
        token = token_for_code(session, keys.links, keys.throttle, typed, f"account {who.account_id}", now)
    case = find_case(session, token)
    if case is None:
        raise ServiceError("没有这个链接：请对照问卷重新扫码，或输入问卷上的表号", "code")
    if not _asks(who.role, case):
        asker = load_instrument(case.scheme_key, case.instrument).asker.zh
        raise ServiceError(f"这份问卷由{asker}组织，不由您单位录入：请把它转交{asker}", "code")
    return case


def case_to_enter(session: Session, keys: Keys, who: SignedIn, public_id: str) -> RespondentCase:
    """Return a case by its public id; NotFoundError when there is none, or another role asks it."""
    version = session.scalar(select(Case.link_version).where(Case.public_id == public_id))
    case = find_case(session, derive_token(keys.links, public_id, version)) if version else None
    if case is None or not _asks(who.role, case):
        raise NotFoundError("没有这一户：请从「现场问卷录入」重新输入表号")
    return case


def enter(
    session: Session,
    case: RespondentCase,
    who: SignedIn,
    answers: Mapping[int, UnitAnswer],
    opened_at: datetime,
    now: datetime,
    notice_version: str,
) -> Receipt:
    """Store the answers of a paper form as 现场, with who entered them and the notice printed on it; commits.

    Who entered a later form, which is kept and not counted, stands in the record of actions. Raises what
    `responses.submit` does, and NotFoundError for a case that another role asks.
    """
    if not _asks(who.role, case):
        raise NotFoundError("没有这一户：请从「现场问卷录入」重新输入表号")
    audit.record(session, now, who.account_id, "onsite.enter", "case", case.case_id)
    return responses.submit(
        session, case.case_id, Mode.ONSITE, answers, opened_at, now, notice_version, who.account_id
    )


def entered_today(session: Session, account_id: int, now: datetime) -> int:
    """Return how many counted forms an account entered since midnight in the county."""
    today = datetime.combine(now.astimezone(COUNTY_ZONE).date(), time(), COUNTY_ZONE)
    found = session.scalar(
        select(func.count())
        .select_from(Response)
        .where(
            Response.interviewer_id == account_id,
            Response.mode == Mode.ONSITE,
            Response.received_at >= today,
        )
    )
    return found or 0


def _asks(role: Role, case: RespondentCase) -> bool:
    return owner_of(load_scheme(case.scheme_key), case.instrument) is role
