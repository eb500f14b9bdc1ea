"""Entering items: who may, within which rules, and two people at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.audit_event import AuditEvent
from survey_app.models.item_entry import ItemEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.items import (
    Change,
    EntryConflictError,
    EntryRefusedError,
    current_entries,
    enter_item,
    enter_items,
    entry_history,
    items_of,
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
    account = build_account(session, Role.OFFICE)
    session.commit()
    return account.id


def _sentences(
    session: Session,
    round_: Round,
    unit: Unit,
    item: str,
    data: dict[str, str],
    office: int,
    clock: FakeClock,
) -> list[str]:
    with pytest.raises(EntryRefusedError) as caught:
        enter_item(session, round_, unit, item, data, "", 0, office, clock.now)
    session.rollback()
    return [fault.sentence for fault in caught.value.faults]


def test_each_entry_is_a_version_and_the_last_is_in_force(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    enter_item(session, round_, unit, "assigned_tasks", {"points": "7.5"}, "缺会一次", 0, office, clock.now)
    clock.advance(timedelta(hours=1))
    enter_item(session, round_, unit, "assigned_tasks", None, "填错了单位", 1, office, clock.now)
    entry = current_entries(session, round_.id)[unit.id, "assigned_tasks"]
    assert (entry.version, entry.data, entry.note, entry.entered_at) == (2, None, "填错了单位", clock.now)
    history = entry_history(session, round_.id, unit.id, "assigned_tasks")
    assert [(each.version, each.data) for each in history] == [(2, None), (1, {"points": "7.5"})]
    assert history[1].entered_by.id == office
    details = [event.details for event in session.query(AuditEvent).filter_by(action="item.enter")]
    assert [each["version"] for each in details] == [1, 2]


@pytest.mark.parametrize(
    ("item", "data", "wanted"),
    [
        ("assigned_tasks", {"points": "8.5"}, "日常交办：8.5 不在 0 至 8 之内"),
        ("assigned_tasks", {"points": "7.3"}, "日常交办：7.3 不合步长 0.5"),
        ("assigned_tasks", {"points": "很好"}, "日常交办：应为 0 至 8 的数，不是 「很好」"),
        ("assigned_tasks", {"points": "9" * 40}, "日常交办：应为 0 至 8 的数，不是 「" + "9" * 20 + "…」"),
        ("revisits", {"sampled": "8", "revisited": "9"},
         "入企帮扶·全量回访：已回访企业 9 多于 样本企业 8（已回访企业不能多于样本企业）"),
        ("revisits", {"sampled": "-1", "revisited": "0"},
         "入企帮扶·全量回访：样本企业 应为不小于 0 的整数，不是 -1"),
        ("supervisors", {"points": "6.5"}, "特邀监督员：核定分 6.5 不在任何方阵之内（7–8、4–6、1–3）"),
        ("indicator_tasks", {"result": "2000"}, "指标任务监测：评价结果 应为 0 至 1000 的数，不是 2000"),
        ("publicity", {"national": "1", "provincial": "0", "municipal": "0", "local": "3"},
         "宣传报道：local 不是本项可填的内容"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_in_words(
    session: Session,
    round_: Round,
    unit: Unit,
    office: int,
    clock: FakeClock,
    item: str,
    data: dict[str, str],
    wanted: str,
) -> None:
    assert wanted in _sentences(session, round_, unit, item, data, office, clock)
    assert session.query(ItemEntry).count() == 0


def test_all_faults_of_a_page_are_named_and_nothing_of_it_is_stored(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    changes = {
        (unit.id, "assigned_tasks"): Change({"points": "9"}),
        (unit.id, "innovation_effect"): Change({"points": "3"}, "字" * 501),
        (unit.id, "innovation_highlight"): Change({"points": "5"}),
    }
    with pytest.raises(EntryRefusedError) as caught:
        enter_items(session, round_, changes, office, clock.now)
    session.rollback()
    assert [(fault.item, fault.field) for fault in caught.value.faults] == [
        ("assigned_tasks", "points"), ("innovation_effect", "note"),
    ]  # fmt: skip
    assert session.query(ItemEntry).count() == 0


def test_confirmed_points_stay_inside_the_band_of_the_units_own_articles(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    others = [build_unit(session) for _ in range(2)]
    counts = {"national": "0", "provincial": "0"}
    changes = {
        (each.id, "publicity"): Change({**counts, "municipal": str(n)})
        for each, n in zip([unit, *others], (9, 5, 1), strict=True)
    }
    enter_items(session, round_, changes, office, clock.now)
    data = {**counts, "municipal": "9", "points": "6"}
    with pytest.raises(EntryRefusedError, match="核定分 6 超出该单位所在第一方阵的分数（7–10）"):
        enter_item(session, round_, unit, "publicity", data, "质量一般", 1, office, clock.now)
    session.rollback()
    enter_item(
        session, round_, unit, "publicity", {**data, "points": "8.5"}, "省级专版", 1, office, clock.now
    )
    assert current_entries(session, round_.id)[unit.id, "publicity"].data["points"] == "8.5"


def test_confirmed_points_need_their_reason(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    with pytest.raises(EntryRefusedError) as caught:
        enter_item(session, round_, unit, "supervisors", {"points": "7"}, "  ", 0, office, clock.now)
    (fault,) = caught.value.faults
    assert (fault.field, fault.sentence) == ("note", "特邀监督员：填了核定分，请在说明里写明核定的理由")
    session.rollback()
    enter_item(session, round_, unit, "supervisors", {"points": "7"}, "走访核实", 0, office, clock.now)


def test_the_second_of_two_people_is_told_both_values(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    enter_item(session, round_, unit, "assigned_tasks", {"points": "7"}, "", 0, office, clock.now)
    with pytest.raises(EntryConflictError, match="改为「7」，您填的是「8」") as caught:
        enter_item(session, round_, unit, "assigned_tasks", {"points": "8"}, "", 0, office, clock.now)
    assert isinstance(caught.value, ConflictError)
    assert caught.value.conflicts[0].newest.version == 1
    session.rollback()
    assert current_entries(session, round_.id)[unit.id, "assigned_tasks"].data == {"points": "7"}


def test_of_two_at_the_same_moment_one_is_stored_and_the_other_told(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    round_id, unit_id, start = round_.id, unit.id, Barrier(2)

    def enter(points: str) -> str:
        with Session(session.get_bind(), expire_on_commit=False) as own:
            found = own.get_one(Round, round_id)
            own.rollback()  # on SQLite a transaction that was begun would keep the other waiting
            start.wait()
            change = Change({"points": points}, "", 0)
            try:
                enter_items(own, found, {(unit_id, "assigned_tasks"): change}, office, clock.now)
            except EntryConflictError as error:
                return str(error)
            return "stored"

    session.commit()
    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(enter, ("7", "8")), key=len)
    assert outcomes[0] == "stored"
    assert "请核对后再保存" in outcomes[1]
    assert session.query(ItemEntry).count() == 1


def test_what_somebody_left_as_it_was_does_not_undo_what_another_changed(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    enter_item(session, round_, unit, "assigned_tasks", {"points": "7"}, "", 0, office, clock.now)
    enter_item(session, round_, unit, "assigned_tasks", {"points": "8"}, "", 1, office, clock.now)
    changes = {
        (unit.id, "assigned_tasks"): Change({"points": "7"}, "", 1),
        (unit.id, "innovation_effect"): Change({"points": "3"}),
    }
    assert enter_items(session, round_, changes, office, clock.now) == 1
    assert current_entries(session, round_.id)[unit.id, "assigned_tasks"].data == {"points": "8"}


def test_the_office_and_the_commission_keep_to_their_own_items(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    commission = build_account(session, Role.COMMISSION).id
    totals = {"satisfied": "40", "basically_satisfied": "1", "dissatisfied": "2"}
    enter_item(session, round_, unit, "mass_appraisal", totals, "", 0, commission, clock.now)
    for account, item, data, sentence in (
        (office, "mass_appraisal", totals, "由纪委监委填报"),
        (commission, "assigned_tasks", {"points": "8"}, "由营商办填报"),
        (office, "satisfaction", totals, "由回访答卷计票得出"),
        (build_account(session, Role.ADMIN).id, "assigned_tasks", {"points": "8"}, "由营商办填报"),
        (build_account(session, Role.SUPERVISOR).id, "supervisors", {"points": "8"}, "由营商办填报"),
    ):
        with pytest.raises(ServiceError, match=sentence):
            enter_item(session, round_, unit, item, data, "", 0, account, clock.now)
    assert {item.id for item in items_of(load_scheme(), Role.COMMISSION)} == {"mass_appraisal"}


def test_unknown_items_units_and_versions_are_not_found(
    session: Session, round_: Round, unit: Unit, office: int, clock: FakeClock
) -> None:
    change = Change({"points": "8"})
    for place, asked in (
        ((unit.id, "nothing"), change),
        ((unit.id + 99, "assigned_tasks"), change),
        ((unit.id, "assigned_tasks"), Change({"points": "8"}, "", 7)),
    ):
        with pytest.raises(NotFoundError):
            enter_items(session, round_, {place: asked}, office, clock.now)
        session.rollback()
