"""The life of a rectification task: every move in every state, the days that count, and the closed loop."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from survey_app.domain.rectification import (
    MOVERS,
    UNITS_TURN,
    CallBack,
    Course,
    Move,
    Rate,
    Step,
    TaskState,
    Terms,
    closed_loop,
    course_of,
    needs_note,
    parse_terms,
    why_not_move,
)
from survey_app.domain.roles import Role

S, M, C = TaskState, Move, CallBack
ISSUED, DUE = date(2022, 4, 6), date(2022, 4, 20)
LATE, REDO_DUE = DUE + timedelta(days=1), date(2022, 4, 27)
ISSUE = Step(M.ISSUE, ISSUED, DUE)
IN_TIME, AFTER = Step(M.REPLY, DUE), Step(M.REPLY, LATE)
CONFIRM = Step(M.CONFIRM, date(2022, 4, 22), call_back=C.SATISFIED)
RETURN = Step(M.RETURN, DUE, REDO_DUE, C.NOT_SATISFIED)
TASKS = {
    "new": (ISSUE,),
    "replied": (ISSUE, IN_TIME),
    "replied late": (ISSUE, AFTER),
    "closed": (ISSUE, IN_TIME, CONFIRM),
    "closed late": (ISSUE, AFTER, CONFIRM),
    "returned": (ISSUE, IN_TIME, RETURN),
    "redone": (ISSUE, IN_TIME, RETURN, AFTER),
    "redone and closed": (ISSUE, IN_TIME, RETURN, AFTER, CONFIRM),
}
# state, then replied and closed in time, overdue: on the last day of the term, and the day after.
LIVES = {
    "new": (S.ISSUED, (None, None, False), (False, False, True)),
    "replied": (S.REPLIED, (True, None, False), (True, None, False)),
    "replied late": (S.REPLIED, (False, False, False), (False, False, False)),
    "closed": (S.CLOSED, (True, True, False), (True, True, False)),
    "closed late": (S.CLOSED, (False, False, False), (False, False, False)),
    "returned": (S.RETURNED, (True, None, False), (True, False, False)),
    "redone": (S.REPLIED, (True, False, False), (True, False, False)),
    "redone and closed": (S.CLOSED, (True, False, False), (True, False, False)),
}


def test_every_move_in_every_state() -> None:
    allowed = {
        (S.ISSUED, M.REPLY),
        (S.RETURNED, M.REPLY),
        (S.REPLIED, M.CONFIRM),
        (S.REPLIED, M.RETURN),
    }
    reach = {S.ISSUED: "new", S.REPLIED: "replied", S.RETURNED: "returned", S.CLOSED: "closed"}
    for state in TaskState:
        assert course_of(TASKS[reach[state]]).state is state
        for move in Move:
            steps = (*TASKS[reach[state]], Step(move, LATE))
            if (state, move) in allowed:
                assert why_not_move(state, move) is None
                course_of(steps)
            else:
                assert str(why_not_move(state, move))
                with pytest.raises(ValueError):
                    course_of(steps)


def test_reasons_against_a_move() -> None:
    assert "已经办结" in str(why_not_move(S.CLOSED, M.REPLY))
    assert "还没有回复" in str(why_not_move(S.RETURNED, M.CONFIRM))
    assert "已经回复过" in str(why_not_move(S.REPLIED, M.REPLY))


def test_the_unit_replies_and_the_office_does_the_rest() -> None:
    assert {move: role for move, role in MOVERS.items() if role is not Role.OFFICE} == {M.REPLY: Role.UNIT}
    assert set(MOVERS) == set(Move)


@pytest.mark.parametrize("steps", [(), (IN_TIME,), (Step(M.ISSUE, ISSUED),)])
def test_a_task_begins_with_its_issue(steps: tuple[Step, ...]) -> None:
    with pytest.raises(ValueError):
        course_of(steps)


@pytest.mark.parametrize("name", TASKS)
def test_lives(name: str) -> None:
    course = course_of(TASKS[name])
    state, *days = LIVES[name]
    assert course.state is state
    assert course.first_due_on == DUE
    for today, expected in zip((DUE, LATE), days, strict=True):
        found = (course.replied_in_time(today), course.closed_in_time(today), course.overdue(today))
        assert found == expected, today
    assert course.overdue(REDO_DUE + timedelta(days=1)) is (state in UNITS_TURN)


def test_a_sent_back_task_has_a_new_term_that_is_not_more_time() -> None:
    course = course_of(TASKS["returned"])
    assert (course.due_on, course.first_due_on) == (REDO_DUE, DUE)
    assert not course.overdue(REDO_DUE)
    assert course_of(TASKS["redone"]).call_back is C.NOT_SATISFIED
    assert course_of(TASKS["redone and closed"]).call_back is C.SATISFIED


def _courses(*names: str) -> list[Course]:
    return [course_of(TASKS[name]) for name in names]


def test_the_closed_loop_of_every_kind_of_task() -> None:
    found = closed_loop(_courses(*TASKS), LATE)
    assert (found.issued, found.overdue, found.waiting) == (8, 1, 3)
    assert found.replied == Rate(7, 8)
    assert found.replied_in_time == Rate(5, 8)
    assert found.closed == Rate(3, 8)
    assert found.closed_in_time == Rate(1, 7)  # the one replied to in time waits for the office
    assert found.called_back == Rate(5, 5)
    assert found.satisfied == Rate(3, 5)
    assert found.satisfied.share == Fraction(3, 5)


def test_what_still_may_be_in_time_is_not_counted_against_it() -> None:
    found = closed_loop(_courses("new", "replied"), DUE)
    assert (found.replied_in_time, found.closed_in_time) == (Rate(1, 1), Rate(0, 0))
    assert found.closed_in_time.share is None


def test_enterprises_that_were_not_reached_count_as_not_called_back() -> None:
    steps = [
        (ISSUE, IN_TIME, Step(M.CONFIRM, LATE, call_back=result)) for result in (C.NOT_REACHED, C.NOT_CALLED)
    ]
    found = closed_loop(map(course_of, steps), LATE)
    assert (found.called_back, found.satisfied) == (Rate(0, 2), Rate(0, 0))


def test_no_task_has_no_share() -> None:
    found = closed_loop([], LATE)
    assert {found.replied.share, found.closed.share, found.satisfied.share} == {None}


def test_closing_without_the_enterprises_word_needs_a_note() -> None:
    assert [each for each in CallBack if needs_note(M.CONFIRM, each)] == list(CallBack)[1:]
    assert not any(needs_note(M.RETURN, each) for each in CallBack)


def test_terms() -> None:
    assert parse_terms({"days": 10, "redo_days": 5}) == Terms(10, 5)
    with pytest.raises(ValueError) as caught:
        parse_terms({"days": 0, "redo_day": 5})
    assert str(caught.value).splitlines() == [
        "redo_day：没有这一项",
        "days：应为 1 至 250 的整数",
        "redo_days：应为 1 至 250 的整数",
    ]
