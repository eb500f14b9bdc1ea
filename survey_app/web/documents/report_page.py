"""The page of a unit's report, for staff and for the unit itself."""

from collections.abc import Callable

from flask import abort, render_template
from werkzeug.wrappers import Response

from survey_app.models.round import Round
from survey_app.services import score_sheets
from survey_app.services.promise_reports import NO_PROMISE, NOTHING_COMPARED, promise_method
from survey_app.services.scores import RoundResult
from survey_app.services.unit_remarks import VERBATIM
from survey_app.services.unit_report_charts import charts_of
from survey_app.services.unit_report_documents import CONVERSION, hidden_numbers, uncounted_reasons
from survey_app.services.unit_reports import Report
from survey_app.web import context
from survey_app.web.downloads import drawing
from survey_app.web.language import say
from survey_app.web.round_pages import Crumb


def report_page(
    round_: Round,
    result: RoundResult,
    report: Report,
    crumbs: list[Crumb],
    pdf: str,
    xlsx: str,
    chart_address: Callable[[str], str],
) -> str:
    """Return the page; `pdf` and `xlsx` are where its files are, `chart_address` gives the address of a chart by its name."""
    charts = charts_of(report, say)
    uncounted = [each.title for each in report.reasons if each.named is None]
    return render_template(
        "documents/report.html",
        round=round_,
        report=report,
        charts=[(chart_address(name), picture.alt, name) for name, picture in charts.items()],
        mark=score_sheets.draft_mark(round_, result),
        as_of=result.frozen_at or context.now(),
        hidden=hidden_numbers(report.smallest),
        uncounted=uncounted_reasons(uncounted, report.smallest) if uncounted else None,
        conversion=CONVERSION,
        verbatim=VERBATIM,
        no_promise=NO_PROMISE,
        nothing_compared=NOTHING_COMPARED,
        promise_method=promise_method,
        pdf=pdf,
        xlsx=xlsx,
        crumbs=crumbs,
    )


def report_chart(report: Report, name: str) -> Response:
    """Return a chart of a report as a picture; the 404 page where the report has no figures for it."""
    picture = charts_of(report, say).get(name)
    if picture is None:
        abort(404)
    return drawing(picture.svg)
