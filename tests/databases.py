"""Empty, migrated databases for tests: a copied file on SQLite, one that is emptied after each test on PostgreSQL."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import psycopg
from psycopg import sql

from survey_app.app import create_app
from survey_app.config import Settings
from survey_app.db import Base, db
from survey_app.services import schema

SERVER = os.environ.get("TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
SECRET = "a secret that only tests know, long enough"
# Every test commits, and SQLite waits for the disk each time; a file in memory keeps what is asked of it for nothing.
_MEMORY = Path("/dev/shm")
_MEMORY_NEEDED = 512 * 1024 * 1024
# What a test could change of the schema: tables, indexes, their columns in any order, and the revision.
_SCHEMA = """
    SELECT string_agg(format('%s.%s %s', relname, attname, atttypid), ',' ORDER BY relname, attname)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND attnum > 0 AND NOT attisdropped
"""
_RESTART = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


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


class Databases:
    """The databases of one test process, one of each kind, lent to one test at a time."""

    def __init__(self, folder: Path) -> None:
        """Keep the template of SQLite's files in `folder`, the files themselves in memory where there is room."""
        roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_NEEDED
        self._folder = folder
        self._files = Path(tempfile.mkdtemp(prefix="survey-test-", dir=_MEMORY if roomy else folder))
        self._name = f"survey_test_{uuid.uuid4().hex[:12]}"
        self._schema: str | None = None

    @contextmanager
    def lend(self, kind: str) -> Iterator[str]:
        """Give the URL of an empty migrated database of `kind` (sqlite or postgresql), emptied afterwards."""
        if kind == "sqlite":
            path = self._files / "test.db"
            shutil.copy(self._template(), path)
            try:
                yield f"sqlite:///{path}"
            finally:
                for left in self._files.glob("test.db*"):
                    left.unlink()
            return
        if self._schema is None:
            self._create()
        try:
            yield self._url
        finally:
            self._empty()

    def close(self) -> None:
        """Remove everything that was made."""
        shutil.rmtree(self._files, ignore_errors=True)
        if self._schema is not None:
            self._drop()

    def _template(self) -> Path:
        path = self._folder / "template.db"
        if not path.exists():
            _migrate(f"sqlite:///{path}", self._folder)
        return path

    @property
    def _url(self) -> str:
        return SERVER.rsplit("/", 1)[0] + "/" + self._name

    def _create(self) -> None:
        _execute("CREATE DATABASE {}", self._name)
        # What a test commits need not survive a power cut.
        _execute("ALTER DATABASE {} SET synchronous_commit = off", self._name)
        _migrate(self._url, self._folder)
        with psycopg.connect(self._url) as connection:
            self._schema = _schema_of(connection)

    def _drop(self) -> None:
        self._schema = None
        _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._name)

    def _empty(self) -> None:
        """Make the database as it was new, whatever a test left open; one whose schema changed is dropped.

        Deleting the few rows of a test takes a hundredth of what another database takes, or even TRUNCATE.
        """
        with psycopg.connect(self._url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            unchanged = _schema_of(connection) == self._schema
            if unchanged:
                tables = (table.name for table in reversed(Base.metadata.sorted_tables))
                connection.execute(
                    sql.SQL("; ").join(
                        sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in tables
                    )
                )
                connection.execute(_RESTART)
        if not unchanged:
            self._drop()


def _schema_of(connection: psycopg.Connection) -> str:
    row = connection.execute(_SCHEMA).fetchone()
    assert row is not None
    return str(row[0])


def _migrate(url: str, instance: Path) -> None:
    app = create_app(settings_for(url, instance))
    with app.app_context():
        schema.migrate()
        db.session.remove()
        db.engine.dispose()


def _execute(statement: str, *names: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
