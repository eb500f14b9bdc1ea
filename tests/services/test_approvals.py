"""Approving entries: by another person of the same role, once, and what counts before and after."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.audit_event import AuditEvent
from survey_app.models.item_entry import ItemEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.approvals import Decision, decide_entries, waiting_count, waiting_entries
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.items import Change, current_entries, enter_items, entries_in_force
from tests.builders import build_account, build_round, build_unit
from tests.conftest import FakeClock

APPROVE: Decision = (Approval.APPROVED, "")
TASKS, EFFECT = "assigned_tasks", "innovation_effect"


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "税务局")


@pytest.fixture
def people(session: Session) -> tuple[int, int]:
    """Two of the office: who enters, and who approves."""
    first, second = (build_account(session, Role.OFFICE).id for _ in range(2))
    session.commit()
    return first, second


@pytest.fixture
def enter(
    session: Session, round_: Round, unit: Unit, people: tuple[int, int], clock: FakeClock
) -> Callable[..., ItemEntry]:
    """Enter points of the unit; the entry that is stored."""

    def enter(points: str | None, item: str = TASKS, who: int | None = None) -> ItemEntry:
        before = current_entries(session, round_.id).get((unit.id, item))
        change = Change({"points": points} if points else None, "", before.version if before else 0)
        enter_items(session, round_, {(unit.id, item): change}, who or people[0], clock.now)
        return current_entries(session, round_.id)[unit.id, item]

    return enter


def test_an_entry_counts_once_another_approved_it_and_until_then_the_one_before(
    session: Session, round_: Round, unit: Unit, people: tuple[int, int], clock: FakeClock,
    enter: Callable[..., ItemEntry],
) -> None:  # fmt: skip
    first = enter("7")
    assert entries_in_force(session, round_.id) == {}
    clock.advance(timedelta(hours=1))
    assert decide_entries(session, round_, {first.id: APPROVE}, people[1], clock.now) == 1
    assert entries_in_force(session, round_.id)[unit.id, TASKS].data == {"points": "7"}
    session.refresh(first)
    assert (first.approval, first.decided_by_id, first.decided_at) == (
        Approval.APPROVED, people[1], clock.now,
    )  # fmt: skip
    cleared = enter(None)
    (waiting,) = waiting_entries(session, round_, Role.OFFICE)
    assert (waiting.entry.id, waiting.before and waiting.before.id) == (cleared.id, first.id)
    assert entries_in_force(session, round_.id)[unit.id, TASKS].version == 1
    decide_entries(session, round_, {cleared.id: APPROVE}, people[1], clock.now)
    assert entries_in_force(session, round_.id)[unit.id, TASKS].data is None
    deeds = session.query(AuditEvent).filter_by(action="item.approve").order_by(AuditEvent.id)
    assert [(deed.account_id, deed.details["version"]) for deed in deeds] == [(people[1], 1), (people[1], 2)]


def test_a_returned_entry_leaves_the_one_before_in_force_and_can_be_mended(
    session: Session, round_: Round, unit: Unit, people: tuple[int, int], clock: FakeClock,
    enter: Callable[..., ItemEntry],
) -> None:  # fmt: skip
    decide_entries(session, round_, {enter("7").id: APPROVE}, people[1], clock.now)
    wrong = enter("3")
    for reason, sentence in ((" ", "请写明退回的原因"), ("字" * 1001, "不超过 1000 字，现有 1001 字")):
        with pytest.raises(ServiceError, match=sentence) as caught:
            decide_entries(session, round_, {wrong.id: (Approval.RETURNED, reason)}, people[1], clock.now)
        assert caught.value.field == "reason"
        session.rollback()
    decide_entries(session, round_, {wrong.id: (Approval.RETURNED, " 依据不足 ")}, people[1], clock.now)
    session.refresh(wrong)
    assert (wrong.approval, wrong.decision_reason) == (Approval.RETURNED, "依据不足")
    assert entries_in_force(session, round_.id)[unit.id, TASKS].data == {"points": "7"}
    assert waiting_entries(session, round_, Role.OFFICE) == []
    mended = enter("6.5")
    assert mended.version == 3
    assert [each.entry.id for each in waiting_entries(session, round_, Role.OFFICE)] == [mended.id]
    assert session.query(AuditEvent).filter_by(action="item.return").count() == 1


def test_nobody_decides_on_their_own_or_on_another_roles_entry(
    session: Session, round_: Round, unit: Unit, people: tuple[int, int], clock: FakeClock,
    enter: Callable[..., ItemEntry],
) -> None:  # fmt: skip
    commission, other = (build_account(session, Role.COMMISSION).id for _ in range(2))
    admin = build_account(session, Role.ADMIN).id
    totals = Change({"satisfied": "40", "basically_satisfied": "1", "dissatisfied": "2"})
    enter_items(session, round_, {(unit.id, "mass_appraisal"): totals}, commission, clock.now)
    (of_commission,) = waiting_entries(session, round_, Role.COMMISSION)
    own, office = enter("7"), people[1]
    assert [each.entry.id for each in waiting_entries(session, round_, Role.OFFICE)] == [own.id]
    for entry_id, who, sentence in (
        (own.id, people[0], "税务局的「日常交办」：自己填报的内容须由另一人审核"),
        (of_commission.entry.id, commission, "自己填报的内容须由另一人审核"),
        (of_commission.entry.id, office, "「群众评」由纪委监委审核，您的账号不能审核"),
        (own.id, other, "由营商办审核"),
        (own.id, admin, "由营商办审核"),
    ):
        with pytest.raises(ServiceError, match=sentence):
            decide_entries(session, round_, {entry_id: APPROVE}, who, clock.now)
        session.rollback()
    assert entries_in_force(session, round_.id) == {}
    decide_entries(session, round_, {of_commission.entry.id: APPROVE}, other, clock.now)


def test_of_several_all_are_approved_or_none_and_the_one_in_the_way_is_named(
    session: Session, round_: Round, unit: Unit, people: tuple[int, int], clock: FakeClock,
    enter: Callable[..., ItemEntry],
) -> None:  # fmt: skip
    replaced, fine = enter("7"), enter("3", EFFECT)
    enter("8")
    both = {replaced.id: APPROVE, fine.id: APPROVE}
    with pytest.raises(ConflictError, match="税务局的「日常交办」已经有人填了新的内容"):
        decide_entries(session, round_, both, people[1], clock.now)
    session.rollback()
    assert waiting_count(session, round_, Role.OFFICE) == 2
    decide_entries(session, round_, {fine.id: APPROVE}, people[1], clock.now)
    with pytest.raises(ConflictError, match="税务局的「取得成效」已经有人审核过"):
        decide_entries(session, round_, {fine.id: (Approval.RETURNED, "再看看")}, people[1], clock.now)
    session.rollback()
    with pytest.raises(NotFoundError):
        decide_entries(session, build_round(session, "2022-Q3"), {fine.id: APPROVE}, people[1], clock.now)


def test_of_two_who_decide_at_the_same_moment_one_does(
    session: Session, round_: Round, unit: Unit, people: tuple[int, int], clock: FakeClock,
    enter: Callable[..., ItemEntry],
) -> None:  # fmt: skip
    third = build_account(session, Role.OFFICE).id
    entry_id, round_id, start = enter("7").id, round_.id, Barrier(2)
    session.commit()

    def decide(who: int, decision: Decision) -> str:
        with Session(session.get_bind(), expire_on_commit=False) as own:
            found = own.get_one(Round, round_id)
            own.rollback()  # on SQLite a transaction that was begun would keep the other waiting
            start.wait()
            try:
                decide_entries(own, found, {entry_id: decision}, who, clock.now)
            except ConflictError as error:
                return str(error)
            return "decided"

    with ThreadPoolExecutor(2) as pool:
        tried = pool.map(decide, (people[1], third), (APPROVE, (Approval.RETURNED, "依据不足")))
        outcomes = sorted(tried, key=len)
    assert outcomes[0] == "decided"
    assert "已经有人审核过" in outcomes[1]
    deeds = session.query(AuditEvent).filter(AuditEvent.action.in_(("item.approve", "item.return")))
    assert deeds.count() == 1


def test_a_frozen_round_takes_no_decision(
    session: Session, round_: Round, unit: Unit, people: tuple[int, int], clock: FakeClock,
    enter: Callable[..., ItemEntry],
) -> None:  # fmt: skip
    entry = enter("7")
    round_.state = RoundState.FINALISED
    session.commit()
    with pytest.raises(ServiceError, match="得分已核定"):
        decide_entries(session, round_, {entry.id: APPROVE}, people[1], clock.now)
