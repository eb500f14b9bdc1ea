"""Rectification tasks: issued once and late enough, answered and decided in turn, and never a part of the score."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.rectification import CallBack, Move, TaskState
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.audit_event import AuditEvent
from survey_app.models.rectification import RectificationEvent, RectificationTask
from survey_app.models.response import Answer
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.bundles import live_inputs
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.rectification_pages import history, overview, own_tasks
from survey_app.services.rectification_proposals import proposals, reason_counts
from survey_app.services.rectifications import (
    RectificationRefusedError,
    decide,
    issue,
    reply,
)
from survey_app.services.scores import frozen_scores, live_scores
from tests.builders import build_account
from tests.conftest import FakeClock
from tests.rectification_builders import (
    ENTERPRISE,
    REMARK,
    issued,
    office_account,
    published_round,
    unit_account,
)

C, M = CallBack, Move
OWN_TABLES = {"rectification_task", "rectification_event", "audit_event"}


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    clock.now = datetime(2022, 4, 1, 2, 0, tzinfo=UTC)  # a Friday before a holiday with a make-up day
    return published_round(session, clock)


def _everything_else(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the tasks' own and the record of who did what."""
    return {
        table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
        for table in db.metadata.sorted_tables
        if table.name not in OWN_TABLES
    }


def test_proposals_are_the_reasons_of_those_who_were_not_satisfied(session: Session, round_: Round) -> None:
    assert [
        (p.unit.name, p.reason.value, p.answers, p.needs_guidance) for p in proposals(session, round_)
    ] == [
        ("甲局", "slow", 3, False),
        ("甲局", "other", 1, True),
        ("乙局", "attitude", 1, False),
    ]
    assert [each.remarks for each in proposals(session, round_)] == [(), (REMARK,), ()]


def test_a_voided_answer_asks_for_nothing(session: Session, round_: Round) -> None:
    for answer in session.query(Answer).filter_by(rating="dissatisfied"):
        answer.counted = False
    assert reason_counts(session, round_) == {proposals(session, round_)[0].place: 2}


@pytest.mark.parametrize("state", [RoundState.CLOSED, RoundState.FINALISED])
def test_nothing_is_issued_before_the_result_is_out(
    session: Session, clock: FakeClock, state: RoundState
) -> None:
    round_ = published_round(session, clock, state)
    with pytest.raises(ServiceError, match="结果公布以后才能下达"):
        issue(session, round_, {}, (), office_account(session), clock.now)
    assert session.query(RectificationTask).count() == 0


def test_issuing_once(session: Session, round_: Round, clock: FakeClock) -> None:
    tasks = issued(session, round_, clock)
    assert set(tasks) == {("甲局", "slow"), ("甲局", "other"), ("乙局", "attitude")}
    slow = tasks["甲局", "slow"]
    assert (str(slow.name), slow.name.en, slow.state) == ("时间长", "Too slow", TaskState.ISSUED)
    # 2022-04-02 is worked, 04-03 to 04-05 are not: the tenth working day is 04-18.
    assert {task.due_on for task in tasks.values()} == {date(2022, 4, 18)}
    assert [event.text for event in tasks["甲局", "other"].events] == ["请自查窗口收费"]
    with pytest.raises(ConflictError, match="已经下达过"):
        issued(session, round_, clock)
    assert session.query(RectificationTask).count() == 3


def test_a_reason_that_says_nothing_needs_guidance(session: Session, round_: Round, clock: FakeClock) -> None:
    assert issue(session, round_, {(99, "slow"): "不相干"}, (), office_account(session), clock.now) == 2
    assert {task.reason for task in session.query(RectificationTask)} == {"slow", "attitude"}


