"""季度轮次: creating, opening and closing a round, and how far its fieldwork has come."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disposition import Disposition
from survey_app.domain.message import MessageState
from survey_app.domain.mode import Mode
from survey_app.domain.quarter import Quarter, parse_quarter
from survey_app.domain.round_state import NEXT_STATE, ROUND_STATE_NAMES, RoundState
from survey_app.domain.sending import RECEIPT
from survey_app.domain.text import Name, Text
from survey_app.models.case import Case
from survey_app.models.message import Message
from survey_app.models.response import LaterSubmission, Response
from survey_app.models.round import Round, Sample
from survey_app.schemes.folder_check import check_scheme
from survey_app.schemes.loader import DEFAULT_SCHEME, SchemeError, load_scheme, scheme_digest, scheme_keys
from survey_app.services import audit
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.round_locks import hold_for_freezing
from survey_app.services.waiting_cases import waiting_now
from survey_app.services.written_reasons import optional_reason, required_reason

USUAL_FIELDWORK = timedelta(days=14)
LATEST_YEAR = 2100  # quarters are written 20xx


@dataclass(frozen=True)
class Overview:
    """A round's fieldwork in enterprises: each case is answered, closed without an answer, or waiting.

    `no_dealings` answered that they dealt with none of their units. Of the waiting, `appointments` asked to
    be called at a certain time. `invited` have an SMS that didn't fail; `later` sent something after their
    counted answer. `delivered` and `failed` are messages, not enterprises.
    """

    cases: int
    answered: int
    by_mode: dict[Mode, int]
    no_dealings: int
    closed: int
    appointments: int
    invited: int
    delivered: int
    failed: int
    later: int

    @property
    def waiting(self) -> int:
        """Cases that may still answer."""
        return self.cases - self.answered - self.closed


def find_quarter(text: str) -> Quarter:
    """Return the quarter that people named; raise ServiceError when it isn't one."""
    try:
        return parse_quarter(text)
    except ValueError as error:
        raise ServiceError(str(error), "quarter") from error


def list_rounds(session: Session) -> list[Round]:
    """Return all rounds, the newest quarter first."""
    return list(session.scalars(select(Round).order_by(Round.quarter.desc())))


def scheme_names() -> list[tuple[str, Name | Text]]:
    """Return the key and the name of each installed scheme; one whose file is wrong says so in its place."""
    names: list[tuple[str, Name | Text]] = []
    for key in scheme_keys():
        try:
            names.append((key, load_scheme(key).name))
        except SchemeError:
            names.append((key, Text("文件有错误，不能使用")))
    return names


