"""The seam to whoever makes bridge calls: what is asked for, what can come of it, and nothing of any vendor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from survey_app.domain.call_bridge import Leg, LegStatus


@dataclass(frozen=True)
class BridgeCallRequest:
    """A call to be made: the interviewer's telephone first, then the enterprise's; both numbers in E.164.

    `extension` is dialled after the enterprise answered, "" for none. Reports go below `report_url`.
    """

    interviewer: str
    enterprise: str
    extension: str
    report_url: str


@dataclass(frozen=True)
class Accepted:
    """The provider makes the call, under its own id."""

    provider_id: str


@dataclass(frozen=True)
class Refused:
    """Certainly no call is made; `reason` is for staff."""

    code: str
    reason: str


@dataclass(frozen=True)
class Unclear:
    """Perhaps a call is made: to be settled by reports, never by asking again."""

    reason: str


CallOutcome = Accepted | Refused | Unclear


@dataclass(frozen=True)
class LegReport:
    """What the provider says of one of the two telephones of its call `provider_id`; `seconds` of talk, if it says."""

    provider_id: str
    leg: Leg
    status: LegStatus
    seconds: int | None = None


class CallBridge(Protocol):
    """Asks for calls that show the office's number to both sides; never raises for what the provider does."""

    # What the provider wants for an answer to a report, and its media type.
    answer: tuple[str, str]

    def call(self, request: BridgeCallRequest) -> CallOutcome:
        """Ask for one call, once."""
        ...

    def is_genuine(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> bool:
        """Whether it is certain that the provider made this call to the public address `url`."""
        ...

    def read_report(self, part: str, form: Mapping[str, str]) -> LegReport | None:
        """Return what a genuine call to the `part` below `report_url` reports; None for nothing new."""
        ...