def test_the_office_holds_back_what_would_tell_who_complained(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    offered = proposals(session, round_)
    assert all(each.few for each in offered)
    held_back = {each.place for each in offered if each.reason.value == "attitude"}
    assert issue(session, round_, {}, held_back, office_account(session), clock.now) == 1
    assert [task.reason for task in session.query(RectificationTask)] == ["slow"]
    noted = session.query(AuditEvent).filter_by(action="rectification.issue").one().details
    assert (noted["tasks"], noted["left_out"]) == (1, 2)


def test_holding_everything_back_is_refused(session: Session, round_: Round, clock: FakeClock) -> None:
    everything = {each.place for each in proposals(session, round_)}
    with pytest.raises(ServiceError, match="没有可以下达的整改任务"):
        issue(session, round_, {}, everything, office_account(session), clock.now)


def test_guidance_is_checked_and_nothing_stored(session: Session, round_: Round, clock: FakeClock) -> None:
    first, second = (each.id for each in session.query(Unit).order_by(Unit.position))
    with pytest.raises(RectificationRefusedError) as caught:
        issue(
            session,
            round_,
            {(first, "slow"): "长" * 1001, (second, "attitude"): "a\x07"},
            (),
            office_account(session),
            clock.now,
        )
    assert [field for field, _ in caught.value.faults] == [
        f"guidance-{first}-slow",
        f"guidance-{second}-attitude",
    ]
    session.rollback()
    assert session.query(RectificationTask).count() == 0


def test_a_whole_life(session: Session, round_: Round, clock: FakeClock) -> None:
    office, unit = office_account(session), unit_account(session, "甲局")
    task = issued(session, round_, clock)["甲局", "slow"]
    clock.now = datetime(2022, 4, 18, 15, 59, tzinfo=UTC)  # the term's last minute in the county
    reply(session, task.id, " 增设窗口\r\n压缩环节 ", 1, unit, clock.now)
    clock.advance(timedelta(days=1))
    decide(
        session,
        round_,
        task.id,
        M.RETURN,
        C.NOT_SATISFIED,
        "仍需两次排队",
        "一户称无变化",
        2,
        office,
        clock.now,
    )
    assert (task.state, task.due_on, task.version) == (TaskState.RETURNED, date(2022, 4, 25), 3)
    clock.advance(timedelta(days=30))
    reply(session, task.id, "取消二次排队", 3, unit, clock.now)
    decide(session, round_, task.id, M.CONFIRM, C.SATISFIED, "办结不用原因", "", 4, office, clock.now)
    session.expire_all()
    course = task.course
    assert (task.state, task.due_on, task.version) == (course.state, course.due_on, len(task.events))
    assert course.state is TaskState.CLOSED
    today = date(2022, 5, 20)
    assert (course.replied_in_time(today), course.closed_in_time(today)) == (True, False)
    seen = [(line.text, line.note, line.call_back) for line in history(task, own_view=False)]
    assert seen == [
        ("", "", None),
        ("增设窗口\r\n压缩环节", "", None),
        ("仍需两次排队", "一户称无变化", C.NOT_SATISFIED),
        ("取消二次排队", "", None),
        ("", "", C.SATISFIED),
    ]
    with pytest.raises(ServiceError, match="已经办结"):
        reply(session, task.id, "还有话说", 5, unit, clock.now)


def test_a_minute_after_the_term_is_late(session: Session, round_: Round, clock: FakeClock) -> None:
    task = issued(session, round_, clock)["甲局", "slow"]
    clock.now = datetime(2022, 4, 18, 16, 0, tzinfo=UTC)  # midnight in the county
    loop = overview(session, round_, clock.now).loop
    assert (loop.overdue, loop.replied_in_time.part, loop.replied_in_time.whole) == (3, 0, 3)
    reply(session, task.id, "已整改", 1, unit_account(session, "甲局"), clock.now)
    loop = overview(session, round_, clock.now).loop
    assert (loop.overdue, loop.waiting, loop.replied.part, loop.replied_in_time.part) == (2, 1, 1, 0)


def test_the_score_is_untouched_by_a_whole_life(session: Session, round_: Round, clock: FakeClock) -> None:
    office, unit = office_account(session), unit_account(session, "甲局")
    frozen, live = frozen_scores(session, round_), live_scores(session, round_)
    bundle, stored = live_inputs(session, round_).bundle, _everything_else(session)
    task = issued(session, round_, clock)["甲局", "slow"]
    reply(session, task.id, "已整改", 1, unit, clock.now)
    decide(session, round_, task.id, M.RETURN, C.NOT_CALLED, "没有整改", "", 2, office, clock.now)
    clock.advance(timedelta(days=90))
    reply(session, task.id, "又整改", 3, unit, clock.now)
    decide(
        session, round_, task.id, M.CONFIRM, C.NOT_SATISFIED, "", "无政策依据，已说明", 4, office, clock.now
    )
    assert session.query(RectificationEvent).count() == 7
    session.expire_all()
    assert _everything_else(session) == stored
    assert live_inputs(session, round_).bundle == bundle
    assert (frozen_scores(session, round_).digest, live_scores(session, round_).digest) == (
        frozen.digest,
        live.digest,
    )
    assert live_scores(session, round_).score == live.score


@pytest.mark.parametrize(
    ("move", "call_back", "reason", "note", "fields"),
    [
        (None, None, "", "", ["call_back", "move"]),
        (M.RETURN, C.NOT_REACHED, " ", "", ["reason"]),
        (M.CONFIRM, C.NOT_SATISFIED, "", " ", ["note"]),
        (M.CONFIRM, C.NOT_CALLED, "", "", ["note"]),
        (M.REPLY, C.SATISFIED, "", "", ["move"]),
        (M.RETURN, C.SATISFIED, "长" * 1001, "长" * 1001, ["reason", "note"]),
    ],
)
def test_decisions_that_are_not_whole(
    session: Session, round_: Round, clock: FakeClock, move: Move | None, call_back: CallBack | None,
    reason: str, note: str, fields: list[str],
) -> None:  # fmt: skip
    task = issued(session, round_, clock)["甲局", "slow"]
    reply(session, task.id, "已整改", 1, unit_account(session, "甲局"), clock.now)
    with pytest.raises(RectificationRefusedError) as caught:
        decide(session, round_, task.id, move, call_back, reason, note, 2, office_account(session), clock.now)
    assert [field for field, _ in caught.value.faults] == fields
    assert task.version == 2


def test_replies_that_are_refused(session: Session, round_: Round, clock: FakeClock) -> None:
    task, unit = issued(session, round_, clock)["甲局", "slow"], unit_account(session, "甲局")
    for text in (" \n ", "长" * 2001, "a\x07b"):
        with pytest.raises(RectificationRefusedError):
            reply(session, task.id, text, 1, unit, clock.now)
    reply(session, task.id, "长" * 2000, 1, unit, clock.now)
    with pytest.raises(ServiceError, match="正等待营商办核实"):
        reply(session, task.id, "补充", 2, unit, clock.now)


def test_everybody_keeps_to_their_own(session: Session, round_: Round, clock: FakeClock) -> None:
    office, other = office_account(session), unit_account(session, "乙局")
    task = issued(session, round_, clock)["甲局", "slow"]
    with pytest.raises(NotFoundError):
        reply(session, task.id, "已整改", 1, other, clock.now)
    for role in set(Role) - {Role.UNIT}:
        with pytest.raises(ServiceError, match="由责任单位回复"):
            reply(session, task.id, "已整改", 1, build_account(session, role).id, clock.now)
    reply(session, task.id, "已整改", 1, unit_account(session, "甲局"), clock.now)
    for role in set(Role) - {Role.OFFICE}:
        account = build_account(session, role).id
        with pytest.raises(ServiceError, match="由营商办下达和核实"):
            decide(session, round_, task.id, M.CONFIRM, C.SATISFIED, "", "", 2, account, clock.now)
        with pytest.raises(ServiceError, match="由营商办下达和核实"):
            issue(session, round_, {}, (), account, clock.now)
    with pytest.raises(NotFoundError):
        decide(
            session, Round(id=round_.id + 1), task.id, M.CONFIRM, C.SATISFIED, "", "", 2, office, clock.now
        )


def test_a_stale_page_decides_nothing(session: Session, round_: Round, clock: FakeClock) -> None:
    office, unit = office_account(session), unit_account(session, "甲局")
    task = issued(session, round_, clock)["甲局", "slow"]
    reply(session, task.id, "第一次", 1, unit, clock.now)
    decide(session, round_, task.id, M.RETURN, C.NOT_SATISFIED, "重办", "", 2, office, clock.now)
    reply(session, task.id, "第二次", 3, unit, clock.now)
    # The state is the same as when the page was opened, the reply is another.
    with pytest.raises(ConflictError):
        decide(session, round_, task.id, M.CONFIRM, C.SATISFIED, "", "", 2, office, clock.now)
    assert task.state is TaskState.REPLIED


def test_a_unit_learns_nothing_of_enterprises_numbers_and_call_backs(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    task = issued(session, round_, clock)["甲局", "slow"]
    reply(session, task.id, "已整改", 1, unit_account(session, "甲局"), clock.now)
    decide(session, round_, task.id, M.RETURN, C.NOT_SATISFIED, "没有到位", "一户称无变化", 2, office_account(session), clock.now)  # fmt: skip
    rows = own_tasks(session, task.unit_id, clock.now)
    assert {row.task.reason for row in rows} == {"slow", "other"}
    lines = history(task, own_view=True)
    assert {(line.note, line.call_back) for line in lines} == {("", None)}
    assert [line.by for line in lines] == ["营商办", lines[1].by, "营商办"]
    stored = [
        str(value)
        for row in (*session.query(RectificationTask), *session.query(RectificationEvent))
        for value in (vars(row)[column.name] for column in row.__table__.columns if column.name in vars(row))
    ]
    assert not any(ENTERPRISE in value or REMARK in value for value in stored)
    assert reason_counts(session, round_)[task.unit_id, "slow"] == 3  # what the office still sees
