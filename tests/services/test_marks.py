"""Supervisors' marks: their own only, and none that counts where they stand back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.audit_event import AuditEvent
from survey_app.models.item_entry import SupervisorMark
from survey_app.models.rater_conflict import RaterConflict
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.bundles import live_inputs
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.marks import mark_summaries, own_marks, save_marks
from survey_app.services.rater_conflicts import (
    RaterConflictRefusedError,
    declare_conflict,
    marked_anyway,
    standing_conflicts,
    withdraw_conflict,
)
from tests.builders import build_account, build_round, build_unit
from tests.conftest import FakeClock


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "税务局")


@pytest.fixture
def office(session: Session) -> int:
    return build_account(session, Role.OFFICE).id


@pytest.fixture
def supervisors(session: Session) -> tuple[int, int]:
    first, second = (build_account(session, Role.SUPERVISOR).id for _ in range(2))
    session.commit()
    return first, second


def _marks(session: Session, round_: Round) -> object:
    return live_inputs(session, round_).bundle["units"][0].get("supervisors")


def test_supervisors_change_their_own_marks_only_and_the_office_sees_the_mean(
    session: Session, round_: Round, unit: Unit, supervisors: tuple[int, int], clock: FakeClock
) -> None:
    first, second = supervisors
    assert save_marks(session, round_, first, {unit.id: 8}, clock.now) == 1
    assert save_marks(session, round_, second, {unit.id: 5}, clock.now) == 1
    assert save_marks(session, round_, second, {unit.id: 5}, clock.now) == 0
    summary = mark_summaries(session, round_.id)[unit.id]
    assert (summary.count, str(summary.mean)) == (2, "6.50")
    save_marks(session, round_, second, {unit.id: None}, clock.now)
    assert own_marks(session, round_.id, first) == {unit.id: 8}
    assert own_marks(session, round_.id, second) == {}
    with pytest.raises(ServiceError, match="评分应为 1 至 8 的数，不是 9"):
        save_marks(session, round_, first, {unit.id: 9}, clock.now)


def test_only_supervisors_mark(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    with pytest.raises(ServiceError, match="只有特邀监督员"):
        save_marks(session, round_, office, {unit.id: 8}, clock.now)


def test_a_mark_of_who_stands_back_is_kept_and_does_not_count(
    session: Session, round_: Round, unit: Unit, supervisors: tuple[int, int], office: int, clock: FakeClock
) -> None:
    first, second = supervisors
    other = build_unit(session, "人社局")
    build_round(session, "2022-Q1", RoundState.PUBLISHED)
    session.commit()
    save_marks(session, round_, first, {unit.id: 8, other.id: 8}, clock.now)
    save_marks(session, round_, second, {unit.id: 4}, clock.now)
    conflict = declare_conflict(session, first, unit.id, " 配偶在该局任职 ", first, clock.now)
    assert (conflict.reason, list(standing_conflicts(session, first, round_))) == (
        "配偶在该局任职",
        [unit.id],
    )
    assert _marks(session, round_) == {"marks": [4]}
    summaries = mark_summaries(session, round_.id)
    assert (summaries[unit.id].count, summaries[unit.id].mean, summaries[unit.id].set_aside) == (1, 4, 1)
    assert (summaries[other.id].count, summaries[other.id].set_aside) == (1, 0)
    assert session.query(SupervisorMark).count() == 3
    assert marked_anyway(session, round_) == {(first, unit.id)}
    for mark in (7, None):
        with pytest.raises(ServiceError, match="您对税务局已经回避，不能评分"):
            save_marks(session, round_, first, {unit.id: mark, other.id: 6}, clock.now)
        session.rollback()
    deed = session.query(AuditEvent).filter_by(action="conflict.declare").one()
    assert (deed.details["supervisor"], deed.details["marks_in"]) == (first, ["2022-Q2"])
    session.rollback()
    withdraw_conflict(session, conflict.id, "已调离该局", office, clock.now)
    assert _marks(session, round_) == {"marks": [8, 4]}
    assert standing_conflicts(session, first, round_) == {}
    with pytest.raises(ConflictError, match="已经撤销过"):
        withdraw_conflict(session, conflict.id, "再撤一次", office, clock.now)
    session.rollback()
    declare_conflict(session, first, unit.id, "又有亲属任职", office, clock.now)
    assert session.query(RaterConflict).count() == 2


def test_a_unit_whose_only_mark_is_set_aside_has_no_mean(
    session: Session, round_: Round, unit: Unit, supervisors: tuple[int, int], clock: FakeClock
) -> None:
    save_marks(session, round_, supervisors[0], {unit.id: 8}, clock.now)
    declare_conflict(session, supervisors[0], unit.id, "持有股份", supervisors[0], clock.now)
    summary = mark_summaries(session, round_.id)[unit.id]
    assert (summary.count, summary.mean, summary.set_aside) == (0, None, 1)
    assert _marks(session, round_) is None


def test_a_frozen_round_goes_on_showing_what_stood_when_it_was_frozen(
    session: Session, round_: Round, unit: Unit, supervisors: tuple[int, int], office: int, clock: FakeClock
) -> None:
    first, second = supervisors
    save_marks(session, round_, first, {unit.id: 8}, clock.now)
    save_marks(session, round_, second, {unit.id: 4}, clock.now)
    before = declare_conflict(session, first, unit.id, "亲属任职", first, clock.now)
    clock.advance(timedelta(days=1))
    round_.state, round_.finalised_at = RoundState.FINALISED, clock.now
    session.commit()
    clock.advance(timedelta(days=1))
    withdraw_conflict(session, before.id, "已调离", office, clock.now)
    declare_conflict(session, second, unit.id, "持有股份", second, clock.now)
    summary = mark_summaries(session, round_.id)[unit.id]
    assert (summary.count, summary.mean, summary.set_aside) == (1, 4, 1)
    assert marked_anyway(session, round_) == {(first, unit.id)}


def test_who_may_declare_and_withdraw_and_with_what(
    session: Session, unit: Unit, supervisors: tuple[int, int], office: int, clock: FakeClock
) -> None:
    first, second = supervisors
    for who in (second, build_account(session, Role.ADMIN).id, build_account(session, Role.COMMISSION).id):
        with pytest.raises(ServiceError, match="由监督员本人或营商办登记"):
            declare_conflict(session, first, unit.id, "亲属任职", who, clock.now)
    with pytest.raises(RaterConflictRefusedError) as caught:
        declare_conflict(session, office, None, " ", office, clock.now)
    assert [field for field, _ in caught.value.faults] == ["supervisor", "unit", "reason"]
    conflict = declare_conflict(session, first, unit.id, "亲属任职", first, clock.now)
    with pytest.raises(ServiceError, match="由营商办撤销"):
        withdraw_conflict(session, conflict.id, "没有了", first, clock.now)
    session.rollback()
    with pytest.raises(RaterConflictRefusedError, match="请填写撤销原因"):
        withdraw_conflict(session, conflict.id, "", office, clock.now)


def test_of_two_declarations_at_the_same_moment_one_stands(
    session: Session, unit: Unit, supervisors: tuple[int, int], office: int, clock: FakeClock
) -> None:
    unit_id, start = unit.id, Barrier(2)
    session.commit()

    def declare(who: int) -> str:
        with Session(session.get_bind(), expire_on_commit=False) as own:
            start.wait()
            try:
                declare_conflict(own, supervisors[0], unit_id, "亲属任职", who, clock.now)
            except ConflictError as error:
                return str(error)
            return "declared"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(declare, (supervisors[0], office)), key=len)
    assert outcomes[0] == "declared"
    assert "已经登记过回避" in outcomes[1]
    assert session.query(RaterConflict).count() == 1
