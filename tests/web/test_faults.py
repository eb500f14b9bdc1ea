"""When the database is away or an error is nobody's: calm pages, and a log that quotes nobody."""

import io
import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.config import Config
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from survey_app.cli.server_log import ServerLog
from survey_app.db import db, end_transaction
from survey_app.domain.roles import Role
from survey_app.services import accounts
from survey_app.web.access import public
from survey_app.web.fault_log import describe_fault
from tests.conftest import FakeClock

SignIn = Callable[..., FlaskClient]
PHONE = "13800138000"


@pytest.fixture
def app(own_app: Flask) -> Flask:
    """An application that gets a page more than others have."""
    return own_app


def _break(app: Flask, fail: Callable[[], None]) -> FlaskClient:
    """Return a browser for an application whose page /break does what is given."""

    @public
    def view() -> str:
        fail()
        return ""

    app.add_url_rule("/break", "break", view)
    return app.test_client()


@pytest.mark.parametrize(
    "error",
    [OperationalError("", {}, Exception()), InterfaceError("", {}, Exception()), PoolTimeoutError()],
    ids=lambda error: type(error).__name__,
)
def test_database_that_does_not_answer_is_a_503(app: Flask, error: Exception) -> None:
    def fail() -> None:
        raise error

    answer = _break(app, fail).get("/break")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"


def test_log_of_an_unexpected_error_says_where_and_quotes_nothing(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        db.session.execute(text("SELECT nothing FROM nowhere WHERE phone = :phone"), {"phone": PHONE})

    def typed() -> None:
        try:
            int(PHONE + "x")
        except ValueError as error:
            raise KeyError(PHONE) from error

    for each in (fail, typed):
        with app.app_context(), pytest.raises((OperationalError, ProgrammingError, KeyError)) as caught:
            each()
        described = describe_fault(caught.value)
        assert __file__ in described
        assert PHONE not in described
    assert "ValueError" in described
    assert _break(app, typed).get("/break").status_code == 500
    assert "builtins.KeyError" in caplog.text
    assert PHONE not in caplog.text


def test_error_of_the_database_does_not_quote_what_it_was_given(app: Flask) -> None:
    with app.app_context(), pytest.raises((OperationalError, ProgrammingError, IntegrityError)) as caught:
        db.session.execute(text("SELECT nothing FROM nowhere WHERE phone = :phone"), {"phone": PHONE})
    assert PHONE not in str(caught.value)


def test_connection_lost_after_the_page_was_made_does_not_lose_the_page(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> None:
        db.session.execute(text("SELECT 1"))
        monkeypatch.setattr(type(db.engine.dialect), "do_rollback", lost)

    def lost(_dialect: object, _connection: object) -> None:
        raise db.engine.dialect.loaded_dbapi.OperationalError("server closed the connection unexpectedly")

    client = _break(app, look)
    assert client.get("/break").status_code == 200
    monkeypatch.undo()
    assert client.get("/healthz").status_code == 200


def test_end_of_a_context_without_a_session_begins_none(app: Flask) -> None:
    with app.app_context():
        end_transaction()
        assert not db.session.registry.has()


def test_page_opens_though_the_visit_can_not_be_noted(
    sign_in: SignIn, clock: FakeClock, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sign_in(Role.OFFICE)

    def busy(*_args: object) -> None:
        raise OperationalError("", {}, Exception("database is locked"))

    monkeypatch.setattr(accounts, "touch", busy)
    clock.advance(accounts.TOUCH_EVERY)
    assert office.get("/rounds").status_code == 200


def test_server_writes_no_address_of_a_request_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    log = ServerLog(Config())
    monkeypatch.setattr(log.error_log, "handlers", [logging.StreamHandler(written)])
    try:
        raise ValueError(PHONE)
    except ValueError:
        log.exception("Error handling request %s %s", "POST", "/s/a-token")
        assert "ValueError" in written.getvalue()
        assert "a-token" not in written.getvalue()
        assert PHONE not in written.getvalue()
        log.exception("Exception in worker process")
    assert "Exception in worker process" in written.getvalue()
