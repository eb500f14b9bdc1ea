"""A unit's own published result: its sheet and its rank, and nothing of anybody else."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain import official_sheet
from survey_app.domain.document import Document
from survey_app.domain.objection import OBJECTION_STATE_NAMES, ObjectionState
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.roles import Role
from survey_app.domain.scoring import UnitScore
from survey_app.models.round import Round
from survey_app.services import (
    document_files,
    objections,
    score_documents,
    score_sheets,
    score_workbooks,
    scores,
)
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.own_results import own_change, own_score
from survey_app.services.scores import RoundResult
from survey_app.services.unit_report_documents import report_document, report_workbook
from survey_app.services.unit_reports import Report, unit_report
from survey_app.services.versions import published_rounds, version_before
from survey_app.services.written_reasons import LONGEST_REASON
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.documents.report_page import report_chart as chart_of
from survey_app.web.documents.report_page import report_page
from survey_app.web.downloads import download
from survey_app.web.language import say
from survey_app.web.round_pages import round_named

blueprint = Blueprint("result", __name__)


@blueprint.get("/result")
@allow(Role.UNIT)
def index() -> str:
    """Show the newest published result of the unit, or that there is none yet."""
    published = _published()
    if not published:
        return render_template("result/none.html")
    return _page(published[0], published)


@blueprint.get("/result/<quarter>")
@allow(Role.UNIT)
def quarter(quarter: str) -> str:
    """Show the unit's result of one published quarter."""
    return _page(round_named(quarter), _published())


@blueprint.get("/result/<quarter>.xlsx")
@allow(Role.UNIT)
def sheet_file(quarter: str) -> Response:
    """Hand out the unit's own sheet as a workbook."""
    round_ = round_named(quarter)
    result, score = _own(round_)
    name = f"{parse_quarter(quarter).title}评分表-{score.unit}"
    return download(score_workbooks.sheet_workbook(round_, result, score), f"{name}.xlsx")


@blueprint.get("/result/<quarter>.pdf")
@allow(Role.UNIT)
def sheet_pdf(quarter: str) -> Response:
    """Hand out the unit's own sheet as a PDF."""
    document, name = _document(quarter)
    return download(document_files.as_pdf(document), f"{name}.pdf")


@blueprint.get("/result/<quarter>.docx")
@allow(Role.UNIT)
def sheet_docx(quarter: str) -> Response:
    """Hand out the unit's own sheet for a word processor."""
    document, name = _document(quarter)
    return download(document_files.as_docx(document), f"{name}.docx")


@blueprint.get("/result/<quarter>/report")
@allow(Role.UNIT)
def report(quarter: str) -> str:
    """Show the unit's own report."""
    round_, result, found = _report(quarter)
    return report_page(
        round_,
        result,
        found,
        [(_("本单位得分"), url_for("result.quarter", quarter=quarter))],
        url_for("result.report_pdf", quarter=quarter),
        url_for("result.report_xlsx", quarter=quarter),
        lambda name: url_for("result.report_chart", quarter=quarter, chart=name),
    )


@blueprint.get("/result/<quarter>/report.pdf")
@allow(Role.UNIT)
def report_pdf(quarter: str) -> Response:
    """Hand out the unit's own report as a PDF."""
    round_, result, found = _report(quarter)
    document = report_document(context.session(), round_, result, found, context.now())
    name = f"{parse_quarter(quarter).title}单位报告-{found.score.unit}"
    return download(document_files.as_pdf(document), f"{name}.pdf")


@blueprint.get("/result/<quarter>/report.xlsx")
@allow(Role.UNIT)
def report_xlsx(quarter: str) -> Response:
    """Hand out the unit's own report as a workbook."""
    round_, result, found = _report(quarter)
    document = report_document(context.session(), round_, result, found, context.now())
    name = f"{parse_quarter(quarter).title}单位报告-{found.score.unit}"
    return download(report_workbook(document, found), f"{name}.xlsx")


