"""The outbox: every message to whom one asks, its state and its text; and the numbers that want none."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.message import MessageState
from survey_app.domain.phone_mask import mask_phone
from survey_app.services import outbox, sms_refusals
from survey_app.services.errors import ServiceError
from survey_app.services.outbox import MESSAGE_STATE_NAMES
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.message_tags import MESSAGE_TONES, message_name
from survey_app.web.round_pages import ASKERS

blueprint = Blueprint("outbox", __name__)


@blueprint.get("/outbox")
@allow(*ASKERS)
def index() -> str:
    """List the messages, the newest first, narrowed to one state."""
    asked = request.args.get("state", "")
    state = MessageState(asked) if asked in list(MessageState) else None
    collaborators = context.collaborators()
    role = context.actor().role
    entries, paging = outbox.entries(
        context.session(), collaborators, role, state, request.args.get("page", type=int) or 1
    )
    counts = outbox.counts(context.session(), role)
    return render_template(
        "outbox/index.html",
        entries=entries,
        paging=paging,
        page_address=lambda number: url_for("outbox.index", page=number, state=state),
        state=state,
        total=sum(counts.values()),
        filters=[(code, _(name), counts[code]) for code, name in MESSAGE_STATE_NAMES.items() if counts[code]],
        message_names=MESSAGE_STATE_NAMES,
        message_tones=MESSAGE_TONES,
        message_name=message_name,
        mask_phone=mask_phone,
        stays_here=collaborators.gateway.name == "outbox",
        as_of=context.now(),
    )


@blueprint.route("/outbox/refusals", methods=["GET", "POST"])
@allow(*ASKERS)
def refusals() -> str | Response | tuple[str, int]:
    """List the numbers that want no messages, or enter one."""
    session, actor = context.session(), context.actor()
    typed = {name: request.form.get(name, "") for name in ("phone", "reason")}
    faults: list[tuple[str, str]] = []
    if request.method == "POST":
        keys = context.collaborators().keys
        try:
            listed = sms_refusals.refuse(
                session, keys, actor.role, typed["phone"], typed["reason"], context.now(), actor.account_id
            )
        except ServiceError as error:
            session.rollback()
            faults = [(error.field or "phone", str(error))]
        else:
            flash(_("%(phone)s 不再收到短信。", phone=listed.phone_mask), "success")
            return redirect(url_for("outbox.refusals"), 303)
    page = render_template(
        "outbox/refusals.html",
        listed=sms_refusals.refusals(session, actor.role),
        reported=sms_refusals.opted_out_numbers(session, actor.role),
        typed=typed,
        faults=faults,
        fault_of=dict(faults),
        mask_phone=mask_phone,
    )
    return (page, 400) if faults else page


@blueprint.post("/outbox/refusals/<int:refusal_id>/remove")
@allow(*ASKERS)
def allow_again(refusal_id: int) -> Response:
    """Take a number off the list."""
    actor = context.actor()
    mask = sms_refusals.allow_again(
        context.session(), actor.role, refusal_id, context.now(), actor.account_id
    )
    flash(_("%(phone)s 已移出名单，以后可以收到短信。", phone=mask), "success")
    return redirect(url_for("outbox.refusals"), 303)
