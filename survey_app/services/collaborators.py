"""What services are handed besides the session: settings, the clock, the SMS gateway, the derived keys."""

from dataclasses import dataclass, fields

from survey_app.clock import Clock
from survey_app.config import Settings
from survey_app.domain.access_code import derive_key
from survey_app.integrations.sms.gateway import SmsGateway


@dataclass(frozen=True)
class Keys:
    """One key for each use of the secret."""

    links: bytes
    throttle: bytes
    forms: bytes
    cookies: bytes
    back_checks: bytes
    refusals: bytes
    disavowals: bytes

    @classmethod
    def from_secret(cls, secret: str) -> "Keys":
        """Derive the keys from SECRET_KEY; a new secret ends every link, code and sign-in."""
        return cls(**{each.name: derive_key(secret, each.name) for each in fields(cls)})


@dataclass(frozen=True)
class Collaborators:
    """Built once by the composition root and handed to web, jobs and commands."""

    settings: Settings
    clock: Clock
    gateway: SmsGateway
    keys: Keys
