"""The mark in a form that says when it was opened, signed for one case; it stands in for a cookie."""

from datetime import UTC, datetime
from hashlib import sha256

from itsdangerous import BadSignature, Signer

FIELD = "form_stamp"


def make_stamp(key: bytes, public_id: str, opened_at: datetime) -> str:
    """Return the stamp of a form that is opened now, for the case with this public id."""
    return _signer(key, public_id).sign(str(int(opened_at.timestamp()))).decode()


def read_stamp(key: bytes, public_id: str, stamp: str) -> datetime | None:
    """Return when the form was opened, to the second; None for a stamp that we did not make for this case."""
    try:
        seconds = _signer(key, public_id).unsign(stamp)
    except BadSignature:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def _signer(key: bytes, public_id: str) -> Signer:
    return Signer(key, salt=f"respondent-form:{public_id}".encode(), digest_method=sha256)
