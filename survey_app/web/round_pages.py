"""What the pages of one round share: the way to them, and the tabs between them."""

from flask import current_app, url_for
from flask_babel import gettext as _

from survey_app.domain.quarter import parse_quarter
from survey_app.models.round import Round
from survey_app.services import round_locks
from survey_app.web import context

Crumb = tuple[str, str]


def round_named(quarter: str) -> Round:
    """Return the round of a quarter in the address; the 404 page when there is none."""
    return round_locks.round_of(context.session(), quarter)


def crumbs(round_: Round, *more: Crumb) -> list[Crumb]:
    """Return the way to a page of a round: all rounds, the round's scores, and what lies between."""
    way = []
    if "rounds.index" in current_app.view_functions:
        way.append((_("季度轮次"), url_for("rounds.index")))
    if "rounds.show" in current_app.view_functions:
        way.append((parse_quarter(round_.quarter).title, url_for("rounds.show", quarter=round_.quarter)))
    return [*way, *more]


def tabs(round_: Round) -> list[tuple[str, str, str]]:
    """Return a round's pages about scores: endpoint, title and address."""
    pages = (
        ("scores.index", _("得分排名")),
        ("items.index", _("评分项填报")),
        ("items.totals", _("群众评票数")),
        ("adjustments.endorsements", _("加分登记")),
        ("adjustments.broken_promises", _("减分登记")),
    )
    return [(endpoint, title, url_for(endpoint, quarter=round_.quarter)) for endpoint, title in pages]
