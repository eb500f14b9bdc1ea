"""Ledgers: what is refused, who decides, what counts, and what a second claim is told."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.bundles import live_inputs
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.ledger_claims import claims_elsewhere
from survey_app.services.ledger_decisions import approve_many, decide, decide_withdrawal, withdraw
from survey_app.services.ledger_pages import LedgerState, list_entries
from survey_app.services.ledgers import (
    LedgerRefusedError,
    RowsRefusedError,
    book_of,
    enter,
    enter_many,
    waiting_texts,
)
from tests.builders import build_account, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import LEDGER_VALUES, build_ledger_entry


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "税务局")


def _values(session: Session, round_: Round) -> tuple[object, object]:
    values = live_inputs(session, round_).bundle["units"][0]
    return values["endorsements"], values["broken_promises"]


def test_only_what_a_second_person_approved_counts(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    one, other = build_account(session).id, build_account(session).id
    entry = enter(session, round_, "endorsements", unit.id, LEDGER_VALUES["endorsements"], one, clock.now)
    assert _values(session, round_) == ([], 0)
    assert [str(text) for text in waiting_texts(session, round_)] == ["税务局的加分台账有 1 条待审核"]
    with pytest.raises(ServiceError, match="须由另一人审核"):
        decide(session, round_, entry.id, True, "", one, clock.now)
    decide(session, round_, entry.id, True, "", other, clock.now)
    assert _values(session, round_) == ([{"practice": "一窗通办", "level": "city"}], 0)
    assert waiting_texts(session, round_) == []
    with pytest.raises(ConflictError):
        decide(session, round_, entry.id, False, "再看", other, clock.now)


def test_a_returned_entry_keeps_its_reason_and_may_be_made_again(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    one, other = build_account(session).id, build_account(session).id
    typed = LEDGER_VALUES["broken_promises"]
    entry = enter(session, round_, "broken_promises", unit.id, typed, one, clock.now)
    with pytest.raises(ServiceError, match="请写明退回的原因"):
        decide(session, round_, entry.id, False, " ", other, clock.now)
    decide(session, round_, entry.id, False, "日期不对", other, clock.now)
    assert (entry.approval, entry.decision_reason) == (Approval.RETURNED, "日期不对")
    assert _values(session, round_) == ([], 0)
    assert enter(session, round_, "broken_promises", unit.id, typed, one, clock.now).id != entry.id


def test_a_withdrawal_takes_effect_when_another_confirms_it(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    one, other = build_account(session).id, build_account(session).id
    entry = build_ledger_entry(session, round_, unit, "broken_promises", clock.now)
    with pytest.raises(ServiceError, match="请填写撤销原因"):
        withdraw(session, round_, entry.id, " ", one, clock.now)
    withdraw(session, round_, entry.id, "复核后撤销", one, clock.now)
    assert _values(session, round_) == ([], 1)
    assert [str(text) for text in waiting_texts(session, round_)] == ["税务局的减分台账有 1 条撤销申请待确认"]
    with pytest.raises(ServiceError, match="须由另一人确认"):
        decide_withdrawal(session, round_, entry.id, True, one, clock.now)
    session.rollback()
    with pytest.raises(ServiceError, match="请选择确认撤销"):
        decide_withdrawal(session, round_, entry.id, None, other, clock.now)
    session.rollback()
    decide_withdrawal(session, round_, entry.id, False, other, clock.now)
    assert (_values(session, round_), waiting_texts(session, round_)) == (([], 1), [])
    withdraw(session, round_, entry.id, "确实有误", one, clock.now)
    decide_withdrawal(session, round_, entry.id, True, other, clock.now)
    assert _values(session, round_) == ([], 0)
    assert (entry.withdrawal_reason, entry.withdrawn_at) == ("确实有误", clock.now)
    with pytest.raises(ConflictError):
        withdraw(session, round_, entry.id, "再撤", one, clock.now)
    with pytest.raises(NotFoundError):
        withdraw(session, build_round(session, "2022-Q3"), entry.id, "错轮次", one, clock.now)


def test_who_entered_may_take_a_waiting_entry_back_at_once(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    one, other = build_account(session).id, build_account(session).id
    entry = enter(session, round_, "endorsements", unit.id, LEDGER_VALUES["endorsements"], one, clock.now)
    with pytest.raises(ServiceError, match="在审核时退回"):
        withdraw(session, round_, entry.id, "不对", other, clock.now)
    withdraw(session, round_, entry.id, "填错单位", one, clock.now)
    assert waiting_texts(session, round_) == []
    with pytest.raises(ConflictError):
        decide(session, round_, entry.id, True, "", other, clock.now)


def test_a_practice_counts_once_in_a_unit_at_its_highest_level(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    for practice, level in (("帮办代办", "city"), ("帮办 “代办”", "province"), ("免申即享", "city")):
        build_ledger_entry(session, round_, unit, "endorsements", clock.now, practice=practice, level=level)
    rows, _ = list_entries(session, round_, book_of(round_, "endorsements"), "", None, 1)
    assert [str(row.points) for row in rows] == ["0", "+3", "+2"]
    assert str(rows[0].remark) == "同一做法已按最高级别计，这一条不另加分"
    assert _values(session, round_)[0] == [
        {"practice": "免申即享", "level": "city"},
        {"practice": "帮办代办", "level": "city"},
        {"practice": "帮办代办", "level": "province"},
    ]


def test_what_is_claimed_elsewhere_is_found_and_needs_a_reason(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    one, other = build_account(session).id, build_account(session).id
    earlier, second = build_round(session, "2022-Q1"), build_unit(session, "人社局")
    link = "https://www.example.cn/a?id=7"
    build_ledger_entry(session, earlier, unit, "publicity", clock.now, link=link)
    typed = LEDGER_VALUES["publicity"]
    by_link = {
        **typed,
        "title": "另一个标题",
        "outlet": "南阳网",
        "link": "http://example.cn/a/?utm_x=1&id=7#top",
    }
    by_title = {**typed, "title": "方城，办事快！"}
    claims = [enter(session, round_, "publicity", each.id, values, one, clock.now)
              for each, values in ((unit, by_link), (second, by_title))]  # fmt: skip
    found = claims_elsewhere(session, claims)
    assert [[str(claim.sentence) for claim in found[entry.id]] for entry in claims] == [
        ["2022-Q1 税务局也申报过（已审核）"],
        ["2022-Q1 税务局也申报过（已审核）"],
    ]
    with pytest.raises(ServiceError, match="请写明核实情况") as caught:
        decide(session, round_, claims[0].id, True, "", other, clock.now)
    assert caught.value.field == "reason"
    with pytest.raises(ServiceError, match="须打开逐条审核"):
        approve_many(session, round_, [entry.id for entry in claims], other, clock.now)
    decide(session, round_, claims[0].id, True, "两家共同供稿，经核实", other, clock.now)
    decide(session, round_, claims[1].id, False, "与 Q1 重复", other, clock.now)
    # What was returned claims nothing any more.
    assert claims_elsewhere(session, claims)[claims[1].id] == []


def test_the_same_entry_of_a_unit_is_refused(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    office = build_account(session).id
    for item in ("endorsements", "broken_promises", "publicity", "problems"):
        enter(session, round_, item, unit.id, LEDGER_VALUES[item], office, clock.now)
        with pytest.raises(LedgerRefusedError, match="已有税务局的同一条"):
            enter(session, round_, item, unit.id, LEDGER_VALUES[item], office, clock.now)
    higher = {**LEDGER_VALUES["endorsements"], "level": "province"}
    enter(session, round_, "endorsements", unit.id, higher, office, clock.now)


def test_faults_of_a_form_come_all_at_once(session: Session, round_: Round, clock: FakeClock) -> None:
    office = build_account(session).id
    typed = {"practice": " ", "level": "world", "source": "a\x07b", "endorsed_on": "2022-06-16"}
    with pytest.raises(LedgerRefusedError) as caught:
        enter(session, round_, "endorsements", 99, typed, office, clock.now)
    assert [field for field, _ in caught.value.faults] == [
        "unit", "practice", "level", "source", "endorsed_on",
    ]  # fmt: skip


def test_pasted_rows_are_stored_all_or_none(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    office = build_account(session).id
    good = "责任单位\t报道标题\t媒体名称\t媒体级别\t发表日期\t链接\n税务局\t“一件事”\t河南日报\t省级\t2022/3/5\t\n"
    bad = (
        good
        + "\n水利局\t标题\t南阳日报\t市级\t2022-3-6\n税务局\t一件事\t河南日报\t世界级\t2022-13-1\tftp://x\n"
    )
    with pytest.raises(RowsRefusedError) as caught:
        enter_many(session, round_, "publicity", bad, office, clock.now)
    assert caught.value.faults == [
        "第 4 行：没有名为「水利局」的责任单位",
        "第 5 行：请选择媒体级别（国家级、省级、市级）",
        "第 5 行：请填写发表日期，写成 2022-03-31 的样子",
        "第 5 行：链接应以 http:// 或 https:// 开头，中间没有空格，请从浏览器地址栏复制",
    ]
    with pytest.raises(RowsRefusedError, match="上面第 2 行已有税务局的同一条"):
        enter_many(session, round_, "publicity", good + good.splitlines()[1], office, clock.now)
    assert session.scalar(select(func.count()).select_from(LedgerEntry)) == 0
    assert enter_many(session, round_, "publicity", good, office, clock.now) == 1
    entry = session.scalars(select(LedgerEntry)).one()
    assert entry.data == {
        "title": "“一件事”", "outlet": "河南日报", "level": "provincial", "published_on": "2022-03-05",
    }  # fmt: skip


def test_a_list_is_narrowed_by_unit_and_state(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    other = build_unit(session, "人社局")
    build_ledger_entry(session, round_, unit, "problems", clock.now)
    build_ledger_entry(session, round_, unit, "problems", clock.now, approved=False, problem="用水不稳")
    build_ledger_entry(session, round_, other, "problems", clock.now, approved=False)
    book = book_of(round_, "problems")

    def found(name: str, state: LedgerState | None) -> list[tuple[str, LedgerState]]:
        rows, paging = list_entries(session, round_, book, name, state, 1)
        assert paging.total == len(rows)
        return [(row.entry.unit.name, row.state) for row in rows]

    assert found("税", None) == [("税务局", LedgerState.APPROVED), ("税务局", LedgerState.WAITING)]
    assert found("", LedgerState.WAITING) == [
        ("税务局", LedgerState.WAITING),
        ("人社局", LedgerState.WAITING),
    ]
    assert found("%", None) == []


def test_others_than_the_office_and_frozen_rounds_are_refused(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    commission, office = build_account(session, Role.COMMISSION).id, build_account(session).id
    entry = build_ledger_entry(session, round_, unit, "problems", clock.now, approved=False)
    typed = {**LEDGER_VALUES["problems"], "problem": "另一个"}
    with pytest.raises(ServiceError, match="由营商办登记和审核"):
        enter(session, round_, "problems", unit.id, typed, commission, clock.now)
    with pytest.raises(ServiceError, match="由营商办登记和审核"):
        decide(session, round_, entry.id, True, "", commission, clock.now)
    round_.state = RoundState.FINALISED
    session.commit()
    for deed in (
        lambda: enter(session, round_, "problems", unit.id, typed, office, clock.now),
        lambda: decide(session, round_, entry.id, True, "", office, clock.now),
        lambda: withdraw(session, round_, entry.id, "晚了", office, clock.now),
    ):
        with pytest.raises(ServiceError, match="已核定"):
            deed()
        session.rollback()


def _at_once(session: Session, deeds: list[Callable[[Session], object]]) -> list[str]:
    """Run deeds in threads that begin together; the name of what each raised, or "done"."""
    session.commit()
    engine, gate, outcomes = session.get_bind(), threading.Barrier(len(deeds)), []

    def run(deed: Callable[[Session], object]) -> None:
        with Session(engine, expire_on_commit=False) as own:
            gate.wait()
            try:
                deed(own)
                outcomes.append("done")
            except ServiceError as error:
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_two_people_who_enter_the_same_at_once_make_one_entry(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    people, typed = [build_account(session).id for _ in range(2)], LEDGER_VALUES["publicity"]
    deeds = [
        lambda own, who=who: enter(own, own.merge(round_), "publicity", unit.id, typed, who, clock.now)
        for who in people
    ]
    assert _at_once(session, deeds) == ["LedgerRefusedError", "done"]
    assert session.scalar(select(func.count()).select_from(LedgerEntry)) == 1


def test_two_people_who_decide_at_once_decide_once(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    people = [build_account(session).id for _ in range(2)]
    entry = build_ledger_entry(session, round_, unit, "publicity", clock.now, approved=False)
    deeds = [
        lambda own, who=who, yes=yes: decide(own, own.merge(round_), entry.id, yes, "原因", who, clock.now)
        for who, yes in zip(people, (True, False), strict=True)
    ]
    assert _at_once(session, deeds) == ["ConflictError", "done"]
