"""The mark in a form, signed for one case: when it was opened, under which notice; it stands in for a cookie."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from itsdangerous import BadSignature, Signer

FIELD = "form_stamp"


@dataclass(frozen=True)
class FormStamp:
    """What a form says of itself: when it was opened, to the second, and the version of the notice in it."""

    opened_at: datetime
    notice_version: str


def make_stamp(key: bytes, public_id: str, opened_at: datetime, notice_version: str) -> str:
    """Return the stamp of a form that is opened now, for the case with this public id."""
    return _signer(key, public_id).sign(f"{int(opened_at.timestamp())} {notice_version}").decode()


def read_stamp(key: bytes, public_id: str, stamp: str) -> FormStamp | None:
    """Return what a form's stamp says; None for a stamp that we did not make for this case."""
    try:
        seconds, _, version = _signer(key, public_id).unsign(stamp).decode().partition(" ")
    except BadSignature:
        return None
    if not version:  # a form from before the notice had versions: it is shown again with what was typed
        return None
    return FormStamp(datetime.fromtimestamp(int(seconds), UTC), version)


def _signer(key: bytes, public_id: str) -> Signer:
    return Signer(key, salt=f"respondent-form:{public_id}".encode(), digest_method=sha256)
