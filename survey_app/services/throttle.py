"""Closing a door for a while after too many wrong tries, counted in the database for all processes."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from survey_app.models.account import FailedAttempt


@dataclass(frozen=True)
class Limit:
    """At most `failures` wrong tries of one key within `window`."""

    scope: str
    failures: int
    window: timedelta


SIGN_IN_BY_ACCOUNT = Limit("sign-in-account", 5, timedelta(minutes=15))
SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 30, timedelta(minutes=15))
CODE_BY_ADDRESS = Limit("code-address", 5, timedelta(minutes=10))
# A tablet is one browser for a whole hall, so that five would lock everybody out at the third mistyped code of
# the morning; thirty in ten minutes are still nothing among the 31^8 codes that there are.
CODE_BY_TABLET = Limit("code-tablet", 30, timedelta(minutes=10))
CODE_OVER_ALL = Limit("code-all", 200, timedelta(minutes=10))
RECEIPT_BY_ADDRESS = Limit("receipt-address", 5, timedelta(minutes=10))
RECEIPT_OVER_ALL = Limit("receipt-all", 200, timedelta(minutes=10))
# Not wrong tries but reports, each of which somebody has to read; a whole town may share a carrier's address.
DISAVOWAL_BY_ADDRESS = Limit("disavowal-address", 20, timedelta(hours=1))


def is_closed(session: Session, key: bytes, limit: Limit, who: str, now: datetime) -> bool:
    """Whether `who` (a user name or an address; only its keyed hash is stored) has used up its tries."""
    return closed_for(session, key, limit, who, now) is not None


def closed_for(session: Session, key: bytes, limit: Limit, who: str, now: datetime) -> timedelta | None:
    """Return how long `who` must wait until one more try is free, None where one is."""
    # The door opens when the oldest of the last `failures` tries leaves the window.
    decisive = session.scalar(
        select(FailedAttempt.at)
        .where(*_counted(key, limit, who, now))
        .order_by(FailedAttempt.at.desc())
        .offset(limit.failures - 1)
        .limit(1)
    )
    return None if decisive is None else decisive + limit.window - now


def failures_of(session: Session, key: bytes, limit: Limit, who: str, now: datetime) -> int:
    """Return how many wrong tries of `who` count now."""
    counted = select(func.count()).select_from(FailedAttempt).where(*_counted(key, limit, who, now))
    return session.scalar(counted) or 0


def note_failure(session: Session, key: bytes, limit: Limit, who: str, now: datetime) -> None:
    """Count a wrong try in the caller's transaction, and forget those that no longer matter."""
    session.execute(
        delete(FailedAttempt).where(
            FailedAttempt.scope == limit.scope, FailedAttempt.at <= now - limit.window
        )
    )
    session.add(FailedAttempt(scope=limit.scope, key_hash=_hash(key, who), at=now))


def forget_failures(session: Session, key: bytes, limit: Limit, who: str) -> None:
    """Open the door again after a right try."""
    session.execute(
        delete(FailedAttempt).where(
            FailedAttempt.scope == limit.scope, FailedAttempt.key_hash == _hash(key, who)
        )
    )


def _counted(key: bytes, limit: Limit, who: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        FailedAttempt.scope == limit.scope,
        FailedAttempt.key_hash == _hash(key, who),
        FailedAttempt.at > now - limit.window,
    )


def _hash(key: bytes, who: str) -> str:
    return hmac.new(key, who.encode(), hashlib.sha256).hexdigest()
