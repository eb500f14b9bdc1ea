"""Whether the bytes that came over a connection hold a request that has arrived."""

import re

# No head of a browser's and no form of the product's is as long; uploads are, and are read as they come.
MOST_AWAITED = 64 * 1024
_CONTENT_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,18})[ \t]*\r?$", re.I | re.M)
_CHUNKED = re.compile(rb"^transfer-encoding:", re.I | re.M)


def has_arrived(received: bytes) -> bool:
    """Return whether a first request is there: its head, and its body or the first 64 KiB of it.

    What is no proper request has arrived as soon as its head has; the server refuses it.
    """
    head, end, body = received.partition(b"\r\n\r\n")
    if len(received) >= MOST_AWAITED:
        return True
    if not end:
        return False
    if _CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    length = _CONTENT_LENGTH.search(head)
    return length is None or len(body) >= int(length[1])
