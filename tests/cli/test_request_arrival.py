"""When a request has arrived: its head, and its body or the first part of a long one."""

import pytest

from survey_app.cli.request_arrival import MOST_AWAITED, has_arrived

GET = b"GET /s HTTP/1.1\r\nHost: localhost\r\n\r\n"
FORM = b"POST /s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\n"
CHUNKED = b"POST /s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
UPLOAD = b"POST /frames HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n"


@pytest.mark.parametrize(
    "received",
    [
        GET,
        GET + b"GET /next",
        FORM + b"code=abc",
        FORM + b"code=abcGET /next",
        FORM.replace(b"Content-Length: 8", b"content-length:8") + b"code=abc",
        FORM.replace(b"Content-Length: 8", b"Content-Length: eight"),
        CHUNKED + b"3\r\nabc\r\n0\r\n\r\n",
        UPLOAD + b"x" * MOST_AWAITED,
        b"\x16\x03" * MOST_AWAITED,
        b"no request\r\n\r\n",
    ],
)
def test_arrived(received: bytes) -> None:
    assert has_arrived(received)


@pytest.mark.parametrize(
    "received",
    [
        b"",
        b"GET /s HTTP/1.1\r\nHost: localhost\r\n",
        FORM,
        FORM + b"code=ab",
        CHUNKED + b"3\r\nabc\r\n",
        UPLOAD + b"x" * 1000,
    ],
)
def test_still_on_its_way(received: bytes) -> None:
    assert not has_arrived(received)
