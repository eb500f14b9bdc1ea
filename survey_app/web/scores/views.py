"""Scores for staff: the ranking, each unit's sheet and what is behind it, and making them final."""

import json

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain import official_sheet
from survey_app.domain.mode import MODE_NAMES
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.services import (
    disavowal_pages,
    dossiers,
    publishing,
    round_locks,
    score_sheets,
    score_workbooks,
    scores,
    tallies,
)
from survey_app.services.corrections import running_correction
from survey_app.services.errors import ServiceError
from survey_app.services.items import entered_by, entries_in_force
from survey_app.services.marks import few_marks
from survey_app.services.round_units import active_units
from survey_app.services.versions import published_version, version_of
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download
from survey_app.web.language import say
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import crumbs, result_asked_for, round_named, tabs

blueprint = Blueprint("scores", __name__, url_prefix="/rounds/<quarter>")
READERS = (Role.OFFICE, Role.COMMISSION)


@blueprint.get("/scores")
@allow(*READERS)
def index(quarter: str) -> str:
    """Show the ranking as it stands, what it waits for, and what to know when reading it."""
    round_ = round_named(quarter)
    result = scores.scores_of(context.session(), round_) if active_units(context.session()) else None
    return render_template(
        "scores/index.html",
        round=round_,
        result=result,
        ranked=official_sheet.ranking(result.score.units) if result else [],
        unclear=official_sheet.unclear,
        mark=score_sheets.draft_mark(round_, result) if result else None,
        frozen=round_locks.is_frozen(round_),
        as_of=(result.frozen_at if result else None) or context.now(),
        published=published_version(context.session(), round_),
        title_of=scores.title_of,
        missing=sum(len(unit.pending) for unit in result.score.units) if result else 0,
        tied=official_sheet.tied(result.score.units) if result else set(),
        normalised=official_sheet.normalised_survey(result.score.scheme) if result else None,
        state=RoundState,
        role=context.actor().role,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )


@blueprint.get("/scores/<int:unit_id>")
@allow(*READERS)
def sheet(quarter: str, unit_id: int) -> str:
    """Show a unit's official sheet, the figures beside it, and the way to what is behind each line."""
    round_ = round_named(quarter)
    result = scores.scores_of(context.session(), round_)
    score = result.unit(unit_id)
    return render_template(
        "scores/sheet.html",
        round=round_,
        title=say(score_sheets.sheet_title(round_)),
        result=result,
        score=score,
        unit_id=unit_id,
        rows=official_sheet.sheet_rows(result.score.scheme, score),
        beside=official_sheet.beside(score),
        fieldwork=tallies.fieldwork(context.session(), round_.id, "satisfaction").get(unit_id),
        entries=entries_in_force(context.session(), round_.id),
        entered_by=entered_by,
        few=[] if result.frozen_at else few_marks(result.score.scheme, result.bundle),
        mark=score_sheets.draft_mark(round_, result),
        as_of=result.frozen_at or context.now(),
        waiting=[say(scores.title_of(result.score.scheme, item)) for item in score.pending],
        mode_names=MODE_NAMES,
        role=context.actor().role,
        crumbs=crumbs(round_, (_("得分排名"), url_for("scores.index", quarter=quarter))),
    )


@blueprint.get("/scores.xlsx")
@allow(*READERS)
def ranking_file(quarter: str) -> Response:
    """Hand out the ranking as a workbook."""
    round_ = round_named(quarter)
    result = result_asked_for(round_)
    name = f"{parse_quarter(quarter).title}得分排名"
    return download(score_workbooks.ranking_workbook(round_, result), f"{name}.xlsx")


@blueprint.get("/scores/<int:unit_id>.xlsx")
@allow(*READERS)
def sheet_file(quarter: str, unit_id: int) -> Response:
    """Hand out a unit's sheet as a workbook."""
    round_ = round_named(quarter)
    result = result_asked_for(round_)
    score = result.unit(unit_id)
    name = f"{parse_quarter(quarter).title}评分表-{score.unit}"
    return download(score_workbooks.sheet_workbook(round_, result, score), f"{name}.xlsx")


@blueprint.get("/scores.json")
@allow(*READERS)
def bundle_file(quarter: str) -> Response:
    """Hand out the inputs, from which anybody gets the same scores with `survey score`."""
    result = result_asked_for(round_named(quarter))
    text = json.dumps(result.bundle, ensure_ascii=False, indent=1)
    return download(text.encode(), f"{quarter}.json")


@blueprint.get("/dossier.json")
@allow(*READERS)
def dossier(quarter: str) -> Response:
    """Hand out all that anybody needs to check the scores with `survey verify`, without a name in it."""
    number = request.args.get("version", type=row_id)
    made = dossiers.dossier_of(context.session(), round_named(quarter), number)
    text = json.dumps(made, ensure_ascii=False, indent=1)
    return download(text.encode(), f"{parse_quarter(quarter).title}核验卷宗.json")


@blueprint.route("/finalise", methods=["GET", "POST"])
@allow(Role.OFFICE)
def finalise(quarter: str) -> str | Response | tuple[str, int]:
    """Say what finalising will do, then freeze the scores."""
    round_ = round_named(quarter)
    error = None
    if request.method == "POST":
        try:
            result = publishing.finalise(context.session(), round_, context.actor().account_id, context.now())
        except ServiceError as fault:
            error = str(fault)
        else:
            flash(_("已核定 %(n)s 个单位的得分。", n=len(result.score.units)), "success")
            return redirect(url_for("scores.index", quarter=quarter), 303)
    result = scores.scores_of(context.session(), round_)
    correction = running_correction(context.session(), round_)
    before = version_of(context.session(), round_, correction.version) if correction else None
    page = render_template(
        "scores/finalise.html",
        round=round_,
        result=result,
        why_not_yet=publishing.why_not_yet(round_, context.now()),
        unfinished=publishing.unfinished(context.session(), round_, result),
        correction=correction,
        changes=scores.changes_since(context.session(), round_, before, result) if before else (),
        disowned=disavowal_pages.counts(context.session(), round_, context.actor().role),
        error=error,
        crumbs=crumbs(round_, (_("得分排名"), url_for("scores.index", quarter=quarter))),
    )
    return (page, 400) if error else page


@blueprint.route("/publish", methods=["GET", "POST"])
@allow(Role.OFFICE)
def publish(quarter: str) -> str | Response | tuple[str, int]:
    """Say who will see what, then publish the results; not to who finalised them."""
    round_ = round_named(quarter)
    error = None
    if request.method == "POST":
        try:
            publishing.publish(context.session(), round_, context.actor().account_id, context.now())
        except ServiceError as fault:
            error = str(fault)
        else:
            flash(_("结果已公布，各责任单位可以查看本单位得分。"), "success")
            return redirect(url_for("scores.index", quarter=quarter), 303)
    result = scores.frozen_scores(context.session(), round_)
    version = result.version
    page = render_template(
        "scores/publish.html",
        round=round_,
        result=result,
        version=version,
        state=RoundState,
        refused=publishing.why_not_publish(version, context.actor().account_id) if version else None,
        days=result.score.scheme.objection_days,
        error=error,
        crumbs=crumbs(round_, (_("得分排名"), url_for("scores.index", quarter=quarter))),
    )
    return (page, 400) if error else page
