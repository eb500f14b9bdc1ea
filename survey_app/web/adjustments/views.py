"""Bonuses and penalties: their lists, the forms to add to them, and withdrawing with a reason."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import adjustments, round_locks
from survey_app.services.adjustments import AdjustmentRefusedError, FieldFault
from survey_app.services.round_units import units_of
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.language import say
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import crumbs, round_named, tabs

blueprint = Blueprint("adjustments", __name__, url_prefix="/rounds/<quarter>")


@blueprint.get("/endorsements")
@allow(Role.OFFICE, Role.COMMISSION)
def endorsements(quarter: str) -> str:
    """List the endorsed practices of a round, with the form for one more."""
    return _endorsements_page(round_named(quarter), [])


@blueprint.post("/endorsements")
@allow(Role.OFFICE)
def add_endorsement(quarter: str) -> Response | tuple[str, int]:
    """Enter an endorsed practice."""
    round_ = round_named(quarter)
    form = request.form
    try:
        adjustments.enter_endorsement(
            context.session(),
            round_,
            form.get("unit", type=row_id),
            form.get("practice", ""),
            form.get("level", ""),
            form.get("source", ""),
            _day(form.get("endorsed_on", "")),
            context.actor().account_id,
            context.now(),
        )
    except AdjustmentRefusedError as error:
        return _endorsements_page(round_, error.faults), 400
    flash(_("已登记。"), "success")
    return redirect(url_for("adjustments.endorsements", quarter=quarter), 303)


@blueprint.route("/endorsements/<int:entry_id>/withdraw", methods=["GET", "POST"])
@allow(Role.OFFICE)
def withdraw_endorsement(quarter: str, entry_id: int) -> str | Response | tuple[str, int]:
    """Ask for the reason, then withdraw an endorsement."""
    round_ = round_named(quarter)
    entry = adjustments.find_endorsement(context.session(), round_, entry_id)
    faults: list[FieldFault] = []
    if request.method == "POST":
        try:
            adjustments.withdraw_endorsement(
                context.session(),
                round_,
                entry_id,
                request.form.get("reason", ""),
                context.actor().account_id,
                context.now(),
            )
        except AdjustmentRefusedError as error:
            faults = error.faults
        else:
            flash(_("已撤销，记录和原因都已保留。"), "success")
            return redirect(url_for("adjustments.endorsements", quarter=quarter), 303)
    way = (_("加分登记"), url_for("adjustments.endorsements", quarter=quarter))
    title = _("撤销加分：%(unit)s「%(practice)s」", unit=entry.unit.name, practice=entry.practice)
    return _withdraw_page(round_, title, way, faults)


@blueprint.get("/broken-promises")
@allow(Role.OFFICE, Role.COMMISSION)
def broken_promises(quarter: str) -> str:
    """List the broken promises of a round, with the form for one more."""
    return _broken_promises_page(round_named(quarter), [])


@blueprint.post("/broken-promises")
@allow(Role.OFFICE)
def add_broken_promise(quarter: str) -> Response | tuple[str, int]:
    """Enter a verified case."""
    round_ = round_named(quarter)
    form = request.form
    try:
        adjustments.enter_broken_promise(
            context.session(),
            round_,
            form.get("unit", type=row_id),
            form.get("description", ""),
            _day(form.get("verified_on", "")),
            context.actor().account_id,
            context.now(),
        )
    except AdjustmentRefusedError as error:
        return _broken_promises_page(round_, error.faults), 400
    flash(_("已登记。"), "success")
    return redirect(url_for("adjustments.broken_promises", quarter=quarter), 303)


@blueprint.route("/broken-promises/<int:entry_id>/withdraw", methods=["GET", "POST"])
@allow(Role.OFFICE)
def withdraw_broken_promise(quarter: str, entry_id: int) -> str | Response | tuple[str, int]:
    """Ask for the reason, then withdraw a broken promise."""
    round_ = round_named(quarter)
    entry = adjustments.find_broken_promise(context.session(), round_, entry_id)
    faults: list[FieldFault] = []
    if request.method == "POST":
        try:
            adjustments.withdraw_broken_promise(
                context.session(),
                round_,
                entry_id,
                request.form.get("reason", ""),
                context.actor().account_id,
                context.now(),
            )
        except AdjustmentRefusedError as error:
            faults = error.faults
        else:
            flash(_("已撤销，记录和原因都已保留。"), "success")
            return redirect(url_for("adjustments.broken_promises", quarter=quarter), 303)
    way = (_("减分登记"), url_for("adjustments.broken_promises", quarter=quarter))
    title = _("撤销减分：%(unit)s，%(day)s 查实", unit=entry.unit.name, day=entry.verified_on)
    return _withdraw_page(round_, title, way, faults)


def _endorsements_page(round_: Round, faults: list[FieldFault]) -> str:
    bonus = load_scheme(round_.scheme_key).bonus
    rows = adjustments.endorsements(context.session(), round_)
    levels = [
        (level.key, _("%(level)s，加 %(n)s 分", level=say(level.name), n=level.points))
        for level in bonus.levels
    ]
    return _list_page(
        "adjustments/endorsements.html",
        round_,
        faults,
        bonus=bonus,
        rows=rows,
        level_options=[("", _("请选择")), *levels],
    )


def _broken_promises_page(round_: Round, faults: list[FieldFault]) -> str:
    penalty = load_scheme(round_.scheme_key).penalty
    rows = adjustments.broken_promises(context.session(), round_)
    return _list_page("adjustments/broken_promises.html", round_, faults, penalty=penalty, rows=rows)


def _list_page(template: str, round_: Round, faults: list[FieldFault], **values: object) -> str:
    frozen = round_locks.is_frozen(round_)
    units = [(unit.id, unit.name) for unit in units_of(context.session(), round_)]
    return render_template(
        template,
        round=round_,
        unit_options=[("", _("请选择")), *units],
        faults=faults,
        errors=dict(faults),
        typed=request.form,
        may_enter=context.actor().role is Role.OFFICE and not frozen,
        frozen=frozen,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
        **values,
    )


def _withdraw_page(
    round_: Round, title: str, way: tuple[str, str], faults: list[FieldFault]
) -> str | tuple[str, int]:
    page = render_template(
        "adjustments/withdraw.html",
        round=round_,
        title=title,
        back=way[1],
        faults=faults,
        errors=dict(faults),
        typed=request.form,
        crumbs=crumbs(round_, way),
    )
    return (page, 400) if faults else page


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
