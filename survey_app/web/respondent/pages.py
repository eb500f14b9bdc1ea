"""Putting an enterprise's page together: one small answer that holds its stylesheet, needs no script and no cookie."""

import base64
import gzip
import hashlib
import re
from functools import cache, lru_cache
from typing import Any, Protocol

from flask import Response, get_template_attribute, make_response, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from survey_app.paths import PACKAGE
from survey_app.schemes.instruments import load_instrument
from survey_app.services.surveys import contact_phone
from survey_app.web import context
from survey_app.web.language import ENGLISH, locale, say
from survey_app.web.security import allow_inline_style

# Level 4 costs a fifth of level 9's time and a twentieth more bytes.
_GZIP_LEVEL = 4
_STYLESHEETS = ("respondent.css", "questionnaire.css")


class Asked(Protocol):
    """Whatever tells which survey a page is about, and so whom to call."""

    @property
    def scheme_key(self) -> str:
        """Which scheme the round is under."""

    @property
    def instrument(self) -> str:
        """With which questionnaire it was asked."""


@cache
def stylesheet() -> tuple[Markup, str]:
    """Return the pages' style without comments and blanks, and its SHA-256 in base64 for the policy."""
    text = "".join((PACKAGE / "static" / name).read_text(encoding="utf-8") for name in _STYLESHEETS)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,]) ?", r"\1", text)
    text = re.sub(r": ", ":", text).replace(";}", "}").strip()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), digest  # noqa: S704 - our own files


@lru_cache(maxsize=32)
def opening(scheme_key: str, instrument_key: str, _language: str, phone: str | None) -> Markup:
    """Return what stands above the questions; the same for everybody who is asked, and made once."""
    macro = get_template_attribute("respondent/_opening.html", "opening")
    return Markup(macro(load_instrument(scheme_key, instrument_key), phone))  # noqa: S704 - a macro escapes


def way(**changes: str | None) -> dict[str, Any]:
    """Return what travels along in the address: the mode and the language."""
    kept = {name: request.args.get(name) for name in ("m", "lang")}
    return {name: value for name, value in {**kept, **changes}.items() if value in ("s", "en")}


def phone_of(case: Asked) -> str | None:
    """Return the number at which whoever asks this case takes questions, None where none is set."""
    return contact_phone(context.collaborators().settings, case.scheme_key, case.instrument)


def page(template: str, status: int = 200, *, case: Asked | None = None, **values: object) -> Response:
    """Return a page of templates/respondent/, its one inline stylesheet allowed by its hash.

    It names whoever asks the case; before the case is known, the office, which runs the rounds.
    """
    style, digest = stylesheet()
    allow_inline_style(digest)
    html = render_template(
        f"respondent/{template}.html",
        style=style,
        other_language=_other_language(),
        code_address=url_for("respondent.enter_code", **way()),
        case=case,
        asker=say(load_instrument(case.scheme_key, case.instrument).asker) if case else _("县委营商办"),
        phone=phone_of(case) if case else context.collaborators().settings.office_phone,
        **values,
    )
    return make_response(html, status)


def _other_language() -> str | None:
    """Return the address of this page in the other language; none where typed text would be lost on the way."""
    if request.method == "POST" or request.endpoint is None:
        return None
    changed = way(lang=None if locale() == ENGLISH else "en")
    return url_for(request.endpoint, **(request.view_args or {}), **changed)


def compress(response: Response) -> Response:
    """Compress a page for a browser that takes it: on a phone the bytes cost more than the time."""
    response.vary.add("Accept-Encoding")
    if (
        request.accept_encodings.quality("gzip")
        and not response.is_streamed
        and response.mimetype == "text/html"
    ):
        response.set_data(gzip.compress(response.get_data(), _GZIP_LEVEL, mtime=0))
        response.content_encoding = "gzip"
    return response
