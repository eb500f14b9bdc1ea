"""Fixtures for all tests: a clock that stands still, an application on each database, people signed in."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.app import create_app
from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.models.account import Account
from survey_app.services import accounts
from survey_app.services.accounts import add_account
from tests.applications import close, lent_application
from tests.databases import Databases, postgresql_runs, settings_for

DATABASES = ("sqlite", "postgresql") if postgresql_runs() else ("sqlite",)
PASSWORD = "correct horse battery"


@dataclass
class FakeClock:
    """A clock that tests set and move."""

    now: datetime = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in the county

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, as many on each worker, so that none of them is what all wait for at the end.

    Each of n workers begins with an nth of the list, and takes over from the others when it is through.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    share, start = len(items) // workers, 0
    items.clear()
    for worker in range(workers):
        first = slow[worker::workers]
        end = len(quick) if worker == workers - 1 else start + max(share - len(first), 0)
        items += first + quick[start:end]
        start = end


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session", autouse=True)
def product_hasher() -> Iterator[PasswordHasher]:
    """Hash passwords cheaply, since most tests only need to be signed in, and give the product's own hasher."""
    product = accounts._hasher
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(accounts, "_hasher", cheap)
        patch.setattr(accounts, "_DECOY", cheap.hash("nobody's"))
        yield product


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.close()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """An empty migrated database, once on each kind that runs here."""
    with databases.lend(request.param) as url:
        yield url


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: FakeClock) -> Iterator[Flask]:
    with lent_application(database_url, tmp_path / "instance", clock) as app:
        app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
        yield app


@pytest.fixture
def own_app(database_url: str, tmp_path: Path, clock: FakeClock) -> Iterator[Flask]:
    """An application for one test only, which may add routes to it."""
    app = create_app(settings_for(database_url, tmp_path / "instance"), clock)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    yield app
    close(app)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A writing session of the test's own; commit before a client writes, since SQLite has one writer.

    No application context stays open meanwhile: clients' requests would share it, and with it their session and `g`.
    """
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that nobody signed in with, without CSRF tokens in its forms."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, clock: FakeClock) -> Callable[..., FlaskClient]:
    """Return a browser signed in as a role: `sign_in(Role.UNIT, unit="税务局", username="x")`.

    The account is made on first use and committed in a transaction of its own.
    """
    app.config["WTF_CSRF_ENABLED"] = False

    def sign_in(role: Role, unit: str | None = None, username: str | None = None) -> FlaskClient:
        name = username or f"{role}-{unit or ''}"
        with app.app_context():
            session = db.session()
            if not session.query(Account).filter_by(username=name).count():
                add_account(session, name, name, PASSWORD, role, clock.now, unit)
                session.commit()
        client = app.test_client()
        answer = client.post("/sign-in", data={"username": name, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    return sign_in
