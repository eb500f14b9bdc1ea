"""系统管理: accounts and units, as the administrator keeps them."""

import secrets
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.cell_text import clean, comparable
from survey_app.domain.roles import Role
from survey_app.domain.text import N_
from survey_app.models.account import Account
from survey_app.models.audit_event import AuditEvent
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.accounts import add_account, end_sessions, own_phone, set_password
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.frames import LONGEST_UNIT_NAME

CATEGORIES = (N_("政府部门"), N_("公共服务企业"))


def list_accounts(session: Session) -> list[Account]:
    """Return all accounts, by role and name."""
    accounts = session.scalars(select(Account).options(joinedload(Account.unit)).order_by(Account.username))
    return sorted(accounts, key=lambda account: list(Role).index(account.role))


def last_sign_ins(session: Session) -> dict[int, datetime]:
    """Return when each account last signed in, by account id; an account that never did is not in it."""
    found = session.execute(
        select(AuditEvent.account_id, func.max(AuditEvent.at))
        .where(AuditEvent.action == "sign_in", AuditEvent.account_id.is_not(None))
        .group_by(AuditEvent.account_id)
    )
    return {account_id: at for account_id, at in found if account_id is not None}


def list_units(session: Session) -> list[Unit]:
    """Return all units, those not rated any more included, in their order."""
    return list(session.scalars(select(Unit).order_by(Unit.position, Unit.id)))


def new_account(
    session: Session,
    username: str,
    display_name: str,
    role: Role,
    unit_name: str | None,
    now: datetime,
    account_id: int,
    phone: str = "",
) -> tuple[Account, str]:
    """Add an account, and return it with its first password, which is shown once; commits.

    Raises ServiceError, naming the field, for what `add_account` refuses.
    """
    display_name = clean(display_name)
    if len(display_name) > 50:
        raise ServiceError("姓名最多 50 个字", "display_name")
    password = _random_password()
    account = add_account(session, username, display_name, password, role, now, unit_name, phone)
    session.flush()
    audit.record(session, now, account_id, "account.create", "account", account.id, role=role.value)
    session.commit()
    return account, password


def set_active(session: Session, target_id: int, active: bool, now: datetime, account_id: int) -> Account:
    """Let an account sign in, or end its sessions and let it no more; commits."""
    account = _account(session, target_id)
    if target_id == account_id:
        raise ServiceError("不能停用自己的账号：请让另一位系统管理员操作")
    account.active = active
    if not active:
        end_sessions(session, target_id)
    action = "account.enable" if active else "account.disable"
    audit.record(session, now, account_id, action, "account", target_id)
    session.commit()
    return account


def set_phone(session: Session, target_id: int, phone: str, now: datetime, account_id: int) -> Account:
    """Note an account's own number, or that it has none; commits. Raises ServiceError, naming the field."""
    account = _account(session, target_id)
    account.phone = own_phone(phone)
    audit.record(session, now, account_id, "account.phone", "account", target_id)
    session.commit()
    return account


def new_password(session: Session, target_id: int, now: datetime, account_id: int) -> tuple[Account, str]:
    """Replace an account's password by a random one, shown once, and end its sessions; commits."""
    account, password = _account(session, target_id), _random_password()
    set_password(session, account, password)
    audit.record(session, now, account_id, "account.password", "account", target_id)
    session.commit()
    return account, password


def new_unit(session: Session, name: str, category: str, now: datetime, account_id: int) -> Unit:
    """Add a unit at the end of the order; commits. Raises ServiceError, naming the field."""
    name = clean(name)
    if not 1 <= len(name) <= LONGEST_UNIT_NAME:
        raise ServiceError(f"单位名称应为 1 至 {LONGEST_UNIT_NAME} 个字", "name")
    if comparable(name) in map(comparable, session.scalars(select(Unit.name))):
        raise ServiceError(f"「{name}」已经登记过了", "name")
    unit = Unit(
        name=name,
        category=_category(category),
        position=(session.scalar(select(func.max(Unit.position))) or 0) + 1,
    )
    session.add(unit)
    session.flush()
    audit.record(session, now, account_id, "unit.create", "unit", unit.id)
    session.commit()
    return unit


def set_category(session: Session, unit_id: int, category: str, now: datetime, account_id: int) -> Unit:
    """Put a unit into another category; commits."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFoundError("没有这个责任单位：请刷新列表")
    before, unit.category = unit.category, _category(category)
    audit.record(
        session, now, account_id, "unit.category", "unit", unit_id, before=before, after=unit.category
    )
    session.commit()
    return unit


def _account(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFoundError("没有这个账号：请刷新列表")
    return account


def _random_password() -> str:
    return secrets.token_urlsafe(12)


def _category(text: str) -> str:
    if text not in CATEGORIES:
        raise ServiceError(f"类别应为{'或'.join(CATEGORIES)}", "category")
    return text
