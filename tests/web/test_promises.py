"""Promised limits as people see them: the office enters, the commission reads, nothing typed is lost."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from tests.builders import build_unit

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def address(session: Session) -> str:
    unit = build_unit(session, "税务局")
    session.commit()
    return f"/promises/{unit.id}"


def test_office_enters_and_commission_reads(sign_in: SignIn, address: str) -> None:
    office, commission = sign_in(Role.OFFICE), sign_in(Role.COMMISSION)
    assert "未录入" in office.get("/promises").text
    assert "还没有录入承诺时限" in commission.get(address).text
    saved = office.post(
        address, data={"permit-days": "5", "permit-fee": "0", "permit-source": "办事指南第 3 页"}
    )
    assert saved.status_code == 303
    page = office.get(address).text
    assert "已保存 1 个事项的承诺。" in page
    assert 'name="permit-version" value="1"' in page
    read = commission.get(address).text
    assert "办事指南第 3 页" in read
    assert "<form" not in read.split("<main")[1]
    assert "1 / 7" in commission.get("/promises").text
    assert commission.post(address, data={}).status_code == 403


def test_faults_come_back_with_everything_typed(sign_in: SignIn, address: str) -> None:
    office = sign_in(Role.OFFICE)
    typed = {"permit-days": "很快", "permit-source": "办事指南", "taxes-fee": "12.5"}
    answer = office.post(address, data=typed)
    assert answer.status_code == 400
    assert "有 2 处需要修改" in answer.text
    for value in typed.values():
        assert f'value="{value}"' in answer.text
    for key in ("permit-days", "taxes-source"):
        assert f'href="#{key}"' in answer.text
        assert f'id="{key}-error"' in answer.text


def test_second_of_two_people_keeps_what_was_typed(sign_in: SignIn, address: str) -> None:
    office = sign_in(Role.OFFICE)
    office.post(address, data={"permit-days": "5", "permit-source": "办事指南"})
    answer = office.post(address, data={"permit-days": "4", "permit-source": "新的办事指南"})
    assert answer.status_code == 409
    assert "刚刚由他人改过" in answer.text
    assert 'value="新的办事指南"' in answer.text
    assert 'name="permit-days" type="text" value="5"' in office.get(address).text


def test_nobody_rated_yet_is_said(sign_in: SignIn) -> None:
    assert "还没有责任单位" in sign_in(Role.OFFICE).get("/promises").text
    assert sign_in(Role.OFFICE).get("/promises/999").status_code == 404
