"""How pages show a message: what it is for, and the tone of its state."""

from flask_babel import gettext as _

from survey_app.domain.message import MessageState
from survey_app.services.invitations import PURPOSE_NAMES

MESSAGE_TONES = {
    MessageState.QUEUED: "wait",
    MessageState.CLAIMED: "wait",
    MessageState.SENT: "quiet",
    MessageState.DELIVERED: "good",
    MessageState.FAILED: "bad",
    MessageState.UNKNOWN: "wait",
}


def message_name(template_key: str) -> str:
    """Return what a message of a template is called."""
    name = PURPOSE_NAMES.get(template_key)
    return str(_(name) if name else _("回执短信"))
