"""Addresses of static files that change when the file does, so that browsers may keep them for ever."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for


@lru_cache
def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def install(app: Flask) -> None:
    """Offer `asset(name)` to templates."""
    folder = Path(app.static_folder or "")

    @app.template_global("asset")
    def asset(name: str) -> str:
        return url_for("static", filename=name, v=_digest(str(folder / name)))
