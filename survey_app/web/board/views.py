"""回访看板: a survey's calls as they go on; the page fetches itself again by a small script."""

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disposition import RULES
from survey_app.services.day_board import day_board, unit_standings
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import ASKERS, crumbs, own_survey, own_title, round_named, tabs

blueprint = Blueprint("board", __name__, url_prefix="/rounds/<quarter>/board")


@blueprint.get("")
@allow(*ASKERS)
def index(quarter: str) -> str | Response:
    """Show where the cases stand, what is due, who is on what, and when the calls will be done."""
    round_ = round_named(quarter)
    board = day_board(context.session(), round_, own_survey(round_), context.now())
    return _page(
        "index", quarter, board=board, outcome_names={code: rule.name for code, rule in RULES.items()}
    )


@blueprint.get("/units")
@allow(*ASKERS)
def units(quarter: str) -> str | Response:
    """Show where each unit's places stand."""
    round_ = round_named(quarter)
    return _page("units", quarter, units=unit_standings(context.session(), round_, own_survey(round_)))


def _page(name: str, quarter: str, **content: object) -> str | Response:
    """Return the page, or only its changing part for the script, which isn't sent while it is the same.

    The moment is a header of its own, so that a part in which nothing changed has the same tag.
    """
    as_of = context.now().astimezone(COUNTY_ZONE).strftime("%H:%M:%S")
    if request.args.get("part"):
        answer = make_response(render_template(f"board/_{name}.html", quarter=quarter, **content))
        answer.headers["X-As-Of"] = as_of
        answer.add_etag()
        return answer.make_conditional(request)
    round_ = round_named(quarter)
    return render_template(
        "board/page.html",
        part=f"board/_{name}.html",
        quarter=quarter,
        round=round_,
        survey=own_title(round_),
        as_of=as_of,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
        **content,
    )
