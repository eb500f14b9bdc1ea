"""The gateway that sends nothing: staff read its messages on a page."""

from survey_app.clock import Clock
from survey_app.config import Settings
from survey_app.domain.message import MessageState
from survey_app.domain.text import N_
from survey_app.integrations.sms.gateway import (
    Accepted,
    Found,
    Lookup,
    OutgoingMessage,
    SendOutcome,
    StatusReport,
)


class OutboxGateway:
    """Accepts every message at once; the message's row is all there is of it."""

    name = "outbox"
    title = N_("发件箱：短信只在本系统的发件箱里显示，不发到手机")

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Accept the message."""
        return Accepted(_provider_id(message))

    def find(self, message: OutgoingMessage) -> Lookup:
        """Find any message: a claimed one has nothing left to be done for it."""
        state = MessageState.SENT
        return Found((StatusReport(_provider_id(message), state.value, state),))


def from_settings(settings: Settings, clock: Clock) -> OutboxGateway:
    """Return the gateway; it needs no settings."""
    return OutboxGateway()


def _provider_id(message: OutgoingMessage) -> str:
    return f"outbox-{message.message_id}"
