"""Bonuses and penalties: what is refused, what staff should look at, and what a withdrawal leaves."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.services.adjustments import (
    AdjustmentRefusedError,
    broken_promises,
    endorsements,
    enter_broken_promise,
    enter_endorsement,
    withdraw_broken_promise,
    withdraw_endorsement,
)
from survey_app.services.bundles import live_inputs
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from tests.builders import build_account, build_round, build_unit
from tests.conftest import FakeClock

DAY = date(2022, 5, 1)


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


def test_a_practice_counts_once_in_a_unit_at_its_highest_level(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    office, unit = build_account(session).id, build_unit(session)
    for practice, level in (("帮办代办", "city"), ("帮办 代办", "province"), ("免申即享", "city")):
        enter_endorsement(session, round_, unit.id, practice, level, "批示件", DAY, office, clock.now)
    rows = endorsements(session, round_)
    assert [row.counted for row in rows] == [False, True, True]
    assert str(rows[0].remarks[0]) == "同一做法已按最高级别计，这一条不另加分"
    assert live_inputs(session, round_).bundle["units"][0]["endorsements"] == [
        {"practice": "免申即享", "level": "city"},
        {"practice": "帮办代办", "level": "city"},
        {"practice": "帮办代办", "level": "province"},
    ]


def test_a_practice_claimed_twice_is_shown_for_a_look(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    office = build_account(session).id
    one, other = build_unit(session, "税务局"), build_unit(session, "人社局")
    earlier = build_round(session, "2022-Q1")
    for each, unit in ((earlier, one), (round_, one), (round_, other)):
        enter_endorsement(session, each, unit.id, "一窗通办", "city", "批示件", DAY, office, clock.now)
    assert [[str(remark) for remark in row.remarks] for row in endorsements(session, round_)] == [
        ["本轮还有人社局登记了同一做法，请核实", "2022-Q1 已由税务局登记过同一做法，请核实"],
        ["本轮还有税务局登记了同一做法，请核实", "2022-Q1 已由税务局登记过同一做法，请核实"],
    ]
    assert all(row.counted for row in endorsements(session, round_))


def test_faults_of_a_form_come_all_at_once(session: Session, round_: Round, clock: FakeClock) -> None:
    office = build_account(session).id
    with pytest.raises(AdjustmentRefusedError) as caught:
        enter_endorsement(session, round_, None, " ", "world", "", date(2022, 6, 16), office, clock.now)
    assert [field for field, _ in caught.value.faults] == [
        "unit",
        "practice",
        "level",
        "source",
        "endorsed_on",
    ]
    with pytest.raises(AdjustmentRefusedError) as caught:
        enter_broken_promise(session, round_, 99, "a\x00b", None, office, clock.now)
    assert [field for field, _ in caught.value.faults] == ["unit", "description", "verified_on"]


def test_the_same_entry_twice_is_refused(session: Session, round_: Round, clock: FakeClock) -> None:
    office, unit = build_account(session).id, build_unit(session)
    enter_endorsement(session, round_, unit.id, "一窗通办", "city", "批示件", DAY, office, clock.now)
    enter_broken_promise(session, round_, unit.id, "补贴未发", DAY, office, clock.now)
    with pytest.raises(AdjustmentRefusedError, match="已按这一级别登记过"):
        enter_endorsement(session, round_, unit.id, "一窗 通办", "city", "又一份", DAY, office, clock.now)
    with pytest.raises(AdjustmentRefusedError, match="已登记过"):
        enter_broken_promise(session, round_, unit.id, "补贴未发", DAY, office, clock.now)


def test_a_withdrawal_needs_a_reason_keeps_the_record_and_no_longer_counts(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    office, unit = build_account(session).id, build_unit(session)
    endorsed = enter_endorsement(
        session, round_, unit.id, "一窗通办", "city", "批示件", DAY, office, clock.now
    )
    broken = enter_broken_promise(session, round_, unit.id, "补贴未发", DAY, office, clock.now)
    with pytest.raises(AdjustmentRefusedError, match="请填写撤销原因"):
        withdraw_endorsement(session, round_, endorsed.id, " ", office, clock.now)
    withdraw_endorsement(session, round_, endorsed.id, "批示件有误", office, clock.now)
    withdraw_broken_promise(session, round_, broken.id, "复核后撤销", office, clock.now)
    row = endorsements(session, round_)[0]
    assert (row.counted, row.entry.withdrawn_reason) == (False, "批示件有误")
    assert broken_promises(session, round_)[0].withdrawn_at == clock.now
    values = live_inputs(session, round_).bundle["units"][0]
    assert (values["endorsements"], values["broken_promises"]) == ([], 0)
    with pytest.raises(ConflictError, match="已经撤销"):
        withdraw_endorsement(session, round_, endorsed.id, "再撤", office, clock.now)
    with pytest.raises(NotFoundError):
        withdraw_endorsement(
            session, build_round(session, "2022-Q3"), endorsed.id, "错轮次", office, clock.now
        )


def test_others_than_the_office_are_refused(session: Session, round_: Round, clock: FakeClock) -> None:
    commission, unit = build_account(session, Role.COMMISSION).id, build_unit(session)
    with pytest.raises(ServiceError, match="由营商办登记"):
        enter_broken_promise(session, round_, unit.id, "补贴未发", DAY, commission, clock.now)
