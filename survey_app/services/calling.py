"""When enterprises are called: a scheme's hours on working days, by the calendar and the days set against it."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.calling_rules import CallingRules
from survey_app.domain.round_state import RoundState
from survey_app.domain.working_days import IsWorking
from survey_app.models.calling_day import CallingDay
from survey_app.models.round import Round
from survey_app.schemes.calendar import load_calendar
from survey_app.schemes.calling import load_calling_rules
from survey_app.schemes.loader import DEFAULT_SCHEME
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.written_reasons import required_reason

_FARTHEST = timedelta(days=2 * 366)


def rules_of(round_: Round) -> CallingRules:
    """Return how a round's enterprises are called."""
    return load_calling_rules(round_.scheme_key)


def hours_of(session: Session, scheme_key: str) -> CallingHours:
    """Return when enterprises are called under a scheme."""
    return CallingHours(load_calling_rules(scheme_key).parts, _is_working(session))


def present_scheme(session: Session) -> str:
    """Return the scheme whose hours hold for the desk as a whole: the newest open round's."""
    newest = (
        select(Round.scheme_key).where(Round.state == RoundState.OPEN).order_by(Round.quarter.desc()).limit(1)
    )
    return session.scalar(newest) or DEFAULT_SCHEME


def list_days(session: Session, now: datetime) -> list[CallingDay]:
    """Return the days set against the calendar from today on, county time, and those of the last 30 days."""
    since = now.astimezone(COUNTY_ZONE).date() - timedelta(days=30)
    found = select(CallingDay).options(joinedload(CallingDay.entered_by)).where(CallingDay.day >= since)
    return list(session.scalars(found.order_by(CallingDay.day)))


def set_day(
    session: Session, day: date | None, working: bool | None, reason: str, now: datetime, account_id: int
) -> CallingDay:
    """Set a day to be called on, or not, against the calendar; commits. Raises ServiceError."""
    today = now.astimezone(COUNTY_ZONE).date()
    if day is None:
        raise ServiceError("请填写日期，写成 2022-06-30 的样子", "day")
    if day < today:
        raise ServiceError("这一天已经过去：请填写今天或以后的日期", "day")
    if day - today > _FARTHEST:
        raise ServiceError("日期太远：请填写两年以内的日期", "day")
    if working is None:
        raise ServiceError("请选择这一天拨打还是不拨打", "working")
    if load_calendar().is_working(day) is working:
        usual = "拨打" if working else "不拨打"
        raise ServiceError(f"按日历这一天本来就{usual}，不用另外登记", "working")
    reason = required_reason(reason, "理由")
    found = CallingDay(day=day, working=working, reason=reason, entered_by_id=account_id, entered_at=now)
    session.add(found)
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("这一天已经登记过：要改，请先删去原来的一条") from error
    audit.record(
        session, now, account_id, "calling.set_day", "calling_day", day, working=working, reason=reason
    )
    session.commit()
    return found


def remove_day(session: Session, day_id: int, now: datetime, account_id: int) -> date:
    """Let a day follow the calendar again; commits, and the record keeps what was set. Raises NotFoundError."""
    found = session.get(CallingDay, day_id, with_for_update=True)
    if found is None:
        raise NotFoundError("这一天已经删去：请刷新后再看")
    day = found.day
    audit.record(session, now, account_id, "calling.remove_day", "calling_day", day, working=found.working)
    session.delete(found)
    session.commit()
    return day


def _is_working(session: Session) -> IsWorking:
    calendar = load_calendar()
    days: dict[date, bool] = dict(session.execute(select(CallingDay.day, CallingDay.working)).all())

    def is_working(day: date) -> bool:
        return days.get(day, calendar.is_working(day))

    return is_working
