"""What the failure of a connection says of what was sent over it."""

from requests import exceptions as http
from urllib3.exceptions import MaxRetryError, NewConnectionError


def before_anything_was_sent(error: http.RequestException) -> bool:
    """Whether no connection was made (refused, unresolved, not in time), so that nothing left us."""
    if isinstance(error, http.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