@blueprint.get("/result/<quarter>/report/<chart>.svg")
@allow(Role.UNIT)
def report_chart(quarter: str, chart: str) -> Response:
    """Show a chart of the unit's own report."""
    return chart_of(_report(quarter)[2], chart)


@blueprint.route("/result/<quarter>/objections", methods=["GET", "POST"], endpoint="objections")
@allow(Role.UNIT)
def own_objections(quarter: str) -> str | Response | tuple[str, int]:
    """Show the unit's objections and how they stand and, in time, the form for one more."""
    round_ = round_named(quarter)
    result, score = _own(round_)
    session, unit_id = context.session(), result.unit_ids[score.unit]
    fault: ServiceError | None = None
    if request.method == "POST":
        try:
            objections.object_to(
                session,
                round_,
                unit_id,
                request.form.get("item", ""),
                request.form.get("reason", ""),
                context.actor().account_id,
                context.now(),
            )
        except ServiceError as error:
            fault = error
        else:
            flash(_("异议已提交，营商办答复后在这里显示。"), "success")
            return redirect(url_for("result.objections", quarter=quarter), 303)
    titles = objections.item_titles(result.score.scheme)
    page = render_template(
        "result/objections.html",
        round=round_,
        window=objections.window_of(session, round_, context.now()),
        objections=objections.objections_of(session, round_, unit_id),
        titles=titles,
        item_options=[(key, say(title)) for key, title in titles.items()],
        state_of=objections.state_of,
        final_answer=objections.final_answer,
        states=ObjectionState,
        state_names=OBJECTION_STATE_NAMES,
        faults=[(fault.field, str(fault))] if fault else [],
        errors={fault.field: str(fault)} if fault else {},
        typed=request.form,
        longest=LONGEST_REASON,
        crumbs=[(_("本单位得分"), url_for("result.quarter", quarter=quarter))],
    )
    return (page, 409 if isinstance(fault, ConflictError) else 400) if fault else page


def _report(quarter: str) -> tuple[Round, RoundResult, Report]:
    round_ = round_named(quarter)
    result, score = _own(round_)
    unit_id = result.unit_ids[score.unit]
    return round_, result, unit_report(context.session(), round_, result, unit_id, own_view=True)


def _document(quarter: str) -> tuple[Document, str]:
    round_ = round_named(quarter)
    result, score = _own(round_)
    document = score_documents.sheet_document(context.session(), round_, result, score, context.now())
    return document, f"{parse_quarter(quarter).title}评分表-{score.unit}"


def _published() -> list[Round]:
    """The published rounds in which the unit has a result."""
    found = []
    for round_ in published_rounds(context.session()):
        try:
            _own(round_)
        except NotFoundError:
            continue
        found.append(round_)
    return found


def _own(round_: Round) -> tuple[RoundResult, UnitScore]:
    unit_id = context.actor().unit_id
    if unit_id is None:
        raise NotFoundError(_("本单位在这一季度没有已公布的得分"))
    result = scores.published_scores(context.session(), round_)
    return result, own_score(context.session(), round_, result, unit_id)


def _page(round_: Round, published: list[Round]) -> str:
    result, score = _own(round_)
    session, unit_id = context.session(), result.unit_ids[score.unit]
    before = (
        version_before(session, round_, result.version.version, published=True) if result.version else None
    )
    return render_template(
        "result/index.html",
        round=round_,
        version=result.version,
        before=before,
        change=own_change(session, round_, before, result, unit_id) if before else None,
        window=objections.window_of(session, round_, context.now()),
        objections=objections.objections_of(session, round_, unit_id),
        title=say(score_sheets.sheet_title(round_)),
        score=score,
        rows=official_sheet.sheet_rows(result.score.scheme, score),
        beside=official_sheet.beside(score),
        published=[each for each in published if each.id != round_.id],
    )
