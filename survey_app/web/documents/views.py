"""Documents of a round to hand out: the score sheets, the notice of the ranking, the units' reports."""

from flask import Blueprint, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.document import Document
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.services import document_files, ranking_notices, score_documents, scores
from survey_app.services.scores import RoundResult
from survey_app.services.unit_report_documents import report_document, report_workbook
from survey_app.services.unit_reports import Report, unit_report
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.documents.report_page import report_chart as chart_of
from survey_app.web.documents.report_page import report_page
from survey_app.web.downloads import download
from survey_app.web.round_pages import crumbs, result_asked_for, round_named

blueprint = Blueprint("documents", __name__, url_prefix="/rounds/<quarter>")
READERS = (Role.OFFICE, Role.COMMISSION)


@blueprint.get("/scores/<int:unit_id>.pdf")
@allow(*READERS)
def sheet_pdf(quarter: str, unit_id: int) -> Response:
    """Hand out a unit's score sheet as a PDF."""
    document, name = _sheet(quarter, unit_id)
    return download(document_files.as_pdf(document), f"{name}.pdf")


@blueprint.get("/scores/<int:unit_id>.docx")
@allow(*READERS)
def sheet_docx(quarter: str, unit_id: int) -> Response:
    """Hand out a unit's score sheet for a word processor."""
    document, name = _sheet(quarter, unit_id)
    return download(document_files.as_docx(document), f"{name}.docx")


@blueprint.get("/sheets.pdf")
@allow(*READERS)
def sheets_pdf(quarter: str) -> Response:
    """Hand out the score sheets of all units in one PDF, each from a new page."""
    round_ = round_named(quarter)
    result = result_asked_for(round_)
    sheets = score_documents.sheet_documents(context.session(), round_, result, context.now())
    return download(document_files.as_pdf(*sheets), f"{parse_quarter(quarter).title}全部评分表.pdf")


@blueprint.get("/notice.pdf")
@allow(*READERS)
def notice_pdf(quarter: str) -> Response:
    """Hand out the notice of the ranking as a PDF."""
    document, _, name = _notice(quarter)
    return download(document_files.as_pdf(document), f"{name}.pdf")


@blueprint.get("/notice.docx")
@allow(*READERS)
def notice_docx(quarter: str) -> Response:
    """Hand out the notice of the ranking for a word processor, in which it is made ready to be sent."""
    document, _, name = _notice(quarter)
    return download(document_files.as_docx(document), f"{name}.docx")


@blueprint.get("/notice.xlsx")
@allow(*READERS)
def notice_xlsx(quarter: str) -> Response:
    """Hand out the notice's tables as a workbook."""
    document, result, name = _notice(quarter)
    return download(ranking_notices.notice_workbook(document, result), f"{name}附表.xlsx")


@blueprint.get("/scores/<int:unit_id>/report")
@allow(*READERS)
def report(quarter: str, unit_id: int) -> str:
    """Show a unit's report."""
    round_, result, found = _report(quarter, unit_id)
    ranking = (_("得分排名"), url_for("scores.index", quarter=quarter))
    sheet = (found.score.unit, url_for("scores.sheet", quarter=quarter, unit_id=unit_id))
    return report_page(
        round_,
        result,
        found,
        crumbs(round_, ranking, sheet),
        url_for("documents.report_pdf", quarter=quarter, unit_id=unit_id),
        url_for("documents.report_xlsx", quarter=quarter, unit_id=unit_id),
        lambda name: url_for("documents.report_chart", quarter=quarter, unit_id=unit_id, chart=name),
    )


@blueprint.get("/scores/<int:unit_id>/report.pdf")
@allow(*READERS)
def report_pdf(quarter: str, unit_id: int) -> Response:
    """Hand out a unit's report as a PDF."""
    round_, result, found = _report(quarter, unit_id)
    document = report_document(context.session(), round_, result, found, context.now())
    name = f"{parse_quarter(quarter).title}单位报告-{found.score.unit}"
    return download(document_files.as_pdf(document), f"{name}.pdf")


@blueprint.get("/scores/<int:unit_id>/report.xlsx")
@allow(*READERS)
def report_xlsx(quarter: str, unit_id: int) -> Response:
    """Hand out a unit's report as a workbook."""
    round_, result, found = _report(quarter, unit_id)
    document = report_document(context.session(), round_, result, found, context.now())
    name = f"{parse_quarter(quarter).title}单位报告-{found.score.unit}"
    return download(report_workbook(document, found), f"{name}.xlsx")


@blueprint.get("/scores/<int:unit_id>/report/<chart>.svg")
@allow(*READERS)
def report_chart(quarter: str, unit_id: int, chart: str) -> Response:
    """Show a chart of a unit's report."""
    return chart_of(_report(quarter, unit_id)[2], chart)


def _report(quarter: str, unit_id: int) -> tuple[Round, RoundResult, Report]:
    round_ = round_named(quarter)
    result = scores.scores_of(context.session(), round_)
    return round_, result, unit_report(context.session(), round_, result, unit_id, own_view=False)


def _sheet(quarter: str, unit_id: int) -> tuple[Document, str]:
    round_ = round_named(quarter)
    result = result_asked_for(round_)
    score = result.unit(unit_id)
    document = score_documents.sheet_document(context.session(), round_, result, score, context.now())
    return document, f"{parse_quarter(quarter).title}评分表-{score.unit}"


def _notice(quarter: str) -> tuple[Document, RoundResult, str]:
    round_ = round_named(quarter)
    result = result_asked_for(round_)
    document = ranking_notices.notice_document(context.session(), round_, result, context.now())
    return document, result, f"{parse_quarter(quarter).title}监测结果通报"
