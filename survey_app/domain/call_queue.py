"""Which case is called next, and what a call's outcome makes of its case."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.calling_rules import CallingRules
from survey_app.domain.disposition import CALL_OUTCOMES, RULES, Disposition, Family, may_follow
from survey_app.domain.text import Text

MAX_NOTE = 500
# Calls outside the parts of the day can leave a case's attempts unspread; so many more may mend that.
MOST_EXTRA = 2


class Spread(IntEnum):
    """What a call now would do for the spread of a case's attempts over the day; the least comes first."""

    ANOTHER_PART = 0  # all attempts were in other parts of the day
    FIRST = 1  # never tried
    SAME_PART = 2


@dataclass(frozen=True)
class WaitingCase:
    """A case that may be called: since when it is due, and the moment agreed with the enterprise, if any.

    `is_mine`: whoever asks made that appointment. `parts_tried` has a bit for each part of the day in which
    it was called; `attempts` are the calls that count.
    """

    case_id: int
    due_at: datetime
    appointment_at: datetime | None = None
    is_mine: bool = False
    parts_tried: int = 0
    attempts: int = 0


def part_bit(part: int) -> int:
    """Return the bit by which `parts_tried` remembers a part of the day."""
    return 1 << part


def spread(parts_tried: int, part: int) -> Spread:
    """Return what a call in `part` does for a case's spread."""
    if not parts_tried:
        return Spread.FIRST
    return Spread.SAME_PART if parts_tried & part_bit(part) else Spread.ANOTHER_PART


def call_order(waiting: Iterable[WaitingCase], seed: str, part: int) -> list[WaitingCase]:
    """Return the cases as they are to be called in a `part` of the day; all of them are due.

    Appointments come first, one's own before others', by their time. Then cases that were only ever tried in
    another part of the day, then those never tried. Then whoever has more attempts left, so that everybody
    is asked once before anybody is asked again; then who is due longest, by the hour. Within that the order
    is random, drawn from `seed`, so that cases are mixed across units and nobody gets to own a unit.
    """

    def place(case: WaitingCase) -> tuple[bool, bool, int, int, datetime, bytes]:
        draw = hashlib.sha256(f"{seed}:{case.case_id}".encode()).digest()
        if case.appointment_at is not None:
            return False, not case.is_mine, 0, 0, case.appointment_at, draw
        hour = case.due_at.replace(minute=0, second=0, microsecond=0)
        return True, False, spread(case.parts_tried, part), case.attempts, hour, draw

    return sorted(waiting, key=place)


@dataclass(frozen=True)
class CallContext:
    """What is known when a call ends: the moment (county time), and where the case stood before it.

    `attempts` are the calls that count, this one included: those to numbers not known to be wrong. They were
    on `days` days, in the parts of the day that `parts_tried` has bits for. `times_before` counts the earlier
    calls with the same outcome; `numbers_left`: whether there is another number not known to be wrong.
    """

    now: datetime
    attempts: int
    days: int = 1
    parts_tried: int = 1
    times_before: int = 0
    numbers_left: bool = False
    before: Disposition = Disposition.NOT_CONTACTED


@dataclass(frozen=True)
class NextStep:
    """What becomes of a case: its disposition, whether it is closed, and when it is due again.

    `stay_on_case`: the same interviewer goes on at once, with the case's next number.
    """

    disposition: Disposition
    closed: bool = False
    due_at: datetime | None = None
    appointment_at: datetime | None = None
    stay_on_case: bool = False


def after_call(
    outcome: Disposition,
    context: CallContext,
    rules: CallingRules,
    hours: CallingHours,
    appointment_at: datetime | None = None,
) -> NextStep:
    """Return what `outcome` makes of the case; the outcome must have passed `outcome_faults`.

    A refusal that comes once too often, or with the last attempt, closes the case as a refusal; any other
    outcome of the last attempt closes it as MAX_ATTEMPTS, but for an appointment, which was promised. Raises
    ValueError for a step that the table doesn't know.
    """
    step = _step(outcome, context, rules, hours, appointment_at)
    if not may_follow(context.before, step.disposition):
        raise ValueError(f"{step.disposition} can't follow when a case is {context.before}")
    return step


