"""Twilio's SDK as SMS and calls use it: at a base URL that is set, in time, once, and silent in the log."""

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

TIMEOUT_SECONDS = 10.0


class TooManyRequestsError(TwilioException):  # type: ignore[misc]
    """Twilio's 429: "never processed, always safe to retry"; the SDK's own error lacks the time to wait."""

    def __init__(self, retry_after: timedelta | None) -> None:
        super().__init__()
        self.retry_after = retry_after


def make_client(account_sid: str, auth_token: str, base_url: str | None, timeout: float) -> Client:
    """Return the SDK's client, against `base_url` where one is given; `timeout` is in seconds.

    Its calls raise TooManyRequestsError for a 429, besides the SDK's own errors.
    """
    # At DEBUG it would write the address it asks, which may hold a phone number.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    # Without pooling: a kept connection that the server has meanwhile closed would fail in a way that
    # leaves open whether what was asked was taken.
    http = _HttpClient(base_url, pool_connections=False, timeout=timeout)
    return Client(account_sid, auth_token, http_client=http)


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's HTTP client with the base URL as a setting, never following a redirect, and silent in the log."""

    def __init__(self, base_url: str | None, **options: Any) -> None:
        super().__init__(**options)
        self._base = urlsplit(base_url) if base_url else None

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        """Make the request at the base URL; raises TooManyRequestsError for a 429."""
        if self._base is not None:
            parts = urlsplit(url)
            path = self._base.path.rstrip("/") + parts.path
            url = parts._replace(scheme=self._base.scheme, netloc=self._base.netloc, path=path).geturl()
        response = super().request(method, url, *args, **{**options, "allow_redirects": False})
        if response.status_code == 429:
            raise TooManyRequestsError(_seconds((response.headers or {}).get("Retry-After")))
        return response

    def log_request(self, kwargs: Mapping[str, Any]) -> None:
        """Log nothing: the parameters hold phone numbers."""

    def log_response(self, status_code: int, response: Any) -> None:
        """Log nothing."""


def _seconds(header: str | None) -> timedelta | None:
    return timedelta(seconds=int(header)) if header and re.fullmatch(r"\d{1,6}", header, re.ASCII) else None
