"""回访看板: where a survey's cases stand, what is due, who is on what, and when the calls will be done."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disposition import RULES, Disposition
from survey_app.domain.finishing import MOST_DAYS, Finish, expected_finish
from survey_app.models.account import Account
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.calling import hours_of
from survey_app.services.sms_silence import waits_for_sms
from survey_app.services.waiting_cases import LONGEST_CALL, round_takes_calls, without_response

_FINAL = tuple(code.value for code, rule in RULES.items() if rule.final)
# So far back days with calls are looked for: the longest holiday and the days before it.
_LOOK_BACK = 21


@dataclass(frozen=True)
class Standing:
    """How many cases stand at a disposition: still to be called (of those due now, and later today), and ended."""

    disposition: Disposition
    open: int = 0
    due_now: int = 0
    later_today: int = 0
    ended: int = 0


@dataclass(frozen=True)
class AtWork:
    """An interviewer who works for the survey today.

    In a call since `in_call_since`; on a case without being in a call (`on_case`); else idle since `last_at`.
    """

    name: str
    calls: int
    completed: int
    in_call_since: datetime | None
    on_case: bool
    last_at: datetime | None


@dataclass(frozen=True)
class Board:
    """The figures as of the moment they were asked for; `finish` None: it can't be said, or nobody calls."""

    takes_calls: bool
    standings: list[Standing]
    waiting_for_sms: int
    appointments_today: int
    appointments_missed: int
    at_work: list[AtWork]
    finish: Finish | None

    @property
    def left(self) -> int:
        """The cases still to be called."""
        return sum(each.open for each in self.standings)

    @property
    def due_now(self) -> int:
        """The cases that may be called now, or are in somebody's hands."""
        return sum(each.due_now for each in self.standings)

    @property
    def later_today(self) -> int:
        """The cases that come up later today."""
        return sum(each.later_today for each in self.standings)

    @property
    def ended(self) -> int:
        """The cases that are ended, whatever became of them."""
        return sum(each.ended for each in self.standings)


@dataclass(frozen=True)
class UnitStanding:
    """A unit's places in the sample: all, completed, ended otherwise, still to be called (of those never called)."""

    unit_id: int
    unit: str
    completed: int
    ended: int
    open: int
    untried: int

    @property
    def all(self) -> int:
        """All places of the unit."""
        return self.completed + self.ended + self.open


def day_board(session: Session, round_: Round, instrument: str, now: datetime) -> Board:
    """Return the board of one survey of a round; days are the county's."""
    today = _midnight(now.astimezone(COUNTY_ZONE).date())
    tomorrow = today + timedelta(days=1)
    own = (Case.round_id == round_.id, Case.instrument == instrument)
    standings = _standings(session, own, now, tomorrow)
    left = sum(each.open for each in standings)
    promised = (Case.round_id == round_.id, Case.closed.is_(False), Case.instrument == instrument)
    takes_calls = round_takes_calls(round_, now)
    return Board(
        takes_calls=takes_calls,
        standings=standings,
        waiting_for_sms=_waiting_for_sms(session, own, now) if takes_calls else 0,
        appointments_today=_count(
            session, *promised, Case.appointment_at >= now, Case.appointment_at < tomorrow
        ),
        appointments_missed=_count(session, *promised, Case.appointment_at < now),
        at_work=_at_work(session, own, today, now),
        finish=_finish(session, round_, own, left, now) if takes_calls else None,
    )


def unit_standings(session: Session, round_: Round, instrument: str) -> list[UnitStanding]:
    """Return where each unit's places stand, in the order of the register."""
    rows = session.execute(
        select(CaseUnit.unit_id, Case.disposition, Case.closed, func.count())
        .join(Case, Case.id == CaseUnit.case_id)
        .where(Case.round_id == round_.id, Case.instrument == instrument)
        .group_by(CaseUnit.unit_id, Case.disposition, Case.closed)
    )
    counts: dict[int, dict[str, int]] = {}
    for unit_id, disposition, closed, number in rows:
        found = counts.setdefault(unit_id, dict.fromkeys(("completed", "ended", "open", "untried"), 0))
        if closed:
            found["completed" if disposition is Disposition.COMPLETE else "ended"] += number
        else:
            found["open"] += number
            found["untried"] += number if disposition is Disposition.NOT_CONTACTED else 0
    units = session.execute(
        select(Unit.id, Unit.name).where(Unit.id.in_(counts)).order_by(Unit.position, Unit.id)
    )
    return [UnitStanding(unit_id, name, **counts[unit_id]) for unit_id, name in units]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), COUNTY_ZONE)


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Case).where(*conditions)) or 0


