"""The one file that a form sends."""

from flask import request


def sent_file() -> tuple[str, bytes]:
    """Return the file's name, without the folders that a browser may send with it, and its bytes; "" for none."""
    file = request.files.get("file")
    if file is None:
        return "", b""
    return (file.filename or "").replace("\\", "/").rpartition("/")[2].strip(), file.read()
