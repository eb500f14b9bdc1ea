"""The seam to whoever carries SMS: what is handed over, what can come of it, and nothing of any vendor."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from survey_app.domain.message import MessageState


@dataclass(frozen=True)
class OutgoingMessage:
    """One message as a gateway gets it: by template and variables for vendors who want that, and as text.

    `phone` is a mainland mobile number (11 digits) or in E.164; `status_callback_url` is None where there is
    no address for the vendor to call. `queued_at` bounds how far back a vendor's list must be read.
    """

    message_id: str
    phone: str
    template_key: str
    variables: Mapping[str, str]
    text: str
    status_callback_url: str | None
    queued_at: datetime


@dataclass(frozen=True)
class Accepted:
    """The provider took the message; `segments` is 0 when it didn't say."""

    provider_id: str
    state: MessageState = MessageState.SENT
    segments: int = 0


@dataclass(frozen=True)
class Throttled:
    """Certainly not sent, and another try is safe; not before `retry_after`, where the provider said so."""

    retry_after: timedelta | None = None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Rejected:
    """Certainly not sent, and the same would come of another try; `reason` is for staff.

    `opted_out`: the number asked the provider for no more messages.
    """

    code: str
    reason: str
    opted_out: bool = False


@dataclass(frozen=True)
class Ambiguous:
    """Perhaps sent: to be settled by a callback or by `find`, never by sending again."""

    reason: str


SendOutcome = Accepted | Throttled | Rejected | Ambiguous


@dataclass(frozen=True)
class StatusReport:
    """What the provider says of one of its messages; `status` is its own word, `state` what that means here.

    `provider_id` is "" where it doesn't say which of its messages; `state` None for a word that says nothing new.
    """

    provider_id: str
    status: str
    state: MessageState | None
    error_code: str | None = None
    reason: str | None = None
    opted_out: bool = False


@dataclass(frozen=True)
class Found:
    """Messages of the provider that may be this one; a text sent twice on purpose gives several."""

    reports: tuple[StatusReport, ...]


@dataclass(frozen=True)
class NotFound:
    """The provider listed everything, and this message is not there."""


@dataclass(frozen=True)
class LookupFailed:
    """The provider's list couldn't be read to its end, so that absence means nothing."""

    reason: str


Lookup = Found | NotFound | LookupFailed


class SmsGateway(Protocol):
    """Sends messages and looks for them afterwards; never raises for what the provider does."""

    name: str
    # What staff read of where their messages go, marked for translation.
    title: str

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand one message over, once."""
        ...

    def find(self, message: OutgoingMessage) -> Lookup:
        """Look for a message whose fate is unknown."""
        ...


@dataclass(frozen=True)
class CallbackRequest:
    """A call of the provider: the last part of its path, and the whole as the public address has it."""

    tail: str
    url: str
    headers: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class CallbackReports:
    """What a call reports, each with our message's id, and the JSON that the provider wants for an answer."""

    reports: tuple[tuple[str, StatusReport], ...]
    answer: str = ""


@runtime_checkable
class CallbackGateway(Protocol):
    """A gateway whose provider reports back over HTTP."""

    # The last part of the address that is entered at the provider, "" where each message carries its own.
    fixed_tail: str

    def read_callback(self, call: CallbackRequest) -> CallbackReports | None:
        """Return what a call reports, or None unless it is certain that the provider made it."""
        ...
