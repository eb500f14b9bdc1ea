"""整改任务: the life of a task that a reason for dissatisfaction became, and how well the loop closes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from fractions import Fraction

from survey_app.domain.points import read_count
from survey_app.domain.roles import Role
from survey_app.domain.text import N_, Text

LONGEST_REPLY = 2000
LONGEST_TEXT = 1000  # guidance, a reason for sending back, a note on a call-back
_LONGEST_TERM = 250  # working days, about a year


class TaskState(StrEnum):
    """Where a task stands; whether it is overdue is told by the day, and never stored."""

    ISSUED = "issued"  # 待回复: the unit's turn
    REPLIED = "replied"  # 待核实: the office's turn
    RETURNED = "returned"  # 退回重办: the unit's turn again
    CLOSED = "closed"  # 已办结


class Move(StrEnum):
    """What somebody does with a task."""

    ISSUE = "issue"
    REPLY = "reply"
    CONFIRM = "confirm"
    RETURN = "return"


class CallBack(StrEnum):
    """回访核实 — what came of asking the enterprises again, which the office does and never the unit."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not_satisfied"
    NOT_REACHED = "not_reached"
    NOT_CALLED = "not_called"


STATE_NAMES = {
    TaskState.ISSUED: N_("待回复"),
    TaskState.REPLIED: N_("待核实"),
    TaskState.RETURNED: N_("退回重办"),
    TaskState.CLOSED: N_("已办结"),
}
MOVE_NAMES = {
    Move.ISSUE: N_("下达"),
    Move.REPLY: N_("回复整改情况"),
    Move.CONFIRM: N_("核实办结"),
    Move.RETURN: N_("退回重办"),
}
CALL_BACK_NAMES = {
    CallBack.SATISFIED: N_("企业认可整改结果"),
    CallBack.NOT_SATISFIED: N_("企业仍不认可"),
    CallBack.NOT_REACHED: N_("未联系上企业"),
    CallBack.NOT_CALLED: N_("未回访"),
}

# What may be done in which state, and where it leads.
MOVES: Mapping[tuple[TaskState, Move], TaskState] = {
    (TaskState.ISSUED, Move.REPLY): TaskState.REPLIED,
    (TaskState.RETURNED, Move.REPLY): TaskState.REPLIED,
    (TaskState.REPLIED, Move.CONFIRM): TaskState.CLOSED,
    (TaskState.REPLIED, Move.RETURN): TaskState.RETURNED,
}
MOVERS: Mapping[Move, Role] = {
    Move.ISSUE: Role.OFFICE,
    Move.REPLY: Role.UNIT,
    Move.CONFIRM: Role.OFFICE,
    Move.RETURN: Role.OFFICE,
}
UNITS_TURN = (TaskState.ISSUED, TaskState.RETURNED)
REACHED = (CallBack.SATISFIED, CallBack.NOT_SATISFIED)


def why_not_move(state: TaskState, move: Move) -> Text | None:
    """Return why a move can't be made in a state, or None when it can."""
    if (state, move) in MOVES:
        return None
    if state is TaskState.CLOSED:
        return Text("这项整改任务已经办结，不能再改")
    if state in UNITS_TURN:
        return Text("责任单位还没有回复，暂不能核实")
    return Text("已经回复过，正等待营商办核实")


def needs_note(move: Move, call_back: CallBack) -> bool:
    """Whether a decision must say why: a task may be closed without the enterprises' word, not silently."""
    return move is Move.CONFIRM and call_back is not CallBack.SATISFIED


@dataclass(frozen=True)
class Step:
    """One move: on which day (in the county), and what it set: a term, or the call-back's result."""

    move: Move
    on: date
    due_on: date | None = None
    call_back: CallBack | None = None


