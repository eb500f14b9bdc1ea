"""Sending invitations and reminders: who would get one, who not and why, and queueing them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.config import SettingsError
from survey_app.domain.sending import INVITATION, REMINDER
from survey_app.services import invitations
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.invitations import PURPOSE_NAMES
from survey_app.services.waiting_cases import round_takes_calls
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.round_pages import ASKERS, crumbs, own_survey, own_title, round_named, tabs

blueprint = Blueprint("invitations", __name__, url_prefix="/rounds/<quarter>")


@blueprint.route("/invitations", methods=["GET", "POST"])
@allow(*ASKERS)
def index(quarter: str) -> str | Response | tuple[str, int]:
    """Show what inviting would do, then do it."""
    return _page(quarter, INVITATION)


@blueprint.route("/reminders", methods=["GET", "POST"])
@allow(*ASKERS)
def reminders(quarter: str) -> str | Response | tuple[str, int]:
    """Show what reminding would do, then do it."""
    return _page(quarter, REMINDER)


def _page(quarter: str, purpose: str) -> str | Response | tuple[str, int]:
    round_, now = round_named(quarter), context.now()
    session, collaborators = context.session(), context.collaborators()
    instrument = own_survey(round_)
    fault, plan, why_no_plan = None, None, None
    if request.method == "POST":
        try:
            queued = invitations.invite(
                session,
                collaborators,
                round_,
                purpose,
                now,
                expected=request.form.get("expected", type=int, default=-1),
                account_id=context.actor().account_id,
                instrument=instrument,
            )
        except NotFoundError:
            raise
        except (ServiceError, SettingsError) as error:
            session.rollback()
            fault = str(error)
        else:
            name = _(PURPOSE_NAMES[purpose])
            flash(_("%(n)s 条%(name)s已进入发送队列。", n=queued, name=name), "success")
            return redirect(url_for("outbox.index"), 303)
    try:
        plan = invitations.plan(session, collaborators, round_, purpose, now, instrument)
    except (ServiceError, SettingsError) as error:
        why_no_plan = str(error)
    page = render_template(
        "invitations/index.html",
        round=round_,
        survey=own_title(round_),
        plan=plan,
        purpose=purpose,
        purpose_name=PURPOSE_NAMES[purpose],
        is_reminder=purpose == REMINDER,
        takes_answers=round_takes_calls(round_, now),
        fault=fault,
        why_no_plan=why_no_plan,
        gateway=_(collaborators.gateway.title),
        as_of=now,
        crumbs=crumbs(round_),
        tabs=tabs(round_),
    )
    return (page, 400) if fault else page