def _step(
    outcome: Disposition,
    context: CallContext,
    rules: CallingRules,
    hours: CallingHours,
    appointment_at: datetime | None,
) -> NextStep:
    rule = RULES[outcome]
    if outcome is Disposition.WRONG_NUMBER and context.numbers_left:
        return NextStep(outcome, due_at=context.now, stay_on_case=True)
    if rule.final:
        return NextStep(outcome, closed=True)
    if appointment_at is not None:
        due = max(appointment_at - rules.appointment_lead, context.now)
        return NextStep(outcome, due_at=due, appointment_at=appointment_at)
    if rule.retries is not None and context.times_before >= rule.retries:
        return NextStep(outcome, closed=True)
    if is_used_up(context, rules):
        kept = outcome if rule.family is Family.REFUSAL else Disposition.MAX_ATTEMPTS
        return NextStep(kept, closed=True)
    if outcome not in rules.delays:
        raise ValueError(f"{outcome} needs a moment for the next call")
    return NextStep(outcome, due_at=_next_call(outcome, context, rules, hours))


def is_used_up(context: CallContext, rules: CallingRules) -> bool:
    """Whether a case was called as often as it may be, on enough days and in enough parts of the day."""
    if context.attempts < rules.max_attempts:
        return False
    spread_enough = context.days >= rules.least_days and context.parts_tried.bit_count() >= rules.least_parts
    return spread_enough or context.attempts >= rules.max_attempts + MOST_EXTRA


def _next_call(
    outcome: Disposition, context: CallContext, rules: CallingRules, hours: CallingHours
) -> datetime:
    """Return when to call again: after the delay, and where the last attempts need it, elsewhere in the day.

    A case may not be given up before its attempts were on several days and in several parts of the day, so
    that the attempts left go where they are still wanted once there is only just one for each.
    """
    moment = context.now + rules.delays[outcome]
    left = max(rules.max_attempts - context.attempts, 1)
    parts = None
    if rules.least_parts - context.parts_tried.bit_count() >= left:
        parts = {n for n in range(len(hours.parts)) if not context.parts_tried & part_bit(n)}
    elif RULES[outcome].other_part and len(hours.parts) > 1:
        parts = set(range(len(hours.parts))) - {hours.part_of(context.now)}
    if rules.least_days - context.days >= left:
        moment = max(moment, hours.after_today(context.now))
    return hours.next_moment(moment, parts)


@dataclass(frozen=True)
class OutcomeFault:
    """What is wrong with a reported outcome: the field (outcome, note or appointment_at) and a sentence."""

    field: str
    sentence: Text


def outcome_faults(
    outcome: Disposition | None,
    note: str,
    appointment_at: datetime | None,
    now: datetime,
    closes_at: datetime | None,
) -> list[OutcomeFault]:
    """Return what is wrong with a reported outcome; an appointment must lie before the round closes."""
    if outcome not in CALL_OUTCOMES:
        return [OutcomeFault("outcome", Text("请选择这次通话的结果"))]
    faults = []
    if RULES[outcome].note_required and not note.strip():
        name = Text(RULES[outcome].name)
        faults.append(
            OutcomeFault("note", Text("结果为「%(outcome)s」时，请在备注里写明情况", {"outcome": name}))
        )
    if len(note) > MAX_NOTE:
        faults.append(OutcomeFault("note", Text("备注最多 %(most)s 个字", {"most": MAX_NOTE})))
    if outcome is not Disposition.APPOINTMENT:
        if appointment_at is not None:
            faults.append(
                OutcomeFault("outcome", Text("填了回电时间，请把结果选为「约定回电」，或清空回电时间"))
            )
    elif appointment_at is None:
        faults.append(OutcomeFault("appointment_at", Text("请填写约定的回电日期和时间")))
    elif appointment_at <= now:
        faults.append(OutcomeFault("appointment_at", Text("回电时间已经过去，请改为以后的时间")))
    elif closes_at is not None and appointment_at >= closes_at:
        faults.append(OutcomeFault("appointment_at", Text("回电时间在本轮截止之后，请改为截止前的时间")))
    return faults
