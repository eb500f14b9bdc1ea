"""The supervisors' page: all units, one mark each, one button."""

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import marks
from survey_app.services.errors import ServiceError
from survey_app.services.round_units import units_of
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import round_named

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
        return _page(round_, str(error)), 400
    flash(_("已保存：改动 %(n)s 个单位的评分。", n=changed), "success")
    return redirect(url_for("marks.round_marks", quarter=quarter), 303)


def _mark(typed: str) -> int | None:
    """Return a mark, None for an empty choice; raise ServiceError for what is none, lest it took one back."""
    if not typed:
        return None
    if not _WHOLE.fullmatch(typed):
        raise ServiceError(_("评分应从列表中选择；没有保存，请重新评分"))
    return int(typed)


def _page(round_: Round | None, error: str | None = None) -> str:
    session = context.session()
    item = marks.marked_item(load_scheme(round_.scheme_key)) if round_ else None
    own = marks.own_marks(session, round_.id, context.actor().account_id) if round_ else {}
    return render_template(
        "marks/index.html",
        round=round_,
        rounds=marks.rounds_to_mark(session),
        item=item,
        units=units_of(session, round_) if round_ else [],
        own=own,
        error=error,
    )