def next_quarter(session: Session, now: datetime) -> Quarter:
    """Return the quarter to suggest for a new round: the present one, or the one after the last round."""
    today = now.astimezone(COUNTY_ZONE)
    present = Quarter(today.year, (today.month - 1) // 3 + 1)
    last = session.scalar(select(func.max(Round.quarter)))
    if last is None or parse_quarter(last) < present:
        return present
    taken = parse_quarter(last)
    return Quarter(taken.year + taken.number // 4, taken.number % 4 + 1)


def usual_closing(quarter: Quarter, now: datetime) -> date:
    """Return the day to suggest as the last one for answers: the quarter's last, or two weeks from now."""
    following = Quarter(quarter.year + quarter.number // 4, quarter.number % 4 + 1)
    return max(
        following.first_day - timedelta(days=1), (now.astimezone(COUNTY_ZONE) + USUAL_FIELDWORK).date()
    )


def last_day(round_: Round) -> date | None:
    """Return the last day, in the county, on which answers are taken; None without a closing moment."""
    if round_.closes_at is None:
        return None
    return (round_.closes_at.astimezone(COUNTY_ZONE) - timedelta(microseconds=1)).date()


def create_round(
    session: Session,
    quarter_text: str,
    last_day: date | None,
    now: datetime,
    account_id: int | None = None,
    scheme_key: str = DEFAULT_SCHEME,
) -> Round:
    """Create a quarter's round as `add_round` does; commits."""
    round_ = add_round(session, quarter_text, last_day, now, account_id, scheme_key)
    session.commit()
    return round_


def add_round(
    session: Session,
    quarter_text: str,
    last_day: date | None,
    now: datetime,
    account_id: int | None = None,
    scheme_key: str = DEFAULT_SCHEME,
) -> Round:
    """Add a quarter's round, in preparation, under the scheme as its file is now, to the transaction.

    Answers are taken until the end of `last_day`, county time (None: the usual day). Raises ServiceError for
    a quarter that is none or has its round, a day that is over, or a scheme that can't be used.
    """
    quarter = find_quarter(quarter_text)
    if session.scalar(select(Round.id).where(Round.quarter == str(quarter))):
        raise ServiceError(f"{quarter.title}已经有轮次了：请从列表中打开", "quarter")
    closes_at = _end_of(last_day or usual_closing(quarter, now), now)
    try:
        check_scheme(scheme_key)
        digest = scheme_digest(scheme_key)
    except SchemeError as error:
        raise ServiceError("；".join(str(error).splitlines()), "scheme") from error
    round_ = Round(
        quarter=str(quarter),
        scheme_key=scheme_key,
        scheme_digest=digest,
        state=RoundState.PREPARING,
        closes_at=closes_at,
    )
    session.add(round_)
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise ConflictError(f"{quarter.title}刚刚由他人建立：请从列表中打开") from error
    audit.record(
        session, now, account_id, "round.create", "round", round_.id, scheme=scheme_key, digest=digest
    )
    return round_


def change_closing(
    session: Session, round_: Round, last_day: date, now: datetime, account_id: int | None = None
) -> Round:
    """Set the last day for answers of a round that isn't closed; commits. Raises ServiceError."""
    held = hold_for_freezing(session, round_)
    if held.state not in (RoundState.PREPARING, RoundState.OPEN):
        raise ServiceError(f"{parse_quarter(held.quarter).title}已经截止，不能再改截止日期")
    before, held.closes_at = held.closes_at, _end_of(last_day, now)
    audit.record(
        session,
        now,
        account_id,
        "round.change_closing",
        "round",
        held.id,
        before=before.isoformat() if before else None,
        after=held.closes_at.isoformat(),
    )
    session.commit()
    return held


def open_round(session: Session, round_: Round, now: datetime, account_id: int | None = None) -> Round:
    """Begin to take answers; commits. Raises ServiceError unless it is in preparation and has a sample."""
    held = _move(session, round_, RoundState.OPEN)
    if session.scalar(select(Sample.id).where(Sample.round_id == held.id).limit(1)) is None:
        session.rollback()
        raise ServiceError(f"{parse_quarter(round_.quarter).title}还没有抽样：请先抽样，再开始回访")
    if held.closes_at is not None and held.closes_at <= now:
        session.rollback()
        raise ServiceError("截止日期已经过去：请先改截止日期，再开始回访")
    held.opened_at = now
    audit.record(session, now, account_id, "round.open", "round", held.id)
    session.commit()
    return held


def close_round(
    session: Session, round_: Round, now: datetime, account_id: int | None = None, reason: str = ""
) -> Round:
    """Stop taking answers, but for forms opened before, which have their half hour; commits.

    Before the planned moment it needs a reason. Raises ServiceError when the round isn't open.
    """
    held = _move(session, round_, RoundState.CLOSED)
    early = held.closes_at is None or held.closes_at > now
    try:
        reason = optional_reason(reason, "理由")
        if early:
            required_reason(reason, "理由", missing="还没有到公布的截止时间，提前截止请填写理由")
    except ServiceError:
        session.rollback()
        raise
    if early:
        held.closes_at = now
    audit.record(session, now, account_id, "round.close", "round", held.id, early=early, reason=reason)
    session.commit()
    return held


def overview(session: Session, round_id: int, instrument: str | None) -> Overview:
    """Return the figures of a survey in a round, counted now; all zeros without a questionnaire."""
    of_round = (Case.round_id == round_id, Case.instrument == instrument)
    by_mode: dict[Mode, int] = dict(
        session.execute(
            select(Response.mode, func.count())
            .join(Case, Case.id == Response.case_id)
            .where(*of_round)
            .group_by(Response.mode)
        ).all()
    )
    unanswered = Response.id.is_(None)
    cases = session.execute(
        select(
            func.count(),
            _number(Response.id.is_not(None) & (Case.disposition == Disposition.NO_DEALINGS)),
            _number(unanswered & Case.closed),
            _number(unanswered & Case.closed.is_(False) & (Case.disposition == Disposition.APPOINTMENT)),
        )
        .select_from(Case)
        .outerjoin(Response, Response.case_id == Case.id)
        .where(*of_round)
    ).one()
    messages = session.execute(
        select(
            func.count(case((Message.state != MessageState.FAILED, Message.case_id)).distinct()),
            _number(Message.state == MessageState.DELIVERED),
            _number(Message.state == MessageState.FAILED),
        )
        .join(Case, Case.id == Message.case_id)
        .where(*of_round, Message.template_key != RECEIPT)
    ).one()
    later = (
        select(func.count(LaterSubmission.case_id.distinct()))
        .join(Case, Case.id == LaterSubmission.case_id)
        .where(*of_round)
    )
    total, no_dealings, closed, appointments = cases
    invited, delivered, failed = messages
    return Overview(
        cases=total,
        answered=sum(by_mode.values()),
        by_mode={mode: by_mode[mode] for mode in Mode if mode in by_mode},
        no_dealings=no_dealings,
        closed=closed,
        appointments=appointments,
        invited=invited,
        delivered=delivered,
        failed=failed,
        later=session.scalar(later) or 0,
    )


def due_calls(session: Session, round_id: int, now: datetime, instrument: str) -> int:
    """Return how many cases of a survey in a round wait to be called now, and nobody holds."""
    due = select(func.count()).select_from(Case).join(Round, Round.id == Case.round_id)
    return session.scalar(due.where(Case.round_id == round_id, waiting_now(now, instrument))) or 0


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Count the rows for which a condition holds; 0 where there are none."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _move(session: Session, round_: Round, target: RoundState) -> Round:
    held = hold_for_freezing(session, round_)
    if NEXT_STATE.get(held.state) is not target:
        state = ROUND_STATE_NAMES[held.state]
        session.rollback()
        raise ConflictError(
            f"{parse_quarter(round_.quarter).title}现在是「{state}」，不能改为「{ROUND_STATE_NAMES[target]}」：请刷新页面"
        )
    held.state = target
    return held


def _end_of(day: date, now: datetime) -> datetime:
    """Return the end of a day in the county."""
    if day.year > LATEST_YEAR:
        raise ServiceError(f"截止日期太远：请改为不晚于 {LATEST_YEAR} 年的日期", "last_day")
    end = datetime.combine(day + timedelta(days=1), time(), COUNTY_ZONE)
    if end <= now:
        raise ServiceError("截止日期已经过去：请改为今天或以后的日期", "last_day")
    return end
