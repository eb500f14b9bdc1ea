"""Administration: accounts, and the units that are rated."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.models.account import Account
from survey_app.services import administration
from survey_app.services.errors import ServiceError
from survey_app.web import context
from survey_app.web.access import allow

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.route("/accounts", methods=["GET", "POST"])
@allow(Role.ADMIN)
def accounts() -> str | tuple[str, int]:
    """Show all accounts and the form for a new one, whose first password is shown this once."""
    if request.method != "POST":
        return _accounts_page()
    form = request.form
    try:
        role = Role(form.get("role", ""))
    except ValueError:
        return _accounts_page(ServiceError(_("请选择角色"), "role")), 400
    try:
        account, password = administration.new_account(
            context.session(),
            form.get("username", ""),
            form.get("display_name", ""),
            role,
            form.get("unit") or None,
            context.now(),
            context.actor().account_id,
            form.get("phone", ""),
        )
    except ServiceError as error:
        return _accounts_page(error), 400
    return _password_page(_("账号已建立"), account, password)


@blueprint.post("/accounts/<int:account_id>/active")
@allow(Role.ADMIN)
def set_active(account_id: int) -> Response:
    """Let an account sign in, or let it no more."""
    active = request.form.get("active") == "1"
    try:
        account = administration.set_active(
            context.session(), account_id, active, context.now(), context.actor().account_id
        )
    except ServiceError as error:
        flash(str(error), "error")
    else:
        done = _("账号 %(name)s 已启用。") if active else _("账号 %(name)s 已停用，并已退出登录。")
        flash(done % {"name": account.username}, "success")
    return redirect(url_for("admin.accounts"), 303)


@blueprint.post("/accounts/<int:account_id>/phone")
@allow(Role.ADMIN)
def set_phone(account_id: int) -> Response:
    """Note the number of an account's own."""
    try:
        account = administration.set_phone(
            context.session(),
            account_id,
            request.form.get("phone", ""),
            context.now(),
            context.actor().account_id,
        )
    except ServiceError as error:
        flash(str(error), "error")
    else:
        flash(_("账号 %(name)s 的本人电话已更新。", name=account.username), "success")
    return redirect(url_for("admin.accounts"), 303)


@blueprint.post("/accounts/<int:account_id>/password")
@allow(Role.ADMIN)
def new_password(account_id: int) -> str:
    """Replace an account's password, and show the new one, this once."""
    account, password = administration.new_password(
        context.session(), account_id, context.now(), context.actor().account_id
    )
    return _password_page(_("密码已重设"), account, password)


@blueprint.route("/units", methods=["GET", "POST"])
@allow(Role.ADMIN)
def units() -> str | Response | tuple[str, int]:
    """Show all units, and the form for a new one."""
    if request.method != "POST":
        return _units_page()
    try:
        unit = administration.new_unit(
            context.session(),
            request.form.get("name", ""),
            request.form.get("category", ""),
            context.now(),
            context.actor().account_id,
        )
    except ServiceError as error:
        return _units_page(error), 400
    flash(_("已登记责任单位：%(name)s。", name=unit.name), "success")
    return redirect(url_for("admin.units"), 303)


@blueprint.post("/units/<int:unit_id>/category")
@allow(Role.ADMIN)
def set_category(unit_id: int) -> Response:
    """Put a unit into another category."""
    unit = administration.set_category(
        context.session(),
        unit_id,
        request.form.get("category", ""),
        context.now(),
        context.actor().account_id,
    )
    flash(
        _("%(name)s的类别已改为%(category)s。", name=unit.name, category=_(unit.category)),
        "success",
    )
    return redirect(url_for("admin.units"), 303)


def _password_page(title: str, account: Account, password: str) -> str:
    role = _(ROLE_NAMES[account.role])
    return render_template("admin/password.html", title=title, account=account, password=password, role=role)


def _accounts_page(error: ServiceError | None = None) -> str:
    session = context.session()
    return render_template(
        "admin/accounts.html",
        accounts=administration.list_accounts(session),
        last_sign_ins=administration.last_sign_ins(session),
        now=context.now(),
        unit_options=[(unit.name, unit.name) for unit in administration.list_units(session)],
        role_names=ROLE_NAMES,
        roles=[(role.value, _(ROLE_NAMES[role])) for role in Role],
        own_id=context.actor().account_id,
        typed=request.form,
        errors={error.field or "": str(error)} if error else {},
        tabs=_tabs(),
    )


def _units_page(error: ServiceError | None = None) -> str:
    return render_template(
        "admin/units.html",
        units=administration.list_units(context.session()),
        categories=[(category, _(category)) for category in administration.CATEGORIES],
        typed=request.form,
        errors={error.field or "": str(error)} if error else {},
        tabs=_tabs(),
    )


def _tabs() -> list[tuple[str, str, str]]:
    return [
        ("admin.accounts", _("账号"), url_for("admin.accounts")),
        ("admin.units", _("责任单位"), url_for("admin.units")),
    ]
