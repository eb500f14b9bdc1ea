"""抽样公示: the draws of a round as anybody may see them, without signing in."""

from flask import Blueprint, render_template

from survey_app.services import public_draws
from survey_app.services.draw_announcements import is_revealed
from survey_app.web import context
from survey_app.web.access import public

blueprint = Blueprint("draws", __name__, url_prefix="/draws")


@blueprint.get("")
@public
def index() -> str:
    """List the rounds of which a draw was announced."""
    return render_template("draws/index.html", rounds=public_draws.announced_rounds(context.session()))


@blueprint.get("/<quarter>")
@public
def show(quarter: str) -> str:
    """Show what was announced of a round's draws, what they gave, and what is revealed."""
    session = context.session()
    round_ = public_draws.public_round(session, quarter)
    return render_template(
        "draws/show.html",
        round=round_,
        surveys=public_draws.public_surveys(session, round_),
        revealed=is_revealed(round_),
    )
