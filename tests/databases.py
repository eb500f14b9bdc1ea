"""Fresh, migrated databases for tests: a copied file on SQLite, a cloned template on PostgreSQL."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import psycopg
from psycopg import sql

from survey_app.app import create_app
from survey_app.config import Settings
from survey_app.services import schema

SERVER = os.environ.get("TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
SECRET = "a secret that only tests know, long enough"


@lru_cache
def postgresql_runs() -> bool:
    """Whether there is a PostgreSQL server to test on."""
    try:
        psycopg.connect(SERVER, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def settings_for(url: str, instance: Path, **changes: object) -> Settings:
    """Return settings for a test's database and folder."""
    values: dict[str, object] = {
        "instance": instance,
        "database_url": url,
        "secret_key": SECRET,
        "public_base_url": "http://localhost",
        "office_phone": "0377-67220000",
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type]


def _migrate(url: str, instance: Path) -> None:
    app = create_app(settings_for(url, instance))
    with app.app_context():
        schema.migrate()
        from survey_app.db import db  # noqa: PLC0415

        db.session.remove()
        db.engine.dispose()


@lru_cache
def _sqlite_template(folder: Path) -> Path:
    path = folder / "template.db"
    _migrate(f"sqlite:///{path}", folder)
    return path


@lru_cache
def _postgresql_template(folder: Path) -> str:
    name = f"survey_template_{uuid.uuid4().hex[:12]}"
    _execute("CREATE DATABASE {}", name)
    _migrate(_url_of(name), folder)
    return name


def _url_of(name: str) -> str:
    return SERVER.rsplit("/", 1)[0] + "/" + name


def _execute(statement: str, *names: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def drop_templates(folder: Path) -> None:
    """Drop what this process made on the server."""
    if _postgresql_template.cache_info().currsize:
        _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", _postgresql_template(folder))


@contextmanager
def fresh_database(kind: str, templates: Path, folder: Path) -> Iterator[str]:
    """Give the URL of an empty migrated database of `kind` (sqlite or postgresql), gone afterwards."""
    if kind == "sqlite":
        path = folder / "test.db"
        shutil.copy(_sqlite_template(templates), path)
        yield f"sqlite:///{path}"
        return
    name = f"survey_test_{uuid.uuid4().hex[:12]}"
    _execute("CREATE DATABASE {} TEMPLATE {}", name, _postgresql_template(templates))
    try:
        yield _url_of(name)
    finally:
        _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