def _waiting_for_sms(session: Session, own: tuple[ColumnElement[bool], ...], now: datetime) -> int:
    """Count from the board's index: a case that was never called stands at NOT_CONTACTED."""
    untried = (Case.closed.is_(False), Case.disposition == Disposition.NOT_CONTACTED)
    return _count(session, *own, *untried, waits_for_sms(now), without_response())


def _standings(
    session: Session, own: tuple[ColumnElement[bool], ...], now: datetime, tomorrow: datetime
) -> list[Standing]:
    due, by_tomorrow = (
        case((condition, 1), else_=0) for condition in (Case.due_at <= now, Case.due_at < tomorrow)
    )
    found: dict[Disposition, Standing] = {}
    for disposition, closed, number, now_due, today_due in session.execute(
        select(Case.disposition, Case.closed, func.count(), func.sum(due), func.sum(by_tomorrow))
        .where(*own)
        .group_by(Case.closed, Case.disposition)
    ):
        before = found.get(disposition, Standing(disposition))
        found[disposition] = (
            replace(before, ended=number)
            if closed
            else replace(before, open=number, due_now=now_due, later_today=today_due - now_due)
        )
    return [found[each] for each in RULES if each in found]


def _of_own_case(own: tuple[ColumnElement[bool], ...]) -> ColumnElement[bool]:
    """The condition on ContactAttempt that its case meets `own`; looked up call by call.

    A join would make PostgreSQL read all cases for a day's calls, which takes longer.
    """
    found = select(and_(*own)).where(Case.id == ContactAttempt.case_id).correlate(ContactAttempt)
    return found.scalar_subquery()


def _at_work(
    session: Session, own: tuple[ColumnElement[bool], ...], today: datetime, now: datetime
) -> list[AtWork]:
    """Return who called for the survey today or holds a case of it; what they do for another isn't told."""
    completed = case((ContactAttempt.outcome == Disposition.COMPLETE.value, 1), else_=0)
    calling = case(
        (
            ContactAttempt.outcome.is_(None) & (ContactAttempt.started_at > now - LONGEST_CALL),
            ContactAttempt.started_at,
        )
    )
    last = func.coalesce(ContactAttempt.ended_at, ContactAttempt.started_at)
    rows = session.execute(
        select(
            ContactAttempt.interviewer_id,
            func.count(),
            func.sum(completed),
            func.max(calling, type_=ContactAttempt.started_at.type),
            func.max(last, type_=ContactAttempt.started_at.type),
        )
        .where(ContactAttempt.started_at >= today, _of_own_case(own))
        .group_by(ContactAttempt.interviewer_id)
    )
    calls = {row[0]: row[1:] for row in rows}
    holders = set(session.scalars(select(Case.held_by_id).where(Case.held_by_id.is_not(None), *own)))
    people = session.execute(
        select(Account.id, Account.display_name)
        .where(Account.id.in_(holders | calls.keys()))
        .order_by(Account.display_name, Account.id)
    )
    return [
        AtWork(
            name,
            calls[person][0] if person in calls else 0,
            calls[person][1] if person in calls else 0,
            # A call that was put back without an outcome is over.
            calls[person][2] if person in calls and person in holders else None,
            person in holders,
            calls[person][3] if person in calls else None,
        )
        for person, name in people
    ]


def _finish(
    session: Session, round_: Round, own: tuple[ColumnElement[bool], ...], left: int, now: datetime
) -> Finish | None:
    today = now.astimezone(COUNTY_ZONE).date()
    is_working = hours_of(session, round_.scheme_key).is_working
    finished: list[int] = []
    for back in range(1, _LOOK_BACK + 1):
        day = today - timedelta(days=back)
        if len(finished) == MOST_DAYS:
            break
        if not is_working(day):
            continue
        of_day = (
            ContactAttempt.started_at >= _midnight(day),
            ContactAttempt.started_at < _midnight(day + timedelta(days=1)),
        )
        calls = select(ContactAttempt.id).where(*of_day, _of_own_case(own)).limit(1)
        if session.scalar(calls) is None:
            continue
        ended = select(func.count()).select_from(ContactAttempt)
        ended = ended.where(*of_day, ContactAttempt.outcome.in_(_FINAL), _of_own_case(own))
        finished.append(session.scalar(ended) or 0)
    return expected_finish(left, finished, today, is_working)