@dataclass(frozen=True)
class Course:
    """办理过程 — where a task's steps have led: its days, and the last call-back.

    `due_on` is the last day of the present term, `first_due_on` of the one set at the issue, by which
    everything "in time" is measured: redoing what was sent back has a term, but no more time.
    """

    state: TaskState
    issued_on: date
    due_on: date
    first_due_on: date
    first_reply_on: date | None = None
    last_reply_on: date | None = None
    closed_on: date | None = None
    call_back: CallBack | None = None

    def overdue(self, today: date) -> bool:
        """Whether the unit owes a reply whose term is over."""
        return self.state in UNITS_TURN and today > self.due_on

    def replied_in_time(self, today: date) -> bool | None:
        """Whether the first reply came in time; None while it still may."""
        if self.first_reply_on is not None:
            return self.first_reply_on <= self.first_due_on
        return None if today <= self.first_due_on else False

    def closed_in_time(self, today: date) -> bool | None:
        """Whether the reply that was confirmed came in time; None while one still may be."""
        in_time = self.last_reply_on is not None and self.last_reply_on <= self.first_due_on
        match self.state:
            case TaskState.CLOSED:
                return in_time
            case TaskState.REPLIED:
                return None if in_time else False
            case _:
                return None if today <= self.first_due_on else False


def course_of(steps: Sequence[Step]) -> Course:
    """Return where steps lead; raise ValueError for an order that can't be."""
    if not steps or steps[0].move is not Move.ISSUE or steps[0].due_on is None:
        raise ValueError("a task begins with its issue and a term")
    state, due_on = TaskState.ISSUED, steps[0].due_on
    replies: list[date] = []
    call_back = None
    for step in steps[1:]:
        if (state, step.move) not in MOVES:
            raise ValueError(f"{step.move} can't follow when a task is {state}")
        state = MOVES[state, step.move]
        due_on = step.due_on or due_on
        call_back = step.call_back or call_back
        if step.move is Move.REPLY:
            replies.append(step.on)
    return Course(
        state,
        steps[0].on,
        due_on,
        steps[0].due_on,
        replies[0] if replies else None,
        replies[-1] if replies else None,
        steps[-1].on if state is TaskState.CLOSED else None,
        call_back,
    )


@dataclass(frozen=True)
class Rate:
    """A part of a whole, both in tasks."""

    part: int
    whole: int

    @property
    def share(self) -> Fraction | None:
        """Return the exact share; None where there is nothing to share."""
        return Fraction(self.part, self.whole) if self.whole else None


@dataclass(frozen=True)
class ClosedLoop:
    """闭环情况 — of some tasks on a day.

    The two rates "in time" leave out the tasks of which it can't be said yet; `called_back` is of the decided
    ones, `satisfied` of those whose enterprises were reached.
    """

    issued: int
    overdue: int
    waiting: int  # for the office to verify
    replied: Rate
    replied_in_time: Rate
    closed: Rate
    closed_in_time: Rate
    called_back: Rate
    satisfied: Rate


def closed_loop(courses: Iterable[Course], today: date) -> ClosedLoop:
    """Return how well the loop closes over some tasks, as of a day."""
    found = list(courses)
    call_backs = [each.call_back for each in found if each.call_back is not None]
    reached = [each for each in call_backs if each in REACHED]
    return ClosedLoop(
        issued=len(found),
        overdue=sum(each.overdue(today) for each in found),
        waiting=sum(each.state is TaskState.REPLIED for each in found),
        replied=Rate(sum(each.first_reply_on is not None for each in found), len(found)),
        replied_in_time=_rate(each.replied_in_time(today) for each in found),
        closed=Rate(sum(each.state is TaskState.CLOSED for each in found), len(found)),
        closed_in_time=_rate(each.closed_in_time(today) for each in found),
        called_back=Rate(len(reached), len(call_backs)),
        satisfied=Rate(sum(each is CallBack.SATISFIED for each in reached), len(reached)),
    )


def _rate(verdicts: Iterable[bool | None]) -> Rate:
    known = [each for each in verdicts if each is not None]
    return Rate(sum(known), len(known))


@dataclass(frozen=True)
class Terms:
    """整改期限 — in working days after the issue, and after a task was sent back."""

    days: int
    redo_days: int


def parse_terms(mapping: Mapping[str, object]) -> Terms:
    """Return the terms that a decoded TOML file holds; raise ValueError with all faults, one a line."""
    keys = [field.name for field in fields(Terms)]
    faults = [f"{key}：没有这一项" for key in mapping if key not in keys]
    values = {}
    for key in keys:
        count = read_count(mapping.get(key))
        if count is None or not 0 < count <= _LONGEST_TERM:
            faults.append(f"{key}：应为 1 至 {_LONGEST_TERM} 的整数")
        else:
            values[key] = count
    if faults:
        raise ValueError("\n".join(faults))
    return Terms(**values)
