"""The stylesheet and the script that the enterprise's pages hold inside, small, with the hashes that allow them."""

import base64
import hashlib
import re
from functools import cache

from markupsafe import Markup

from survey_app.paths import PACKAGE

_STYLESHEETS = ("respondent.css", "questionnaire.css")
_SCRIPT = "respondent.js"


@cache
def stylesheet() -> tuple[Markup, str]:
    """Return the pages' style without comments and blanks, and its SHA-256 in base64 for the policy."""
    text = "".join(_read(name) for name in _STYLESHEETS)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,]) ?", r"\1", text)
    return _with_digest(re.sub(r": ", ":", text).replace(";}", "}").strip())


@cache
def script() -> tuple[Markup, str]:
    """Return the pages' script without comments and indents, and its SHA-256 in base64 for the policy.

    A comment begins a line or follows a blank; no string of the script holds such a thing.
    """
    lines = (re.sub(r"(^|\s)//.*", "", line).strip() for line in _read(_SCRIPT).splitlines())
    return _with_digest("\n".join(line for line in lines if line))


def _read(name: str) -> str:
    return (PACKAGE / "static" / name).read_text(encoding="utf-8")


def _with_digest(text: str) -> tuple[Markup, str]:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), digest  # noqa: S704 - our own files
