"""The outbox: every message to whom one asks, its state, and its text as it reads."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from survey_app.domain.message import MessageState
from survey_app.domain.phone_mask import mask_phone
from survey_app.services import outbox
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
