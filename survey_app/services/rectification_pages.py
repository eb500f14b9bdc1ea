"""What the pages of 整改任务 show: lists with what is due, the closed loop, and one task's history."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from survey_app.domain.points import plain, round_half_up
from survey_app.domain.rectification import (
    UNITS_TURN,
    CallBack,
    ClosedLoop,
    Course,
    Move,
    Rate,
    TaskState,
    closed_loop,
)
from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.domain.text import N_, Text
from survey_app.domain.working_days import working_days_between
from survey_app.models.rectification import RectificationEvent, RectificationTask
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.calendar import load_calendar
from survey_app.services.rectifications import county_day


class Standing(StrEnum):
    """What a list of tasks is narrowed to."""

    OWED = "owed"
    OVERDUE = "overdue"
    REPLIED = "replied"
    CLOSED = "closed"


STANDING_NAMES = {
    Standing.OWED: N_("等待单位回复"),
    Standing.OVERDUE: N_("已逾期"),
    Standing.REPLIED: N_("待核实"),
    Standing.CLOSED: N_("已办结"),
}


@dataclass(frozen=True)
class TaskRow:
    """A task in a list; `term` says how long is left, or since when it is over; None when nothing is owed."""

    task: RectificationTask
    course: Course
    overdue: bool
    term: Text | None

    @property
    def standing(self) -> Standing:
        """The narrowest standing that it has."""
        if self.overdue:
            return Standing.OVERDUE
        if self.course.state in UNITS_TURN:
            return Standing.OWED
        return Standing.CLOSED if self.course.state is TaskState.CLOSED else Standing.REPLIED

    def stands(self, standing: Standing) -> bool:
        """Whether it belongs to a standing; what is overdue is owed too."""
        return self.standing is standing or (standing is Standing.OWED and self.overdue)


@dataclass(frozen=True)
class HistoryLine:
    """One move as whoever looks may see it: a unit sees neither call-backs nor the office's notes."""

    move: Move
    at: datetime
    by: str
    text: str
    note: str
    call_back: CallBack | None
    due_on: date | None


@dataclass(frozen=True)
class Overview:
    """A round's tasks: all of them, how the loop closes as a whole and for each unit, and a caution on terms."""

    rows: tuple[TaskRow, ...]
    loop: ClosedLoop
    by_unit: tuple[tuple[Unit, ClosedLoop], ...]
    caution: Text | None

    def narrowed(self, standing: Standing | None, unit_id: int | None) -> list[TaskRow]:
        """Return the rows of a standing and a unit; None: not by this."""
        return [
            row
            for row in self.rows
            if (standing is None or row.stands(standing)) and unit_id in (None, row.task.unit_id)
        ]


def overview(session: Session, round_: Round, now: datetime) -> Overview:
    """Return a round's tasks as of a moment, by unit."""
    today = county_day(now)
    tasks = session.scalars(
        _tasks()
        .where(RectificationTask.round_id == round_.id)
        .order_by(Unit.position, Unit.id, RectificationTask.id)
    ).all()
    rows = tuple(task_row(task, now) for task in tasks)
    units = {row.task.unit_id: row.task.unit for row in rows}
    by_unit = tuple(
        (unit, closed_loop((row.course for row in rows if row.task.unit_id == unit_id), today))
        for unit_id, unit in units.items()
    )
    return Overview(rows, closed_loop((row.course for row in rows), today), by_unit, caution(rows))


def own_tasks(session: Session, unit_id: int | None, now: datetime) -> tuple[TaskRow, ...]:
    """Return a unit's tasks of all rounds, the newest quarter first."""
    tasks = session.scalars(
        _tasks()
        .join(Round, Round.id == RectificationTask.round_id)
        .where(RectificationTask.unit_id == unit_id)
        .order_by(Round.quarter.desc(), RectificationTask.id)
    )
    return tuple(task_row(task, now) for task in tasks)


def task_row(task: RectificationTask, now: datetime) -> TaskRow:
    """Return what a list shows of a task at a moment."""
    today, course = county_day(now), task.course
    return TaskRow(task, course, course.overdue(today), _term(course, today))


def caution(rows: tuple[TaskRow, ...]) -> Text | None:
    """Return what to say of terms that reach into years whose holidays aren't known; None when none does."""
    ends = [row.course.due_on for row in rows]
    return load_calendar().caution(min(ends), max(ends)) if ends else None


def history(task: RectificationTask, own_view: bool) -> list[HistoryLine]:
    """Return a task's moves, the oldest first; with `own_view` as the unit itself may see them."""
    return [
        HistoryLine(
            move=event.move,
            at=event.at,
            by=ROLE_NAMES[Role.OFFICE]
            if own_view and event.move is not Move.REPLY
            else event.by.display_name,
            text=event.text,
            note="" if own_view else event.note,
            call_back=None if own_view else event.call_back,
            due_on=event.due_on,
        )
        for event in task.events
    ]


def percent(rate: Rate) -> str:
    """Return a rate as pages write it, to one place; a dash where there is nothing to share."""
    return "—" if rate.share is None else f"{plain(round_half_up(rate.share * 100, 1))}%"


def _tasks() -> Select[RectificationTask]:
    return (
        select(RectificationTask)
        .join(Unit, Unit.id == RectificationTask.unit_id)
        .options(
            joinedload(RectificationTask.unit),
            joinedload(RectificationTask.round),
            selectinload(RectificationTask.events).joinedload(RectificationEvent.by),
        )
        .execution_options(populate_existing=True)
    )


def _term(course: Course, today: date) -> Text | None:
    if course.state not in UNITS_TURN:
        return None
    left = working_days_between(today, course.due_on, load_calendar().is_working)
    if today > course.due_on:
        return Text("已逾期 %(n)s 个工作日", {"n": max(-left, 0)}) if left else Text("已逾期")
    return Text("今天到期") if today == course.due_on else Text("还有 %(n)s 个工作日", {"n": left})
