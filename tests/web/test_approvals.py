"""The page of what waits for approval: who sees what, approving some or all, and returning one."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.item_entry import ItemEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from tests.builders import build_round, build_unit
from tests.pages import Browser
from tests.score_builders import looking

SignIn = Callable[..., FlaskClient]
ROUND = "/rounds/2022-Q2"
PAGE = f"{ROUND}/approvals"


@pytest.fixture
def unit(session: Session) -> Unit:
    unit = build_unit(session, "税务局")
    build_round(session)
    session.commit()
    return unit


@pytest.fixture
def office(sign_in: SignIn) -> tuple[Browser, Browser]:
    """Two of the office: who enters, and who approves."""
    return Browser(sign_in(Role.OFFICE, username="wang")), Browser(sign_in(Role.OFFICE, username="liu"))


def _enter(who: Browser, unit: Unit, **points: str) -> None:
    fields = {f"{item}-{unit.id}-points": value for item, value in points.items()}
    notes = {f"{item}-{unit.id}-note": "见台账" for item in points}
    who.send(who.open(f"{ROUND}/items/{unit.id}"), "保存本单位", fields | notes)


def _states(session: Session) -> dict[str, list[str]]:
    with looking(session) as other:
        found: dict[str, list[str]] = {}
        for entry in other.query(ItemEntry).order_by(ItemEntry.version):
            found.setdefault(entry.item, []).append(str(entry.approval))
        return found


def test_nothing_waits_at_first(office: tuple[Browser, Browser], unit: Unit) -> None:
    assert "没有待审核的填报" in office[0].open(PAGE).text


def test_another_approves_what_is_chosen_and_nobody_their_own(
    office: tuple[Browser, Browser], session: Session, unit: Unit
) -> None:
    first, second = office
    _enter(first, unit, assigned_tasks="7", innovation_effect="2")
    own = first.open(PAGE)
    assert "您填的，须由另一人审核" in own.text
    assert not [button for form in own.forms for button in form.buttons if "通过" in button.text]
    page = second.open(PAGE)
    assert "待审核（2）" in page.text
    row = next(row for row in page.rows if row[1:3] == ["税务局", "日常交办"])
    assert row[3:5] == ["未填", "7"]
    assert row[5].startswith("见台账")
    with looking(session) as other:
        chosen = other.query(ItemEntry).filter_by(item="assigned_tasks").one().id
    nothing = second.send(page, "通过选中的", status=400)
    assert "还没有选中要通过的填报" in nothing.text
    done = second.send(page, "通过选中的", {"entry": [str(chosen)]})
    assert "已通过 1 条填报" in done.text
    assert _states(session) == {"assigned_tasks": ["approved"], "innovation_effect": ["waiting"]}
    _enter(second, unit, assigned_tasks="8")
    page = first.open(PAGE)
    assert next(row for row in page.rows if row[2] == "日常交办")[3:5] == ["7", "8"]
    first.send(page, "全部通过（1 条）")
    assert _states(session)["assigned_tasks"] == ["approved", "approved"]
    assert _states(session)["innovation_effect"] == ["waiting"]


def test_all_that_is_shown_is_approved_and_no_more(
    office: tuple[Browser, Browser], session: Session, unit: Unit
) -> None:
    first, second = office
    other = build_unit(session, "人社局")
    session.commit()
    _enter(first, unit, assigned_tasks="7")
    _enter(first, other, assigned_tasks="6")
    page = second.open(f"{PAGE}?unit={other.id}&item=assigned_tasks")
    _enter(first, other, innovation_effect="1")
    done = second.send(page, "全部通过（1 条）")
    assert done.address.endswith(f"unit={other.id}&item=assigned_tasks")
    assert sorted(_states(session)["assigned_tasks"]) == ["approved", "waiting"]
    assert _states(session)["innovation_effect"] == ["waiting"]


def test_what_changed_meanwhile_is_named_and_nothing_of_it_approved(
    office: tuple[Browser, Browser], session: Session, unit: Unit
) -> None:
    first, second = office
    _enter(first, unit, assigned_tasks="7", innovation_effect="2")
    page = second.open(PAGE)
    _enter(first, unit, assigned_tasks="6")
    answer = second.send(page, "全部通过（2 条）", status=409)
    assert "税务局的「日常交办」已经有人填了新的内容" in answer.text
    assert _states(session) == {"assigned_tasks": ["waiting", "waiting"], "innovation_effect": ["waiting"]}
    assert next(row for row in answer.rows if row[2] == "日常交办")[4] == "6"


def test_one_is_returned_with_a_reason_that_who_entered_it_sees(
    office: tuple[Browser, Browser], session: Session, unit: Unit
) -> None:
    first, second = office
    _enter(first, unit, assigned_tasks="7")
    page = second.open(second.open(PAGE).link("退回：税务局 日常交办"))
    without = second.send(page, "退回这一条", {"reason": " "}, status=400)
    assert "请写明退回的原因" in without.text
    again = second.open(page.address)
    assert "已退回，填报人会看到原因" in second.send(page, "退回这一条", {"reason": "少签到<b>一次"}).text
    assert "少签到&lt;b&gt;一次" in first.open(f"{ROUND}/items/{unit.id}").text
    assert "已退回" in first.open(f"{ROUND}/items").text
    assert "退回原因：少签到&lt;b&gt;一次" in first.open(f"{ROUND}/items/{unit.id}/assigned_tasks").text
    assert "已经有人审核过" in second.send(again, "退回这一条", {"reason": "再退一次"}, status=409).text
    _enter(first, unit, assigned_tasks="6.5")
    assert _states(session) == {"assigned_tasks": ["returned", "waiting"]}


def test_the_office_and_the_commission_approve_their_own_items_only(
    office: tuple[Browser, Browser], sign_in: SignIn, session: Session, unit: Unit
) -> None:
    enters, approves = (Browser(sign_in(Role.COMMISSION, username=name)) for name in ("zhang", "chen"))
    totals = {
        f"mass_appraisal-{unit.id}-{level}": "3"
        for level in ("satisfied", "basically_satisfied", "dissatisfied")
    }
    enters.send(enters.open(f"{ROUND}/mass-appraisal"), "保存全部票数", totals)
    assert "待审核" in enters.open(f"{ROUND}/mass-appraisal").text
    assert "没有待审核的填报" in office[1].open(PAGE).text
    with looking(session) as other:
        entry_id = other.query(ItemEntry).one().id
    office[1].open(f"{PAGE}/{entry_id}/return", status=404)
    approves.send(approves.open(PAGE), "全部通过（1 条）")
    assert _states(session) == {"mass_appraisal": ["approved"]}


def test_a_frozen_round_has_nothing_to_approve(
    office: tuple[Browser, Browser], session: Session, unit: Unit
) -> None:
    first, second = office
    _enter(first, unit, assigned_tasks="7")
    page = second.open(PAGE)
    session.query(Round).one().state = RoundState.FINALISED
    session.commit()
    assert "得分已核定，不能再填报或修改" in second.send(page, "全部通过（1 条）", status=400).text
    assert "核定以后不再审核" in second.open(PAGE).text
    assert _states(session) == {"assigned_tasks": ["waiting"]}


def test_confirmed_points_without_a_reason_come_back_with_the_error_at_the_note(
    office: tuple[Browser, Browser], session: Session, unit: Unit
) -> None:
    first, _ = office
    page = first.open(f"{ROUND}/items/{unit.id}")
    answer = first.send(page, "保存本单位", {f"supervisors-{unit.id}-points": "7.5"}, status=400)
    assert f'id="supervisors-{unit.id}-note-error"' in answer.text
    assert "填了核定分，请在说明里写明核定的理由" in answer.text
    assert 'value="7.5"' in answer.text
