"""Versions of a round's result: the list with its objections and corrections, and what each version changed."""

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _

from survey_app.domain import official_sheet
from survey_app.domain.approval import APPROVAL_NAMES, Approval
from survey_app.domain.objection import OBJECTION_STATE_NAMES, ObjectionState
from survey_app.domain.roles import Role
from survey_app.schemes.loader import load_scheme
from survey_app.services import corrections, objections, publishing, scores, versions
from survey_app.services.errors import NotFoundError
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import crumbs, round_named, tabs

blueprint = Blueprint("versions", __name__, url_prefix="/rounds/<quarter>/versions")
READERS = (Role.OFFICE, Role.COMMISSION)
TONES = {
    ObjectionState.OPEN: "wait",
    ObjectionState.PROPOSED: "wait",
    ObjectionState.UPHELD: "bad",
    ObjectionState.REJECTED: "quiet",
}


@blueprint.get("")
@allow(*READERS)
def index(quarter: str) -> str:
    """Show a round's versions, the objections to them, and the corrections that were asked for."""
    round_, session = round_named(quarter), context.session()
    return render_template(
        "versions/index.html",
        round=round_,
        versions=versions.versions_of(session, round_),
        standing=versions.published_version(session, round_),
        objections=objections.objections_of(session, round_),
        titles=objections.item_titles(load_scheme(round_.scheme_key)),
        state_of=objections.state_of,
        state_names=OBJECTION_STATE_NAMES,
        tones=TONES,
        window=objections.window_of(session, round_, context.now()),
        corrections=corrections.corrections_of(session, round_),
        running=corrections.running_correction(session, round_),
        why_not_ask=corrections.why_not_ask(session, round_),
        approval=Approval,
        approval_names=APPROVAL_NAMES,
        role=context.actor().role,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )


@blueprint.get("/<int:version>")
@allow(*READERS)
def show(quarter: str, version: int) -> str:
    """Show a version: its ranking, what it can be checked by, and how it differs from the one before."""
    round_, session = round_named(quarter), context.session()
    result = scores.frozen_scores(session, round_, version)
    before = versions.version_before(session, round_, version)
    return render_template(
        "versions/show.html",
        round=round_,
        version=result.version,
        result=result,
        ranked=official_sheet.ranking(result.score.units),
        sealed=result.version is not None and publishing.is_sealed(result.version),
        before=before,
        changes=scores.changes_since(session, round_, before, result) if before else (),
        standing=versions.published_version(session, round_),
        crumbs=crumbs(round_, (_("版本与异议"), url_for("versions.index", quarter=quarter))),
    )


@blueprint.get("/draft")
@allow(*READERS)
def draft(quarter: str) -> str:
    """Show what a correction has changed so far, against the version that it corrects."""
    round_, session = round_named(quarter), context.session()
    correction = corrections.running_correction(session, round_)
    if correction is None:
        raise NotFoundError(_("这一轮没有进行中的更正"))
    before = versions.version_of(session, round_, correction.version)
    result = scores.live_scores(session, round_)
    return render_template(
        "versions/draft.html",
        round=round_,
        correction=correction,
        before=before,
        result=result,
        changes=scores.changes_since(session, round_, before, result),
        unfinished=publishing.unfinished(session, round_, result),
        as_of=context.now(),
        role=context.actor().role,
        crumbs=crumbs(round_, (_("版本与异议"), url_for("versions.index", quarter=quarter))),
    )
