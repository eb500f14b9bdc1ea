"""Which case is called next, and what a call's outcome makes of its case."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from survey_app.domain.calling_hours import CALLING_HOURS, CallingHours
from survey_app.domain.disposition import CALL_OUTCOMES, MAX_ATTEMPTS, RULES, Disposition, Family
from survey_app.domain.text import Text

# An appointment comes up this long before its time, so that it is kept to the quarter hour.
APPOINTMENT_LEAD = timedelta(minutes=15)
MAX_NOTE = 500


@dataclass(frozen=True)
class WaitingCase:
    """A case that may be called: since when it is due, and the moment agreed with the enterprise, if any."""

    case_id: int
    due_at: datetime
    appointment_at: datetime | None = None


def call_order(waiting: Iterable[WaitingCase], seed: str) -> list[WaitingCase]:
    """Return the cases as they are to be called: appointments by their time, then by the hour they fell due.

    Within an hour the order is random, drawn from `seed`, so that the cases of one draw are mixed across
    units and no interviewer gets to own a unit.
    """

    def place(case: WaitingCase) -> tuple[bool, datetime, bytes]:
        draw = hashlib.sha256(f"{seed}:{case.case_id}".encode()).digest()
        if case.appointment_at is not None:
            return False, case.appointment_at, draw
        return True, case.due_at.replace(minute=0, second=0, microsecond=0), draw

    return sorted(waiting, key=place)


@dataclass(frozen=True)
class CallContext:
    """What is known when a call ends: the moment (county time), and the calls made, this one included.

    `times_before` counts the earlier calls of the case with the same outcome; `numbers_left`: whether it has
    another number that is not known to be wrong.
    """

    now: datetime
    attempts: int
    times_before: int = 0
    numbers_left: bool = False


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
    appointment_at: datetime | None = None,
    hours: CallingHours = CALLING_HOURS,
) -> NextStep:
    """Return what `outcome` makes of the case; the outcome must have passed `outcome_faults`.

    A refusal that comes once too often, or with the last attempt, closes the case as a refusal; any other
    outcome of the last attempt closes it as MAX_ATTEMPTS, but for an appointment, which was promised.
    """
    rule = RULES[outcome]
    if outcome is Disposition.WRONG_NUMBER and context.numbers_left and context.attempts < MAX_ATTEMPTS:
        return NextStep(outcome, due_at=context.now, stay_on_case=True)
    if rule.final and not (outcome is Disposition.WRONG_NUMBER and context.numbers_left):
        return NextStep(outcome, closed=True)
    if appointment_at is not None:
        due = max(appointment_at - APPOINTMENT_LEAD, context.now)
        return NextStep(outcome, due_at=due, appointment_at=appointment_at)
    if rule.retries is not None and context.times_before >= rule.retries:
        return NextStep(outcome, closed=True)
    if context.attempts >= MAX_ATTEMPTS:
        kept = outcome if rule.family is Family.REFUSAL else Disposition.MAX_ATTEMPTS
        return NextStep(kept, closed=True)
    if rule.retry_after is None:
        raise ValueError(f"{outcome} needs a moment for the next call")
    return NextStep(outcome, due_at=hours.next_moment(context.now + rule.retry_after))


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
