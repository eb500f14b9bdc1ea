"""Corrections of a frozen round: asking for one, confirming it as a second person, and giving it up."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.approval import APPROVAL_NAMES, Approval, why_not_decide
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.services import corrections, follow_up, scores, versions
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.written_reasons import LONGEST_REASON
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import crumbs, round_named

blueprint = Blueprint("corrections", __name__, url_prefix="/rounds/<quarter>/corrections")


@blueprint.route("/new", methods=["GET", "POST"])
@allow(Role.OFFICE)
def ask(quarter: str) -> str | Response | tuple[str, int]:
    """Say what a correction does, then ask for one."""
    round_, session = round_named(quarter), context.session()
    fault: ServiceError | None = None
    if request.method == "POST":
        try:
            corrections.ask_for_correction(
                session, round_, request.form.get("reason", ""), context.actor().account_id, context.now()
            )
        except ServiceError as error:
            fault = error
        else:
            flash(_("更正申请已提交，另一位营商办人员确认以后开始更正。"), "success")
            return redirect(url_for("versions.index", quarter=quarter), 303)
    values = {
        "why_not": corrections.why_not_ask(session, round_),
        "to_correct": follow_up.follow_up(session, round_, context.now()).to_correct,
    }
    return _page("corrections/ask.html", round_, fault, **values)


@blueprint.route("/<int:correction_id>", methods=["GET", "POST"])
@allow(Role.OFFICE)
def decide(quarter: str, correction_id: int) -> str | Response | tuple[str, int]:
    """Show a correction that was asked for, and let a second person confirm or return it."""
    round_, session = round_named(quarter), context.session()
    fault: ServiceError | None = None
    if request.method == "POST":
        try:
            decided = corrections.decide_on_correction(
                session,
                round_,
                correction_id,
                request.form.get("decision") == "approve",
                request.form.get("reason", ""),
                context.actor().account_id,
                context.now(),
            )
        except ServiceError as error:
            fault = error
        else:
            approved = decided.approval is Approval.APPROVED
            flash(_("已确认，本轮进入更正中。") if approved else _("已退回更正申请。"), "success")
            return redirect(url_for("versions.index", quarter=quarter), 303)
    correction = corrections.find_correction(session, round_, correction_id)
    values = {
        "correction": correction,
        "refused": why_not_decide(correction.approval, correction.entered_by_id, context.actor().account_id),
        "approval": Approval,
        "approval_names": APPROVAL_NAMES,
    }
    return _page("corrections/decide.html", round_, fault, **values)


@blueprint.route("/give-up", methods=["GET", "POST"])
@allow(Role.OFFICE)
def give_up(quarter: str) -> str | Response | tuple[str, int]:
    """Say what giving up means, then end a correction that has changed nothing."""
    round_, session = round_named(quarter), context.session()
    fault: ServiceError | None = None
    if request.method == "POST":
        try:
            corrections.give_up_correction(session, round_, context.actor().account_id, context.now())
        except ServiceError as error:
            fault = error
        else:
            flash(_("已放弃更正，得分保持原来的一版。"), "success")
            return redirect(url_for("versions.index", quarter=quarter), 303)
    running = corrections.running_correction(session, round_)
    before = versions.version_of(session, round_, running.version) if running else None
    live = scores.live_scores(session, round_) if running else None
    changes = scores.changes_since(session, round_, before, live) if before and live else ()
    return _page("corrections/give_up.html", round_, fault, running=running, changes=changes)


def _page(
    template: str, round_: Round, fault: ServiceError | None, **values: object
) -> str | tuple[str, int]:
    page = render_template(
        template,
        round=round_,
        faults=[(fault.field, str(fault))] if fault else [],
        errors={fault.field: str(fault)} if fault else {},
        typed=request.form,
        longest=LONGEST_REASON,
        crumbs=crumbs(round_, (_("版本与异议"), url_for("versions.index", quarter=round_.quarter))),
        **values,
    )
    return (page, 409 if isinstance(fault, ConflictError) else 400) if fault else page
