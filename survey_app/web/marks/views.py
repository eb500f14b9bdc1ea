"""The supervisors' page: all units, one mark each, one button; and who stands back from which unit."""

import re
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import marks, rater_conflicts, round_locks
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.rater_conflicts import FieldFault, RaterConflictRefusedError
from survey_app.services.round_units import active_units, units_of
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import crumbs, round_named, tabs

blueprint = Blueprint("marks", __name__)
_FIELD = re.compile(r"mark-([0-9]{1,9})")
_WHOLE = re.compile(r"[0-9]{1,9}")


@blueprint.get("/marks")
@allow(Role.SUPERVISOR)
def index() -> str:
    """Show the newest round that can be marked, or that there is none."""
    open_rounds = marks.rounds_to_mark(context.session())
    return _page(open_rounds[0] if open_rounds else None)


@blueprint.route("/marks/<quarter>", methods=["GET", "POST"])
@allow(Role.SUPERVISOR)
def round_marks(quarter: str) -> str | Response | tuple[str, int]:
    """Show and store the supervisor's own marks of a round."""
    round_ = round_named(quarter)
    if request.method != "POST":
        return _page(round_)
    who = context.actor().account_id
    try:
        given = {
            int(match[1]): _mark(value)
            for name, value in request.form.items()
            if (match := _FIELD.fullmatch(name))
        }
        changed = marks.save_marks(context.session(), round_, who, given, context.now())
    except ServiceError as error:
        return _page(round_, error=str(error)), 400
    flash(_("已保存：改动 %(n)s 个单位的评分。", n=changed), "success")
    return redirect(url_for("marks.round_marks", quarter=quarter), 303)


@blueprint.post("/marks/<quarter>/conflicts")
@allow(Role.SUPERVISOR)
def declare(quarter: str) -> Response | tuple[str, int]:
    """Let a supervisor stand back from a unit."""
    round_ = round_named(quarter)
    try:
        _declare(context.actor().account_id)
    except RaterConflictRefusedError as error:
        return _page(round_, faults=error.faults), 400
    except ConflictError as error:
        return _page(round_, faults=[("unit", str(error))]), 409
    flash(_("已登记回避：您对这个单位不再评分。"), "success")
    return redirect(url_for("marks.round_marks", quarter=quarter), 303)


@blueprint.route("/rounds/<quarter>/conflicts", methods=["GET", "POST"])
@allow(Role.OFFICE)
def conflicts(quarter: str) -> str | Response | tuple[str, int]:
    """Show who stands back from which unit, and let the office declare it for a supervisor."""
    round_ = round_named(quarter)
    faults: list[FieldFault] = []
    status = 200
    if request.method == "POST":
        try:
            _declare(request.form.get("supervisor", type=row_id))
        except RaterConflictRefusedError as error:
            faults, status = error.faults, 400
        except ConflictError as error:
            faults, status = [("unit", str(error))], 409
        else:
            flash(_("已登记回避，这位监督员对这个单位的评分不计入平均分。"), "success")
            return redirect(url_for("marks.conflicts", quarter=quarter), 303)
    session = context.session()
    people = [(each.id, each.display_name) for each in rater_conflicts.supervisors(session)]
    page = render_template(
        "marks/conflicts.html",
        round=round_,
        rows=rater_conflicts.all_conflicts(session),
        marked=rater_conflicts.marked_anyway(session, round_),
        frozen=round_locks.is_frozen(round_),
        supervisor_options=[("", _("请选择")), *people],
        unit_options=_unit_options(),
        typed=request.form,
        faults=faults,
        errors=dict(faults),
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )
    return page, status


@blueprint.route("/rounds/<quarter>/conflicts/<int:entry_id>/withdraw", methods=["GET", "POST"])
@allow(Role.OFFICE)
def withdraw_conflict(quarter: str, entry_id: int) -> str | Response | tuple[str, int]:
    """Let a supervisor rate a unit again, with a reason."""
    round_ = round_named(quarter)
    faults: list[FieldFault] = []
    if request.method == "POST":
        reason, who = request.form.get("reason", ""), context.actor().account_id
        try:
            rater_conflicts.withdraw_conflict(context.session(), entry_id, reason, who, context.now())
        except RaterConflictRefusedError as error:
            faults = error.faults
        else:
            flash(_("已撤销回避，记录和原因都已保留。"), "success")
            return redirect(url_for("marks.conflicts", quarter=quarter), 303)
    page = render_template(
        "marks/withdraw.html",
        conflict=rater_conflicts.find_conflict(context.session(), entry_id),
        round=round_,
        typed=request.form,
        faults=faults,
        errors=dict(faults),
        crumbs=crumbs(round_, (_("监督员回避"), url_for("marks.conflicts", quarter=quarter))),
    )
    return (page, 400) if faults else page


def _declare(supervisor_id: int | None) -> None:
    rater_conflicts.declare_conflict(
        context.session(),
        supervisor_id,
        request.form.get("unit", type=row_id),
        request.form.get("reason", ""),
        context.actor().account_id,
        context.now(),
    )


def _unit_options() -> list[tuple[object, str]]:
    units = active_units(context.session())
    return [("", _("请选择")), *((unit.id, unit.name) for unit in units)]


def _mark(typed: str) -> int | None:
    """Return a mark, None for an empty choice; raise ServiceError for what is none, lest it took one back."""
    if not typed:
        return None
    if not _WHOLE.fullmatch(typed):
        raise ServiceError(_("评分应从列表中选择；没有保存，请重新评分"))
    return int(typed)


def _page(round_: Round | None, error: str | None = None, faults: Sequence[FieldFault] = ()) -> str:
    session, who = context.session(), context.actor().account_id
    item = marks.marked_item(load_scheme(round_.scheme_key)) if round_ else None
    return render_template(
        "marks/index.html",
        round=round_,
        rounds=marks.rounds_to_mark(session),
        item=item,
        units=units_of(session, round_) if round_ else [],
        own=marks.own_marks(session, round_.id, who) if round_ else {},
        standing=rater_conflicts.standing_conflicts(session, who, round_) if round_ else {},
        unit_options=_unit_options(),
        typed=request.form,
        error=error,
        faults=faults,
        errors=dict(faults),
    )
