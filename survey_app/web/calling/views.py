"""拨打日历: when enterprises are called, days set against the calendar, and what each outcome leads to."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disposition import FAMILY_NAMES, RULES
from survey_app.domain.roles import Role
from survey_app.schemes.calendar import load_calendar
from survey_app.schemes.calling import load_calling_rules
from survey_app.services import calling
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.language import say

blueprint = Blueprint("calling", __name__, url_prefix="/calling")
EDITORS = (Role.OFFICE, Role.ADMIN)


@blueprint.get("")
@allow(*EDITORS)
def index() -> str:
    """Show the hours, the days set against the calendar and the outcomes of calls."""
    return _page()


@blueprint.post("")
@allow(*EDITORS)
def set_day() -> Response | tuple[str, int]:
    """Set a day to be called on, or not."""
    try:
        day = date.fromisoformat(request.form.get("day", "").strip())
    except ValueError:
        day = None
    working = {"1": True, "0": False}.get(request.form.get("working", ""))
    try:
        calling.set_day(
            context.session(),
            day,
            working,
            request.form.get("reason", ""),
            context.now(),
            context.actor().account_id,
        )
    except ConflictError as error:
        return _page(ServiceError(str(error), "day")), 409
    except ServiceError as error:
        return _page(error), 400
    flash(_("已登记，电话回访的排期从现在起按此计算。"), "success")
    return redirect(url_for("calling.index"), 303)


@blueprint.post("/<int:day_id>/remove")
@allow(*EDITORS)
def remove_day(day_id: int) -> Response:
    """Let a day follow the calendar again."""
    try:
        day = calling.remove_day(context.session(), day_id, context.now(), context.actor().account_id)
    except NotFoundError as error:
        flash(str(error), "error")
    else:
        flash(_("%(day)s 已恢复按日历计算。", day=day.isoformat()), "success")
    return redirect(url_for("calling.index"), 303)


def _page(error: ServiceError | None = None) -> str:
    session, now = context.session(), context.now()
    scheme_key = calling.present_scheme(session)
    today = now.astimezone(COUNTY_ZONE).date()
    caution = load_calendar().caution(today, today)
    rules = load_calling_rules(scheme_key)
    return render_template(
        "calling/index.html",
        rules=rules,
        minutes={code: int(delay.total_seconds() // 60) for code, delay in rules.delays.items()},
        hours=say(calling.hours_of(session, scheme_key).as_text()),
        caution=say(caution) if caution else None,
        days=calling.list_days(session, now),
        outcomes=RULES,
        families=FAMILY_NAMES,
        today=today,
        typed=request.form,
        errors={error.field or "": str(error)} if error else {},
    )
