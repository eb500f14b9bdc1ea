"""The supervisors' page, and the pages of who stands back from which unit."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.item_entry import SupervisorMark
from survey_app.models.rater_conflict import RaterConflict
from survey_app.models.unit import Unit
from tests.builders import build_round, build_unit
from tests.pages import Browser
from tests.score_builders import looking

SignIn = Callable[..., FlaskClient]
ROUND = "/rounds/2022-Q2"


@pytest.fixture
def unit(session: Session) -> Unit:
    unit = build_unit(session, "税务局")
    build_round(session)
    session.commit()
    return unit


def test_supervisor_marks_all_units_with_one_save(sign_in: SignIn, session: Session, unit: Unit) -> None:
    client = sign_in(Role.SUPERVISOR)
    assert "税务局" in client.get("/marks").text
    assert client.post("/marks/2022-Q2", data={f"mark-{unit.id}": "7"}).status_code == 303
    with looking(session) as other:
        assert other.query(SupervisorMark).one().mark == 7
    other = Browser(sign_in(Role.SUPERVISOR, username="other"))
    assert other.open("/marks").forms[-2].values[f"mark-{unit.id}"] == [""]
    assert client.post("/marks/2022-Q2", data={f"mark-{unit.id}": "9"}).status_code == 400
    assert client.post("/marks/2022-Q2", data={"mark-999": "7"}).status_code in (400, 404)
    grid = sign_in(Role.OFFICE).get(f"{ROUND}/items").text
    assert "7（1/3 位）" in grid


def test_supervisor_without_a_round_is_told_so(sign_in: SignIn) -> None:
    assert "现在没有要评分的轮次" in sign_in(Role.SUPERVISOR).get("/marks").text


def test_supervisor_stands_back_and_the_mark_is_visibly_set_aside(
    sign_in: SignIn, session: Session, unit: Unit
) -> None:
    supervisor = Browser(sign_in(Role.SUPERVISOR))
    other = build_unit(session, "人社局")
    session.commit()
    page = supervisor.open("/marks")
    supervisor.send(page, "保存评分", {f"mark-{unit.id}": "7", f"mark-{other.id}": "6"})
    stale = supervisor.open("/marks")
    refused = supervisor.send(stale, "登记回避", {"unit": str(unit.id), "reason": ""}, status=400)
    assert "请填写回避的理由" in refused.text
    assert refused.forms[-1].values["unit"] == [str(unit.id)]
    told = supervisor.send(refused, "登记回避", {"reason": "配偶在该单位任职"})
    assert "您评过的 7 分不计入" in told.text
    assert "配偶在该单位任职" in told.text
    assert f"mark-{unit.id}" not in told.forms[-2].names
    assert "已评 1 个，共 2 个单位" in told.text
    again = supervisor.send(stale, "登记回避", {"unit": str(unit.id), "reason": "再登记"}, status=409)
    assert "已经登记过回避" in again.text
    late = supervisor.send(stale, "保存评分", {f"mark-{unit.id}": "8", f"mark-{other.id}": "5"}, status=400)
    assert "您对税务局已经回避，不能评分" in late.text
    assert late.forms[-2].values[f"mark-{other.id}"] == ["5"]
    with looking(session) as stored:
        marks = {mark.unit_id: mark.mark for mark in stored.query(SupervisorMark)}
    assert marks == {unit.id: 7, other.id: 6}
    grid = sign_in(Role.OFFICE).get(f"{ROUND}/items").text
    assert "—（0/3 位）" in grid
    assert "另有 1 位回避，不计" in grid


def test_office_declares_for_a_supervisor_and_withdraws_with_a_reason(
    sign_in: SignIn, session: Session, unit: Unit
) -> None:
    supervisor, office = Browser(sign_in(Role.SUPERVISOR)), Browser(sign_in(Role.OFFICE))
    supervisor.send(supervisor.open("/marks"), "保存评分", {f"mark-{unit.id}": "7"})
    page = office.open(f"{ROUND}/conflicts")
    assert "还没有登记回避" in page.text
    empty = office.send(page, "登记回避", {"reason": "持有股份"}, status=400)
    assert "请选择监督员" in empty.text
    assert 'value="持有股份"' in empty.text
    who = next(value for value in page.forms[-1].offered["supervisor"] if value)
    done = office.send(empty, "登记回避", {"supervisor": who, "unit": str(unit.id)})
    assert "评过，不计入" in done.text
    withdraw = office.open(done.link("撤销：supervisor-，税务局"))
    assert "请填写撤销原因" in office.send(withdraw, "撤销回避", status=400).text
    back = office.send(withdraw, "撤销回避", {"reason": "已转让"})
    assert "已转让" in back.text
    with looking(session) as other:
        conflict = other.query(RaterConflict).one()
        assert (conflict.reason, conflict.withdrawn_reason) == ("持有股份", "已转让")
    assert "7（1/3 位）" in office.open(f"{ROUND}/items").text
