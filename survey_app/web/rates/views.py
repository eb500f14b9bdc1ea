"""Response rates of a survey: of the whole round, of each unit and of each mode, with the counts behind them."""

from flask import Blueprint, abort, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.disposition import Family
from survey_app.domain.mode import MODE_NAMES
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.response_rates import FAMILY_NAMES, MAIN, RATES, formula, percent
from survey_app.domain.round_state import RoundState
from survey_app.services import surveys
from survey_app.services.rate_workbooks import rates_workbook
from survey_app.services.response_rates import response_rates
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download
from survey_app.web.round_pages import ASKERS, crumbs, own_survey, own_title, round_named, tabs

blueprint = Blueprint("rates", __name__, url_prefix="/rounds/<quarter>")
_WORDS = {
    "main": [rate for rate in RATES if rate.code in MAIN],
    "others": [rate for rate in RATES if rate.code not in MAIN],
    "rates": {rate.code: rate for rate in RATES},
    "families": FAMILY_NAMES,
    "family": Family,
    "formula": formula,
    "percent": percent,
    "mode_names": MODE_NAMES,
}


@blueprint.get("/rates")
@allow(*ASKERS)
def index(quarter: str) -> str:
    """Show the rates of a survey's round, of its units and of its modes."""
    round_ = round_named(quarter)
    return render_template(
        "rates/index.html",
        round=round_,
        survey=own_title(round_),
        found=response_rates(context.session(), round_.id, own_survey(round_)),
        going_on=round_.state in (RoundState.PREPARING, RoundState.OPEN),
        as_of=context.now(),
        crumbs=crumbs(round_),
        tabs=tabs(round_),
        **_WORDS,
    )


@blueprint.get("/rates/<int:unit_id>")
@allow(*ASKERS)
def unit(quarter: str, unit_id: int) -> str:
    """Show one unit's rates, each with its formula and the counts in it."""
    round_ = round_named(quarter)
    found = response_rates(context.session(), round_.id, own_survey(round_))
    shown = next((each for each in found.units if each.unit_id == unit_id), None)
    if shown is None:
        abort(404)
    return render_template(
        "rates/unit.html",
        round=round_,
        survey=own_title(round_),
        unit=shown,
        as_of=context.now(),
        crumbs=crumbs(round_, (_("应答率"), url_for("rates.index", quarter=quarter))),
        **_WORDS,
    )


@blueprint.get("/rates.xlsx")
@allow(*ASKERS)
def workbook(quarter: str) -> Response:
    """Hand out the rates with their counts and formulas as a workbook."""
    round_ = round_named(quarter)
    instrument = own_survey(round_)
    content = rates_workbook(
        round_,
        surveys.survey_title(round_, instrument),
        response_rates(context.session(), round_.id, instrument),
        context.now(),
    )
    survey = surveys.survey_title(round_, instrument).zh
    return download(content, f"{parse_quarter(quarter).title}{survey}应答率.xlsx")
