"""The charts of a unit's report, the same on its page and in its document."""

from collections.abc import Callable
from decimal import Decimal

from survey_app.domain.charts import Mark, bar_chart, describe, line_chart
from survey_app.domain.document import Picture
from survey_app.domain.points import plain, round_half_up
from survey_app.domain.text import Name, Text
from survey_app.services.unit_reports import Report

Say = Callable[[Text | Name], str]
_ROOM = Decimal(5)  # points above and below a line, so that small changes don't look large


def charts_of(report: Report, say: Say = str) -> dict[str, Picture]:
    """Return the report's charts by name, in the words of `say`: total, rank, satisfied, reasons.

    A chart for which there are no figures is left out; one quarter is no line.
    """
    pictures = {}
    if len(report.trend) > 1:
        pictures["total"] = _total(report, say)
        pictures["rank"] = _rank(report, say)
    if sum(point.satisfied is not None for point in report.trend) > 1:
        pictures["satisfied"] = _satisfied(report, say)
    counted = [(each.title, each.named) for each in report.reasons if each.named is not None]
    if counted:
        title = say(Text("没有评“满意”的原因（次）"))
        marks = [Mark(say(name), Decimal(number), str(number)) for name, number in counted]
        pictures["reasons"] = Picture(bar_chart(title, marks), describe(title, marks))
    return pictures


def _total(report: Report, say: Say) -> Picture:
    title = say(Text("总分"))
    marks = [Mark(point.quarter, point.total, plain(point.total)) for point in report.trend]
    totals = [point.total for point in report.trend]
    svg = line_chart(title, marks, min(totals) - _ROOM, max(totals) + _ROOM)
    return Picture(svg, describe(title, marks))


def _rank(report: Report, say: Say) -> Picture:
    title = say(Text("名次（越往上越靠前）"))
    marks = [Mark(point.quarter, Decimal(point.rank), f"{point.rank}/{point.of}") for point in report.trend]
    last = max(2, *(point.of for point in report.trend))
    return Picture(line_chart(title, marks, Decimal(1), Decimal(last), True), describe(title, marks))


def _satisfied(report: Report, say: Say) -> Picture:
    title = say(Text("企业满意占比"))
    shares = [
        None if each.satisfied is None else round_half_up(each.satisfied * 100, 1) for each in report.trend
    ]
    marks = [
        Mark(point.quarter, found, "—" if found is None else f"{plain(found)}%")
        for point, found in zip(report.trend, shares, strict=True)
    ]
    low = max(Decimal(0), min(each for each in shares if each is not None) - _ROOM)
    return Picture(line_chart(title, marks, low, Decimal(100) + _ROOM), describe(title, marks))
