"""样本库报送 of a round for the office: until when, who has handed in what, and extensions with a reason."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.config import COUNTY_ZONE
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.round import Round
from survey_app.services import library_deadlines, library_overviews, submissions
from survey_app.services.errors import ServiceError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import stored_file
from survey_app.web.language import moment
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import crumbs, round_named, tabs
from survey_app.web.security import confine

blueprint = Blueprint("libraries", __name__, url_prefix="/rounds/<quarter>/libraries")
_ANY_FILE = "application/octet-stream"


@blueprint.get("")
@allow(Role.OFFICE)
def index(quarter: str) -> str:
    """Show the deadline, and unit by unit what was handed in."""
    return _page(round_named(quarter))


@blueprint.post("/deadline")
@allow(Role.OFFICE)
def deadline(quarter: str) -> Response | tuple[str, int]:
    """Set until when libraries are taken."""
    round_, now = round_named(quarter), context.now()
    try:
        due_at = _moment("due")
        library_deadlines.set_deadline(context.session(), round_, due_at, now, context.actor().account_id)
    except ServiceError as error:
        return _page(round_, error), 400
    flash(_("样本库报送期限已定为 %(moment)s。", moment=moment(due_at)), "success")
    return redirect(url_for("libraries.index", quarter=quarter), 303)


@blueprint.post("/extension")
@allow(Role.OFFICE)
def extension(quarter: str) -> Response | tuple[str, int]:
    """Let one unit hand in until later, for a reason."""
    round_, form = round_named(quarter), request.form
    try:
        unit = library_deadlines.extend(
            context.session(),
            round_,
            form.get("unit", type=row_id),
            _moment("extended"),
            form.get("reason", ""),
            context.now(),
            context.actor().account_id,
        )
    except ServiceError as error:
        return _page(round_, error), 400
    flash(_("已为%(unit)s延期。", unit=unit.name), "success")
    return redirect(url_for("libraries.index", quarter=quarter), 303)


@blueprint.get("/<int:submission_id>/file")
@allow(Role.OFFICE)
def file(quarter: str, submission_id: int) -> Response:
    """Hand out the very file that a unit handed in."""
    session = context.session()
    found = submissions.round_submission(session, round_named(quarter).id, submission_id)
    confine()
    return stored_file(submissions.content_of(session, found), found.filename, _ANY_FILE)


def _page(round_: Round, error: ServiceError | None = None) -> str:
    session, now = context.session(), context.now()
    overview = library_overviews.overview(session, round_)
    due = overview.deadlines.due_at
    local = due.astimezone(COUNTY_ZONE) if due else None
    return render_template(
        "libraries/index.html",
        round=round_,
        overview=overview,
        history=library_deadlines.history(session, round_.id),
        units={row.unit.id: row.unit.name for row in overview.rows},
        preparing=round_.state is RoundState.PREPARING,
        typed={
            "due_day": f"{local:%Y-%m-%d}" if local else "",
            "due_time": f"{local:%H:%M}" if local else "18:00",
            "extended_time": "18:00",
            **request.form,
        },
        errors={error.field or "": str(error)} if error else {},
        now=now,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )


def _moment(name: str) -> datetime:
    """Read a day and a time of the county that were typed in two fields."""
    day, time = request.form.get(f"{name}_day", "").strip(), request.form.get(f"{name}_time", "").strip()
    try:
        return datetime.strptime(f"{day} {time}", "%Y-%m-%d %H:%M").replace(tzinfo=COUNTY_ZONE)
    except ValueError as error:
        raise ServiceError(_("期限应写成 2022-06-30 和 18:00 的样子"), f"{name}_day") from error
