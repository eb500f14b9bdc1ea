"""What the pages of one round share: the way to them, and the tabs between them."""

from flask import current_app, request, url_for
from flask_babel import gettext as _

from survey_app.domain.quarter import parse_quarter
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.round import Round
from survey_app.services import added_phones, approvals, round_locks, scores, surveys
from survey_app.services.scores import RoundResult
from survey_app.web import context
from survey_app.web.access import allowed_roles
from survey_app.web.language import say
from survey_app.web.parameters import row_id

# Who may ask with a questionnaire of their own: the pages of a survey show each of them their own one only.
ASKERS = (Role.OFFICE, Role.COMMISSION)
OF_A_SURVEY = (
    "samples.index",
    "cases.index",
    "added_phones.index",
    "invitations.index",
    "invitations.reminders",
    "tablets.index",
    "rates.index",
    "quality.index",
)
Crumb = tuple[str, str]
Tab = tuple[str, str, str]
TabGroup = tuple[str, list[Tab]]


def round_named(quarter: str) -> Round:
    """Return the round of a quarter in the address; the 404 page when there is none."""
    return round_locks.round_of(context.session(), quarter)


def own_survey(round_: Round) -> str:
    """Return the questionnaire that whoever is signed in asks with; the 404 page where they ask with none.

    No page of a survey takes it from the address: whose survey it is follows from who looks.
    """
    return surveys.require_instrument(round_, context.actor().role)


def own_title(round_: Round) -> str:
    """Return what the survey of whoever is signed in is called."""
    return say(surveys.survey_title(round_, own_survey(round_)))


def result_asked_for(round_: Round) -> RoundResult:
    """Return the scores that a file is made of: of the version that the address names, else those of now.

    Raises NotFoundError for a version that there isn't.
    """
    number = request.args.get("version", type=row_id)
    session = context.session()
    return scores.frozen_scores(session, round_, number) if number else scores.scores_of(session, round_)


def crumbs(round_: Round, *more: Crumb) -> list[Crumb]:
    """Return the way to a page of a round: all rounds, this one, and what lies between."""
    return [
        (_("季度轮次"), url_for("rounds.index")),
        (say(parse_quarter(round_.quarter).title), url_for("rounds.show", quarter=round_.quarter)),
        *more,
    ]


def tabs(round_: Round) -> list[TabGroup]:
    """Return a round's pages that whoever is signed in may open, grouped by the steps of the work, in its order."""
    groups = (
        (_("概况"), (("rounds.show", _("概况")),)),
        (
            _("抽样回访"),
            (
                ("libraries.index", _("样本库报送")),
                ("samples.index", _("抽样")),
                ("cases.index", _("回访名单")),
                ("added_phones.index", _("补充号码")),
                ("invitations.index", _("邀请短信")),
                ("invitations.reminders", _("催答短信")),
                ("tablets.index", _("平板")),
                ("rates.index", _("应答率")),
                ("quality.index", _("质量复核")),
                ("disavowals.index", _("否认作答")),
            ),
        ),
        (
            _("填报审核"),
            (
                ("items.index", _("评分项填报")),
                ("items.totals", _("群众评票数")),
                ("ledgers.index", _("台账")),
                ("marks.conflicts", _("监督员回避")),
                ("approvals.index", _("待审核")),
            ),
        ),
        (
            _("得分结果"),
            (
                ("scores.index", _("得分排名")),
                ("answers.reviews", _("答卷复核")),
                ("versions.index", _("版本与异议")),
            ),
        ),
        (_("整改任务"), (("rectifications.index", _("整改任务")),)),
    )
    role = context.actor().role
    instrument = surveys.own_instrument(round_, role)
    asks = instrument is not None
    numbers = (
        added_phones.waiting_count(context.session(), round_, instrument)
        if instrument and round_.state is RoundState.OPEN
        else 0
    )
    waiting = 0 if round_locks.is_frozen(round_) else approvals.waiting_count(context.session(), round_, role)
    counts = {"approvals.index": waiting, "added_phones.index": numbers}
    shown = []
    for group, pages in groups:
        entries = [
            (
                endpoint,
                _counted(title, counts.get(endpoint, 0)),
                url_for(endpoint, quarter=round_.quarter),
            )
            for endpoint, title in pages
            if role in (allowed_roles(current_app, endpoint) or ()) and (asks or endpoint not in OF_A_SURVEY)
        ]
        if entries:
            approves = any(endpoint == "approvals.index" for endpoint, _title, _address in entries)
            shown.append((_counted(group, waiting) if approves else group, entries))
    return shown


def _counted(title: str, count: int) -> str:
    """A title with how much waits there for somebody of this role."""
    return _("%(title)s（%(n)s）", title=title, n=count) if count else title
