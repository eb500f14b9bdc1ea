"""Accounts and sign-in: passwords by Argon2id, sessions as rows that can be ended."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.json_object import is_clean
from survey_app.domain.phone import read_phones
from survey_app.domain.roles import Role
from survey_app.models.account import Account, SignInSession
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.errors import ServiceError
from survey_app.services.throttle import (
    SIGN_IN_BY_ACCOUNT,
    SIGN_IN_BY_ADDRESS,
    forget_failures,
    is_closed,
    note_failure,
)

IDLE_LIMIT = timedelta(minutes=30)
# An interviewer thinks with the caller, not with the machine; a whole working day is the longest.
ABSOLUTE_LIMIT = timedelta(hours=10)
TOUCH_EVERY = timedelta(minutes=1)
MIN_PASSWORD = 10
MAX_PASSWORD = 128

# 19 MiB, two passes, one lane: OWASP's Argon2id minimum, which two cores can serve to many at once.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Verified for unknown names, so that an answer takes as long whether the name exists or not.
_DECOY = _hasher.hash(secrets.token_urlsafe(16))

WRONG = "用户名或密码不正确，请核对后重试"
CLOSED = "尝试次数过多，请 15 分钟后再试，或联系系统管理员"


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in: what a request needs to know of an account."""

    session_id: int
    account_id: int
    username: str
    display_name: str
    role: Role
    unit_id: int | None
    seen_at: datetime


def create_account(
    session: Session,
    username: str,
    display_name: str,
    password: str,
    role: Role,
    now: datetime,
    unit_name: str | None = None,
    phone: str = "",
) -> Account:
    """Add an account; commits. Raises ServiceError for a name taken, a weak password, or a unit that's missing."""
    account = add_account(session, username, display_name, password, role, now, unit_name, phone)
    session.flush()
    audit.record(session, now, None, "account.create", "account", account.id, role=role.value)
    session.commit()
    return account


def add_account(
    session: Session,
    username: str,
    display_name: str,
    password: str,
    role: Role,
    now: datetime,
    unit_name: str | None = None,
    phone: str = "",
) -> Account:
    """Add an account in the caller's transaction."""
    username = username.strip()
    if not is_clean(username):
        raise ServiceError("用户名里有看不见的控制字符，请重新输入", "username")
    if not username or len(username) > 50:
        raise ServiceError("用户名应为 1 至 50 个字符", "username")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise ServiceError(f"密码应为 {MIN_PASSWORD} 至 {MAX_PASSWORD} 个字符", "password")
    if session.scalar(select(Account.id).where(Account.username == username)):
        raise ServiceError(f"用户名「{username}」已存在，请换一个", "username")
    unit = None
    if role is Role.UNIT:
        unit = session.scalar(select(Unit).where(Unit.name == unit_name))
        if unit is None:
            raise ServiceError(f"没有名为「{unit_name or ''}」的责任单位：单位账号必须属于一个单位", "unit")
    account = Account(
        username=username,
        display_name=display_name.strip() or username,
        password_hash=_hasher.hash(password),
        role=role,
        unit=unit,
        phone=own_phone(phone),
        created_at=now,
    )
    session.add(account)
    return account


def own_phone(text: str) -> str | None:
    """Return a person's own number as libraries write it, None for none; raise ServiceError, naming the field."""
    if not text.strip():
        return None
    reading = read_phones(text)
    if len(reading.phones) != 1 or reading.faults:
        raise ServiceError("本人电话应是一个 11 位手机号，或带区号的固定电话；没有就空着", "phone")
    return str(reading.phones[0])


def sign_in(session: Session, key: bytes, username: str, password: str, address: str, now: datetime) -> str:
    """Check a password and return the token of a new session; commits.

    Raises ServiceError with the same sentence for an unknown name and a wrong password.
    """
    username = username.strip()
    if is_closed(session, key, SIGN_IN_BY_ACCOUNT, username, now) or is_closed(
        session, key, SIGN_IN_BY_ADDRESS, address, now
    ):
        raise ServiceError(CLOSED)
    account = session.scalar(select(Account).where(Account.username == username, Account.active))
    # The decoy also stands in for an over-long password, which is not worth hashing.
    stored = account.password_hash if account and len(password) <= MAX_PASSWORD else _DECOY
    try:
        _hasher.verify(stored, password[:MAX_PASSWORD])
        right = account is not None and stored is not _DECOY
    except VerificationError:
        right = False
    if not right or account is None:
        note_failure(session, key, SIGN_IN_BY_ACCOUNT, username, now)
        note_failure(session, key, SIGN_IN_BY_ADDRESS, address, now)
        audit.record(session, now, account.id if account else None, "sign_in.failed", "account", "-")
        session.commit()
        raise ServiceError(WRONG)
    forget_failures(session, key, SIGN_IN_BY_ACCOUNT, username)
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(token_hash=_session_hash(token), account_id=account.id, created_at=now, seen_at=now)
    )
    audit.record(session, now, account.id, "sign_in", "account", account.id)
    session.commit()
    return token


def who_is(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Return who holds the session `token`, or None when it is unknown, idle too long, too old or disabled."""
    row = session.scalar(
        select(SignInSession)
        .options(joinedload(SignInSession.account))
        .where(SignInSession.token_hash == _session_hash(token))
    )
    if (
        row is None
        or not row.account.active
        or now - row.seen_at > IDLE_LIMIT
        or now - row.created_at > ABSOLUTE_LIMIT
    ):
        return None
    account = row.account
    return SignedIn(
        row.id,
        account.id,
        account.username,
        account.display_name,
        account.role,
        account.unit_id,
        row.seen_at,
    )


def needs_touch(signed_in: SignedIn, now: datetime) -> bool:
    """Whether the session was last seen long enough ago to be worth a write."""
    return now - signed_in.seen_at >= TOUCH_EVERY


def touch(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session is in use; commits."""
    row = session.get(SignInSession, session_id)
    if row is not None:
        row.seen_at = now
    session.commit()


def sign_out(session: Session, signed_in: SignedIn, now: datetime) -> None:
    """End a session; commits."""
    session.execute(delete(SignInSession).where(SignInSession.id == signed_in.session_id))
    audit.record(session, now, signed_in.account_id, "sign_out", "account", signed_in.account_id)
    session.commit()


def set_password(session: Session, account: Account, password: str) -> None:
    """Give an account another password and sign it out everywhere, in the caller's transaction."""
    account.password_hash = _hasher.hash(password)
    end_sessions(session, account.id)


def end_sessions(session: Session, account_id: int) -> None:
    """Sign an account out wherever it is signed in, in the caller's transaction."""
    session.execute(delete(SignInSession).where(SignInSession.account_id == account_id))


def _session_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
