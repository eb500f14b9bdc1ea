"""A year's summary for staff: the page, the workbook and the document."""

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.roles import Role
from survey_app.services import annual_documents, document_files
from survey_app.services.annual_summaries import annual_summary, years
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download

blueprint = Blueprint("annual", __name__, url_prefix="/rounds/annual/<int:year>")
READERS = (Role.OFFICE, Role.COMMISSION)


@blueprint.get("")
@allow(*READERS)
def show(year: int) -> str:
    """Show the units' totals and ranks over the year's finished quarters."""
    summary = annual_summary(context.session(), year)
    return render_template(
        "annual/show.html",
        summary=summary,
        years=[each for each in years(context.session()) if each != year],
        method=annual_documents.method(summary),
        crumbs=[(_("季度轮次"), url_for("rounds.index"))],
    )


@blueprint.get("/summary.xlsx")
@allow(*READERS)
def workbook(year: int) -> Response:
    """Hand out the year's summary as a workbook."""
    summary = annual_summary(context.session(), year)
    return download(annual_documents.annual_workbook(summary), f"{year}年度得分汇总表.xlsx")


@blueprint.get("/summary.pdf")
@allow(*READERS)
def pdf(year: int) -> Response:
    """Hand out the year's summary as a PDF."""
    document = annual_documents.annual_document(annual_summary(context.session(), year))
    return download(document_files.as_pdf(document), f"{year}年度得分汇总表.pdf")


@blueprint.get("/summary.docx")
@allow(*READERS)
def docx(year: int) -> Response:
    """Hand out the year's summary for a word processor."""
    document = annual_documents.annual_document(annual_summary(context.session(), year))
    return download(document_files.as_docx(document), f"{year}年度得分汇总表.docx")
