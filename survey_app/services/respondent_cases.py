"""Finding the case behind a link or a typed code, with all that the enterprise's page shows, in one statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, exists, select
from sqlalchemy.orm import Session

from survey_app.domain.access_code import TOKEN_LENGTH, code_hash, derive_token, normalise_code, token_hash
from survey_app.domain.round_state import RoundState
from survey_app.models.case import Case, CaseUnit, ReplacedLink
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import LaterSubmission, Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import throttle
from survey_app.services.errors import ServiceError
from survey_app.services.throttle import CODE_BY_ADDRESS, CODE_OVER_ALL, Limit

# Everybody's wrong codes are counted under one name.
_ALL = "all"
# From so many within the window on, staff are warned: a quarter of what closes the door.
ALARMING = CODE_OVER_ALL.failures // 4


class MalformedCodeError(ServiceError):
    """What was typed can't be a code."""


class UnknownCodeError(ServiceError):
    """A typed code that opens nothing."""


class TooManyTriesError(ServiceError):
    """Too many tries from one address, or over all; `retry_after` says when to try again."""

    def __init__(self, retry_after: timedelta, over_all: bool = False) -> None:
        minutes = -(-retry_after // timedelta(minutes=1))
        super().__init__(f"次数过多，请过 {minutes} 分钟再试")
        self.retry_after = retry_after
        self.over_all = over_all


class ReplacedCodeError(ServiceError):
    """A typed code that was replaced by a new one; `survey` is (scheme key, questionnaire)."""

    def __init__(self, survey: tuple[str, str]) -> None:
        super().__init__("这个回访码已经换成了新的，请用新的通知或短信里的回访码")
        self.survey = survey


@dataclass(frozen=True)
class Receipt:
    """回执 — `is_first`: this content is what counts; `same_content`: it equals the first.

    `later_kept`: another content was sent afterwards and is kept for the office.
    """

    receipt_code: str
    received_at: datetime
    is_first: bool = True
    same_content: bool = True
    later_kept: bool = False


@dataclass(frozen=True)
class RespondentCase:
    """What the enterprise's page needs of a case; `units` are (id, name) in the county's order."""

    case_id: int
    public_id: str
    instrument: str
    enterprise: str
    quarter: str
    scheme_key: str
    state: RoundState
    closes_at: datetime | None
    units: tuple[tuple[int, str], ...]
    receipt: Receipt | None

    def is_open(self, now: datetime) -> bool:
        """Whether a form may be opened now."""
        return self.state is RoundState.OPEN and (self.closes_at is None or now <= self.closes_at)


# Tables and not objects: this runs at each view of a page that everybody opens in the same week.
_case, _round, _response, _unit = (model.__table__.c for model in (Case, Round, Response, Unit))
_enterprise, _case_unit = (model.__table__.c for model in (Enterprise, CaseUnit))
_BY_TOKEN = (
    select(
        _case.id,
        _case.public_id,
        _case.instrument,
        _enterprise.name,
        _round.quarter,
        _round.scheme_key,
        _round.state,
        _round.closes_at,
        _response.receipt_code,
        _response.received_at,
        _unit.id,
        _unit.name,
    )
    .join_from(Case.__table__, Round.__table__, _round.id == _case.round_id)
    .join(Enterprise.__table__, _enterprise.id == _case.enterprise_id)
    .join(CaseUnit.__table__, _case_unit.case_id == _case.id)
    .join(Unit.__table__, _unit.id == _case_unit.unit_id)
    .outerjoin(Response.__table__, _response.case_id == _case.id)
    .where(_case.token_hash == bindparam("hash"))
    .order_by(_unit.position, _unit.id)
)


def find_case(session: Session, token: str) -> RespondentCase | None:
    """Return the case of a link's token, or None, within the caller's transaction."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    rows = session.connection().execute(_BY_TOKEN, {"hash": token_hash(token)}).all()
    if not rows:
        return None
    first = rows[0]
    receipt = None
    if first[8]:
        later = session.scalar(select(exists().where(LaterSubmission.case_id == first[0])))
        receipt = Receipt(first[8], first[9], later_kept=bool(later))
    return RespondentCase(*first[:8], tuple((row[10], row[11]) for row in rows), receipt)


def view_case(session: Session, token: str) -> RespondentCase | None:
    """Return what `find_case` does, and end the transaction, for a page that only looks.

    It ends by a commit though nothing was written: after a ROLLBACK psycopg forgets its prepared statements,
    and PostgreSQL would plan this one anew for each view.
    """
    case = find_case(session, token)
    session.commit()
    return case


def survey_of_replaced(session: Session, token: str) -> tuple[str, str] | None:
    """Return the (scheme key, questionnaire) of a link that was replaced by a new one, None for any other.

    Whoever holds such a link once held the key; it tells them whom to ask, and nothing of the enterprise.
    """
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    return _replaced(session, ReplacedLink.token_hash == token_hash(token))


def guessing(session: Session, throttle_key: bytes, now: datetime) -> int:
    """Return how many wrong codes everybody together typed of late, 0 where people's own slips explain them."""
    wrong = throttle.failures_of(session, throttle_key, CODE_OVER_ALL, _ALL, now)
    return wrong if wrong >= ALARMING else 0


def _replaced(session: Session, condition: ColumnElement[bool]) -> tuple[str, str] | None:
    found = session.execute(
        select(Round.scheme_key, Case.instrument)
        .join_from(ReplacedLink, Case, Case.id == ReplacedLink.case_id)
        .join(Round, Round.id == Case.round_id)
        .where(condition)
        .limit(1)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def token_for_code(
    session: Session,
    links_key: bytes,
    throttle_key: bytes,
    typed: str,
    address: str,
    now: datetime,
    limit: Limit = CODE_BY_ADDRESS,
) -> str:
    """Return the token of the link that a typed code stands for; commits what it notes of a wrong one.

    `address` is whom wrong ones are counted for, by `limit`. A right code doesn't clear the count, or whoever
    owns one could try others for ever. What can't be a code (too short, say) isn't counted. Raises
    MalformedCodeError, UnknownCodeError, ReplacedCodeError or TooManyTriesError.
    """
    for each, who in ((limit, address), (CODE_OVER_ALL, _ALL)):
        wait = throttle.closed_for(session, throttle_key, each, who, now)
        if wait is not None:
            raise TooManyTriesError(wait, over_all=each is CODE_OVER_ALL)
    code = normalise_code(typed)
    if code is None:
        raise MalformedCodeError("回访码是 8 位字母和数字，请对照通知再输一次")
    hashed = code_hash(links_key, code)
    row = session.execute(
        select(Case.public_id, Case.link_version).where(Case.code_hash == hashed)
    ).one_or_none()
    if row is None:
        survey = _replaced(session, ReplacedLink.code_hash == hashed)
        if survey is not None:
            raise ReplacedCodeError(survey)  # typed from a letter, not guessed
        throttle.note_failure(session, throttle_key, limit, address, now)
        throttle.note_failure(session, throttle_key, CODE_OVER_ALL, _ALL, now)
        session.commit()
        raise UnknownCodeError("没有这个回访码，请对照通知再输一次")
    return derive_token(links_key, *row)
