"""Accounts and units: made, shown once, ended; the administrator's pages only."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.account import Account, SignInSession
from survey_app.models.audit_event import AuditEvent
from survey_app.models.unit import Unit
from tests.builders import build_unit
from tests.conftest import PASSWORD

SignIn = Callable[..., FlaskClient]
NEW = {"username": "li", "display_name": "李静", "role": "interviewer"}


def _password(page: str) -> str:
    found = re.search(r"<code>(\S{16})</code>", page)
    assert found, page
    return found[1]


def _may_sign_in(app: Flask, username: str, password: str) -> bool:
    answer = app.test_client().post("/sign-in", data={"username": username, "password": password})
    return answer.status_code == 302


def _id_of(session: Session, username: str) -> int:
    found = session.query(Account.id).filter_by(username=username).scalar()
    session.rollback()
    return int(found)


def test_new_account_signs_in_with_the_password_shown_once(
    app: Flask, sign_in: SignIn, session: Session
) -> None:
    client = sign_in(Role.ADMIN)
    page = client.post("/admin/accounts", data=NEW).text
    password = _password(page)
    assert _may_sign_in(app, "li", password)
    listed = client.get("/admin/accounts").text
    assert "李静" in listed
    assert "2022-06-15 10:00" in listed  # when they last signed in
    assert password not in listed
    event = session.query(AuditEvent).filter_by(action="account.create").one()
    assert (event.subject_id, password in str(event.details)) == (str(_id_of(session, "li")), False)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"username": ""}, "username", "1 至 50 个字符"),
        ({"username": "admin-"}, "username", "已存在"),
        ({"role": "king"}, "role", "请选择角色"),
        ({"role": "unit"}, "unit", "必须属于一个单位"),
        ({"display_name": "长" * 51}, "display_name", "最多 50 个字"),
    ],
)
def test_refused_account_says_why_beside_its_field_and_keeps_what_was_typed(
    sign_in: SignIn, session: Session, changes: dict[str, str], field: str, words: str
) -> None:
    page = sign_in(Role.ADMIN).post("/admin/accounts", data={**NEW, **changes})
    assert page.status_code == 400
    assert words in page.text.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert (changes.get("display_name") or "李静") in page.text
    assert session.query(Account).count() == 1


def test_unit_account_belongs_to_its_unit(sign_in: SignIn, session: Session) -> None:
    build_unit(session, "税务局")
    session.commit()
    sign_in(Role.ADMIN).post("/admin/accounts", data={**NEW, "role": "unit", "unit": "税务局"})
    account = session.query(Account).filter_by(username="li").one()
    assert account.unit is not None
    assert account.unit.name == "税务局"


def test_disabling_ends_the_sessions_and_enabling_lets_in_again(
    app: Flask, sign_in: SignIn, session: Session
) -> None:
    client, office = sign_in(Role.ADMIN), sign_in(Role.OFFICE)
    target = _id_of(session, "office-")
    client.post(f"/admin/accounts/{target}/active", data={"active": "0"})
    assert office.get("/frames").headers["Location"].startswith("/sign-in")
    assert session.query(SignInSession).filter_by(account_id=target).count() == 0
    session.rollback()
    assert not _may_sign_in(app, "office-", PASSWORD)
    client.post(f"/admin/accounts/{target}/active", data={"active": "1"})
    assert _may_sign_in(app, "office-", PASSWORD)


def test_nobody_disables_themself_or_an_account_that_is_not_there(sign_in: SignIn, session: Session) -> None:
    client = sign_in(Role.ADMIN)
    own = _id_of(session, "admin-")
    answer = client.post(f"/admin/accounts/{own}/active", data={"active": "0"}, follow_redirects=True)
    assert "不能停用自己的账号" in answer.text
    assert client.post("/admin/accounts/99/password").status_code == 404
    answer = client.post("/admin/accounts/99/active", data={"active": "0"}, follow_redirects=True)
    assert "没有这个账号" in answer.text


def test_new_password_replaces_the_old_and_ends_the_sessions(
    app: Flask, sign_in: SignIn, session: Session
) -> None:
    client, office = sign_in(Role.ADMIN), sign_in(Role.OFFICE)
    target = _id_of(session, "office-")
    password = _password(client.post(f"/admin/accounts/{target}/password").text)
    assert office.get("/frames").headers["Location"].startswith("/sign-in")
    assert not _may_sign_in(app, "office-", PASSWORD)
    assert _may_sign_in(app, "office-", password)


def test_units_are_registered_and_put_into_categories(sign_in: SignIn, session: Session) -> None:
    client = sign_in(Role.ADMIN)
    assert "还没有责任单位" in client.get("/admin/units").text
    unit = {"name": "供电公司", "category": "政府部门"}
    assert "已登记责任单位：供电公司" in client.post("/admin/units", data=unit, follow_redirects=True).text
    assert "已经登记过了" in client.post("/admin/units", data=unit).text
    client.post("/admin/units/1/category", data={"category": "公共服务企业"})
    assert client.post("/admin/units/1/category", data={"category": "别的"}).status_code == 400
    assert session.query(Unit).one().category == "公共服务企业"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN], ids=str)
def test_pages_are_the_administrators_only(sign_in: SignIn, session: Session, role: Role) -> None:
    build_unit(session, "税务局")
    session.commit()
    client = sign_in(role, "税务局" if role is Role.UNIT else None)
    for path in ("/admin/accounts", "/admin/units"):
        assert client.get(path).status_code == 403
    for path in ("accounts", "accounts/1/active", "accounts/1/password", "units", "units/1/category"):
        assert client.post(f"/admin/{path}").status_code == 403
