"""Official documents of a round to hand out: the score sheets and the notice of the ranking."""

from flask import Blueprint
from werkzeug.wrappers import Response

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
    round_ = round_named(quarter)
    result = scores.scores_of(context.session(), round_)
    score = result.unit(unit_id)
    document = score_documents.sheet_document(context.session(), round_, result, score, context.now())
    name = f"{parse_quarter(quarter).title}评分表-{score.unit}"
    return download(document_files.as_pdf(document), f"{name}.pdf")


@blueprint.get("/notice.pdf")
@allow(*READERS)
def notice_pdf(quarter: str) -> Response:
    """Hand out the notice of the ranking as a PDF."""
    round_ = round_named(quarter)
    result = scores.scores_of(context.session(), round_)
    document = ranking_notices.notice_document(context.session(), round_, result, context.now())
    return download(document_files.as_pdf(document), f"{parse_quarter(quarter).title}监测结果通报.pdf")
