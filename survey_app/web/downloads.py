"""Files that staff download: their names in Chinese, never shown inside the browser."""

from io import BytesIO

from flask import send_file
from werkzeug.wrappers import Response

_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".json": "application/json",
    ".csv": "text/csv",
    ".pdf": "application/pdf",
}


def drawing(svg: str) -> Response:
    """Return a drawing that a page shows; opened by itself it runs and loads nothing, as the policy says."""
    return Response(svg, mimetype="image/svg+xml")


def download(content: bytes, name: str) -> Response:
    """Return a file to save under a name; its ending says what it is."""
    kind = _TYPES[name[name.rindex(".") :]]
    return send_file(BytesIO(content), mimetype=kind, as_attachment=True, download_name=name)


def stored_file(content: bytes, name: str, media_type: str) -> Response:
    """Return a file that somebody sent, to save under its cleaned name; its content said what it is."""
    return send_file(BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name)
