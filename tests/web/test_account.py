"""Signing in: one door, the same answer to all who are wrong, and sessions that end."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.app import create_app
from survey_app.domain.roles import Role
from survey_app.models.account import SignInSession
from survey_app.services import accounts
from survey_app.services.accounts import CLOSED, WRONG, add_account
from survey_app.services.errors import ServiceError
from tests.conftest import PASSWORD, FakeClock
from tests.databases import settings_for


def _attempt(client: FlaskClient, username: str, password: str) -> tuple[int, str]:
    answer = client.post("/sign-in", data={"username": username, "password": password})
    return answer.status_code, answer.text


def test_anonymous_visitor_is_sent_to_sign_in_and_back(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_wrong_password_and_unknown_name_get_the_same_sentence(
    client: FlaskClient, session: Session, clock: FakeClock
) -> None:
    add_account(session, "wang", "王敏", PASSWORD, Role.OFFICE, clock.now)
    session.commit()
    for name in ("wang", "nobody"):
        status, page = _attempt(client, name, "wrong password")
        assert status == 400
        assert WRONG in page
        assert f'value="{name}"' in page  # what was typed is kept


def test_door_closes_after_five_wrong_tries_and_opens_again(
    client: FlaskClient, session: Session, clock: FakeClock
) -> None:
    add_account(session, "wang", "王敏", PASSWORD, Role.OFFICE, clock.now)
    session.commit()
    for _ in range(5):
        assert WRONG in _attempt(client, "wang", "wrong password")[1]
    assert CLOSED in _attempt(client, "wang", PASSWORD)[1]
    clock.advance(timedelta(minutes=16))
    assert _attempt(client, "wang", PASSWORD)[0] == 302


def test_session_is_stored_as_a_hash_and_ends_when_idle(
    sign_in: Callable[..., FlaskClient], session: Session, clock: FakeClock
) -> None:
    client = sign_in(Role.OFFICE)
    stored = session.query(SignInSession).one()
    with client.session_transaction() as cookie:
        assert stored.token_hash != cookie["sign_in"]
    session.rollback()
    clock.advance(timedelta(minutes=29))
    assert client.get("/").status_code == 302
    assert not client.get("/").headers["Location"].startswith("/sign-in")
    clock.advance(timedelta(minutes=31))
    assert client.get("/").headers["Location"].startswith("/sign-in")


def test_signing_out_ends_the_session_even_for_a_copied_cookie(
    sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    client = sign_in(Role.OFFICE)
    with client.session_transaction() as cookie:
        copied = dict(cookie)
    client.post("/sign-out")
    with client.session_transaction() as cookie:
        cookie.update(copied)
    assert client.get("/").headers["Location"].startswith("/sign-in")


def test_next_leads_nowhere_else(client: FlaskClient, session: Session, clock: FakeClock) -> None:
    add_account(session, "wang", "王敏", PASSWORD, Role.OFFICE, clock.now)
    session.commit()
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = client.post(f"/sign-in?next={target}", data={"username": "wang", "password": PASSWORD})
        assert answer.headers["Location"] == "/"


def test_sign_in_page_needs_a_csrf_token(app, session: Session) -> None:  # type: ignore[no-untyped-def]
    answer = app.test_client().post("/sign-in", data={"username": "a", "password": "b"})
    assert answer.status_code == 400
    assert "页面已过期" in answer.text


def test_passwords_are_kept_as_argon2id_of_the_least_that_owasp_advises(
    session: Session, clock: FakeClock, product_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_hasher", product_hasher)
    account = add_account(session, "wang", "王敏", PASSWORD, Role.OFFICE, clock.now)
    session.commit()
    assert account.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert accounts.sign_in(session, b"key", "wang", PASSWORD, "127.0.0.1", clock.now)
    with pytest.raises(ServiceError, match=WRONG):
        accounts.sign_in(session, b"key", "wang", PASSWORD + "x", "127.0.0.1", clock.now)


@pytest.mark.parametrize(("proxies", "counted"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_a_forwarded_address_counts_only_behind_our_own_proxy(
    database_url: str, tmp_path: Path, clock: FakeClock, proxies: int, counted: str
) -> None:
    app = create_app(settings_for(database_url, tmp_path, trusted_proxies=proxies), clock)
    seen: list[str | None] = []
    app.before_request(lambda: seen.append(request.remote_addr))
    app.test_client().get("/s", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert seen == [counted]
