"""The gateway that sends nothing: staff read its messages on a page."""

from survey_app.domain.message import MessageState
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

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Accept the message."""
        return Accepted(_provider_id(message))

    def find(self, message: OutgoingMessage) -> Lookup:
        """Find any message: a claimed one has nothing left to be done for it."""
        state = MessageState.SENT
        return Found((StatusReport(_provider_id(message), state.value, state),))


def _provider_id(message: OutgoingMessage) -> str:
    return f"outbox-{message.message_id}"
