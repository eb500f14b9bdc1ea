"""The database: its session, its column types, and the way SQLite and PostgreSQL are opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, Enum, MetaData, String, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# Names that batch migrations on SQLite need to find a constraint again.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every model; its metadata names constraints the same way on any database."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

_read_only: ContextVar[bool] = ContextVar("read_only", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Open every transaction begun inside as read-only, so that the database refuses a write."""
    token = _read_only.set(True)
    try:
        yield
    finally:
        _read_only.reset(token)


def begin_read_only() -> None:
    """Make the transactions of this context read-only until `begin_writing` is called."""
    _read_only.set(True)


def begin_writing() -> None:
    """Make the transactions of this context able to write, which is also how a context starts."""
    _read_only.set(False)


@event.listens_for(Engine, "connect")
def _open_sqlite(connection: Any, _record: Any) -> None:
    """Make an acknowledged write survive a power cut, and let readers go on beside the one writer."""
    if not type(connection).__module__.startswith("sqlite3"):
        return
    connection.isolation_level = None  # SQLAlchemy's begin event below decides how a transaction starts
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Begin as a reader or as a writer; a reader that turns writer midway would fail as busy at once."""
    read_only = _read_only.get()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only={int(read_only)}")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
    elif read_only:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def end_transaction() -> None:
    """End this context's transaction; a connection that was lost meanwhile is thrown away without complaint.

    Otherwise the page that was made already would be lost at the very end of its request.
    """
    if not db.session.registry.has():
        return
    try:
        db.session.rollback()
    except DBAPIError:
        db.session().invalidate()


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone, which could be any of several."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """Points as people write them; text in the database, since SQLite would make them floats."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Write the number out in full."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Read the number back exactly."""
        return None if value is None else Decimal(value)


def choice(kind: type[StrEnum], length: int = 20) -> Enum:
    """Return the column type for one of an enumeration's values, stored as its text."""
    return Enum(
        kind, native_enum=False, length=length, values_callable=lambda members: [m.value for m in members]
    )


def code(length: int) -> String:
    """Return the column type for a short code, compared byte by byte.

    PostgreSQL otherwise compares by the rules of a language, which makes a tally of a million answers half as fast.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")
