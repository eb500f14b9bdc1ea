"""Rounds: the list, one round at a glance, opening it, closing it, and its last day for answers."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.mode import MODE_NAMES
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.roles import Role
from survey_app.domain.round_state import GRACE, ROUND_STATE_NAMES, RoundState
from survey_app.models.round import Round
from survey_app.schemes.loader import DEFAULT_SCHEME, load_scheme
from survey_app.services import disavowal_pages, rounds, surveys
from survey_app.services.annual_summaries import years
from survey_app.services.draw_libraries import has_library
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.follow_up import follow_up
from survey_app.services.respondent_cases import guessing
from survey_app.services.throttle import CODE_OVER_ALL
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.language import say
from survey_app.web.round_pages import crumbs, round_named, tabs
from survey_app.web.rounds.next_step import next_step
from survey_app.web.rounds.summary import summarise, unit_rows, warnings_of

blueprint = Blueprint("rounds", __name__)
READERS = (Role.OFFICE, Role.COMMISSION)
TONES = {
    RoundState.PREPARING: "quiet",
    RoundState.OPEN: "good",
    RoundState.CLOSED: "wait",
    RoundState.FINALISED: "wait",
    RoundState.PUBLISHED: "quiet",
    RoundState.CORRECTING: "wait",
}


@blueprint.get("/rounds")
@allow(*READERS)
def index() -> str:
    """Show all rounds, and to the office a form for the next."""
    return _index_page()


@blueprint.post("/rounds")
@allow(Role.OFFICE)
def create() -> Response | tuple[str, int]:
    """Create a round, in preparation."""
    try:
        last_day = _date(request.form.get("last_day", ""))
        round_ = rounds.create_round(
            context.session(),
            request.form.get("quarter", ""),
            last_day,
            context.now(),
            context.actor().account_id,
            request.form.get("scheme", DEFAULT_SCHEME),
        )
    except ConflictError:
        raise
    except ServiceError as error:
        return _index_page(error), 400
    flash(_("已新建%(title)s。", title=say(parse_quarter(round_.quarter).title)), "success")
    return redirect(url_for("rounds.show", quarter=round_.quarter), 303)


@blueprint.get("/rounds/<quarter>")
@allow(*READERS)
def show(quarter: str) -> str:
    """Show how far a round has come, and what to do next."""
    round_ = round_named(quarter)
    session, now = context.session(), context.now()
    role = context.actor().role
    summary = summarise(session, round_, role, now)
    return render_template(
        "rounds/show.html",
        round=round_,
        title=say(parse_quarter(round_.quarter).title),
        summary=summary,
        rows=unit_rows(session, round_, summary.own),
        others=[(figures, unit_rows(session, round_, figures)) for figures in summary.others],
        warnings=warnings_of(session, round_, summary),
        disowned=disavowal_pages.counts(session, round_, role),
        scheme=load_scheme(round_.scheme_key),
        step=next_step(
            round_,
            summary,
            has_library(session),
            follow_up(session, round_, now),
            context.actor().account_id,
            role,
        ),
        last_day=rounds.last_day(round_),
        most_guesses=CODE_OVER_ALL.failures,
        guesses=guessing(session, context.collaborators().keys.throttle, now),
        now=now,
        state=RoundState,
        state_names=ROUND_STATE_NAMES,
        tones=TONES,
        mode_names=MODE_NAMES,
        role=role,
        crumbs=crumbs(round_)[:-1],
        tabs=tabs(round_),
    )


@blueprint.route("/rounds/<quarter>/open", methods=["GET", "POST"], endpoint="open")
@allow(Role.OFFICE)
def open_(quarter: str) -> str | Response | tuple[str, int]:
    """Say what opening means, and open."""
    round_ = round_named(quarter)
    if request.method != "POST":
        return _change_page("rounds/open.html", round_)
    try:
        rounds.open_round(context.session(), round_, context.now(), context.actor().account_id)
    except ConflictError:
        raise
    except ServiceError as error:
        return _change_page("rounds/open.html", round_, error), 400
    flash(_("回访已开始。"), "success")
    return redirect(url_for("rounds.show", quarter=quarter), 303)


@blueprint.route("/rounds/<quarter>/close", methods=["GET", "POST"])
@allow(Role.OFFICE)
def close(quarter: str) -> str | Response | tuple[str, int]:
    """Say what closing means, and for how many, and close."""
    round_ = round_named(quarter)
    if request.method != "POST":
        return _change_page("rounds/close.html", round_)
    try:
        rounds.close_round(
            context.session(),
            round_,
            context.now(),
            context.actor().account_id,
            request.form.get("reason", ""),
        )
    except ConflictError:
        raise
    except ServiceError as error:
        return _change_page("rounds/close.html", round_, error), 400
    flash(_("本轮已截止。"), "success")
    return redirect(url_for("rounds.show", quarter=quarter), 303)


@blueprint.route("/rounds/<quarter>/closing", methods=["GET", "POST"])
@allow(Role.OFFICE)
def closing(quarter: str) -> str | Response | tuple[str, int]:
    """Show and change the last day for answers."""
    round_ = round_named(quarter)
    if request.method != "POST":
        return _change_page("rounds/closing.html", round_)
    try:
        last_day = _date(request.form.get("last_day", ""))
        rounds.change_closing(context.session(), round_, last_day, context.now(), context.actor().account_id)
    except ServiceError as error:
        return _change_page("rounds/closing.html", round_, error), 400
    flash(_("截止日期已改为 %(day)s。", day=last_day), "success")
    return redirect(url_for("rounds.show", quarter=quarter), 303)


def _index_page(error: ServiceError | None = None) -> str:
    session, now, role = context.session(), context.now(), context.actor().role
    suggested = rounds.next_quarter(session, now)
    return render_template(
        "rounds/index.html",
        rounds=[
            (round_, rounds.overview(session, round_.id, surveys.own_instrument(round_, role)))
            for round_ in rounds.list_rounds(session)
        ],
        title_of=lambda round_: say(parse_quarter(round_.quarter).title),
        last_day_of=rounds.last_day,
        state_names=ROUND_STATE_NAMES,
        tones=TONES,
        years=years(session),
        now=now,
        quarter=request.form.get("quarter", str(suggested)),
        last_day=request.form.get("last_day", rounds.usual_closing(suggested, now).isoformat()),
        schemes=[
            (key, _("%(name)s（%(key)s）", name=say(name), key=key)) for key, name in rounds.scheme_names()
        ],
        scheme=request.form.get("scheme", DEFAULT_SCHEME),
        errors={error.field or "quarter": str(error)} if error else {},
        role=role,
    )


def _change_page(template: str, round_: Round, error: ServiceError | None = None) -> str:
    """Return the page of a change to a round, with what is wrong with it."""
    now = context.now()
    return render_template(
        template,
        round=round_,
        summary=summarise(context.session(), round_, context.actor().role, now),
        last_day=request.form.get("last_day") or rounds.last_day(round_),
        announced=rounds.last_day(round_),
        grace_minutes=int(GRACE.total_seconds() // 60),
        state=RoundState,
        state_names=ROUND_STATE_NAMES,
        early=round_.closes_at is None or round_.closes_at > now,
        reason=request.form.get("reason", ""),
        errors={error.field or "": str(error)} if error else {},
        crumbs=crumbs(round_),
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ServiceError(_("截止日期应写成 2022-06-30 的样子"), "last_day") from error
