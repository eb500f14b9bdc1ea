"""Official documents of a round to hand out: the score sheets and the notice of the ranking."""

from flask import Blueprint
from werkzeug.wrappers import Response

from survey_app.domain.document import Document
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.roles import Role
from survey_app.services import document_files, ranking_notices, score_documents, scores
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download
from survey_app.web.round_pages import round_named

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


@blueprint.get("/notice.pdf")
@allow(*READERS)
def notice_pdf(quarter: str) -> Response:
    """Hand out the notice of the ranking as a PDF."""
    document, name = _notice(quarter)
    return download(document_files.as_pdf(document), f"{name}.pdf")


@blueprint.get("/notice.docx")
@allow(*READERS)
def notice_docx(quarter: str) -> Response:
    """Hand out the notice of the ranking for a word processor, in which it is made ready to be sent."""
    document, name = _notice(quarter)
    return download(document_files.as_docx(document), f"{name}.docx")


def _sheet(quarter: str, unit_id: int) -> tuple[Document, str]:
    round_ = round_named(quarter)
    result = scores.scores_of(context.session(), round_)
    score = result.unit(unit_id)
    document = score_documents.sheet_document(context.session(), round_, result, score, context.now())
    return document, f"{parse_quarter(quarter).title}评分表-{score.unit}"


def _notice(quarter: str) -> tuple[Document, str]:
    round_ = round_named(quarter)
    result = scores.scores_of(context.session(), round_)
    document = ranking_notices.notice_document(context.session(), round_, result, context.now())
    return document, f"{parse_quarter(quarter).title}监测结果通报"
