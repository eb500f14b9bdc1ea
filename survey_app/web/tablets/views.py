"""The tablets of a survey: which are in use, starting one in this browser, and ending one from afar."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.models.round import Round
from survey_app.services import tablets
from survey_app.services.errors import ServiceError
from survey_app.services.waiting_cases import round_takes_calls
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import ASKERS, crumbs, own_survey, own_title, round_named, tabs
from survey_app.web.tablet.session import TABLET_KEY

blueprint = Blueprint("tablets", __name__, url_prefix="/rounds/<quarter>/tablets")


@blueprint.get("")
@allow(*ASKERS)
def index(quarter: str) -> str:
    """Show the tablets of a survey, and the form that makes this browser one."""
    return _page(round_named(quarter))


@blueprint.post("")
@allow(*ASKERS)
def start(quarter: str) -> Response | tuple[str, int]:
    """Make this browser a tablet: whoever was signed in on it is so no more."""
    round_ = round_named(quarter)
    place = request.form.get("place", "")
    try:
        token = tablets.start(
            context.session(), round_, own_survey(round_), context.actor(), place, context.now()
        )
    except ServiceError as error:
        return _page(round_, place, error), 400
    session.clear()
    session.permanent = True  # a tablet that was switched off and on again goes on
    session[TABLET_KEY] = token
    answer = redirect(url_for("tablet.start"), 303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.post("/<int:tablet_id>/end")
@allow(*ASKERS)
def end(quarter: str, tablet_id: int) -> Response:
    """End a tablet, which shows so at its next page."""
    round_ = round_named(quarter)
    tablets.end(
        context.session(), round_, own_survey(round_), tablet_id, context.actor().account_id, context.now()
    )
    flash(_("已停用这台平板：它不再能打开问卷。"), "success")
    return redirect(url_for("tablets.index", quarter=quarter), 303)


def _page(round_: Round, place: str = "", error: ServiceError | None = None) -> str:
    return render_template(
        "tablets/index.html",
        round=round_,
        survey=own_title(round_),
        rows=tablets.tablets(context.session(), round_, own_survey(round_), context.now()),
        open=round_takes_calls(round_, context.now()),
        place=place,
        most=tablets.MOST_PLACE,
        error=error,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )
