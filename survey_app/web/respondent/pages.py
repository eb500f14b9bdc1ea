"""Putting an enterprise's page together: one small answer that holds its style and script and needs no cookie."""

import gzip
from functools import lru_cache
from typing import Any, Protocol

from flask import Response, get_template_attribute, make_response, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from survey_app.domain.privacy_notice import SECTION_NAMES, PrivacyNotice
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.notices import current_notice, find_notice
from survey_app.services.respondent_cases import RespondentCase
from survey_app.services.surveys import contact_phone
from survey_app.web import context
from survey_app.web.language import ENGLISH, locale, say
from survey_app.web.respondent.device_key import device_key
from survey_app.web.respondent.inline_files import script, stylesheet
from survey_app.web.security import allow_inline

# Level 4 costs a fifth of level 9's time and a twentieth more bytes.
_GZIP_LEVEL = 4
# What travels along in the address, with the one value that counts: by SMS, in English, in large type.
_WAY = {"m": "s", "lang": "en", "size": "large"}


class Asked(Protocol):
    """Whatever tells which survey a page is about, and so whom to call."""

    @property
    def scheme_key(self) -> str:
        """Which scheme the round is under."""

    @property
    def instrument(self) -> str:
        """With which questionnaire it was asked."""


def opening(case: RespondentCase, notice_version: str, linked: bool = True) -> Markup:
    """Return what stands above the questions: on what terms is asked, and that version of the notice.

    `linked`: with the way to the notice's own page, which a tablet that shows nothing else goes without.
    """
    survey = (case.scheme_key, case.instrument)
    notice = find_notice(*survey, notice_version) or current_notice(*survey)
    phone, hours = contact_phone(context.collaborators().settings, *survey), _hours()
    address = notice_address(*survey, notice) if linked else None
    return _opening(*survey, locale(), phone, hours, notice.version, address)


@lru_cache(maxsize=64)
def _opening(
    scheme_key: str,
    instrument_key: str,
    _language: str,
    phone: str | None,
    hours: str | None,
    version: str,
    address: str | None,
) -> Markup:
    """Return it made once for everybody who is asked."""
    macro = get_template_attribute("respondent/_opening.html", "opening")
    notice = find_notice(scheme_key, instrument_key, version)
    instrument = load_instrument(scheme_key, instrument_key)
    return Markup(macro(instrument, notice, SECTION_NAMES, address, phone, hours))  # noqa: S704 - a macro escapes


def notice_address(scheme_key: str, instrument_key: str, notice: PrivacyNotice) -> str:
    """Return the address of a version of a survey's notice, in this page's language and size."""
    return url_for(
        "respondent.notice",
        scheme_key=scheme_key,
        instrument_key=instrument_key,
        notice_version=notice.version,
        **way(m=None),
    )


def way(**changes: str | None) -> dict[str, Any]:
    """Return what travels along in the address: the mode, the language and the size of type."""
    kept = {name: request.args.get(name) for name in _WAY}
    return {name: value for name, value in {**kept, **changes}.items() if value == _WAY[name]}


def page(
    template: str,
    status: int = 200,
    *,
    case: Asked | None = None,
    survey: tuple[str, str] | None = None,
    **values: object,
) -> Response:
    """Return a page of templates/respondent/, its one style and script allowed by their hashes.

    It names whoever asks the case, or the `survey` (scheme key, questionnaire); before either is known, the
    office, which runs the rounds.
    """
    settings = context.collaborators().settings
    if case is not None:
        survey = (case.scheme_key, case.instrument)
    (style, style_digest), (code, code_digest) = stylesheet(), script()
    allow_inline(style_digest, code_digest)
    html = render_template(
        f"respondent/{template}.html",
        page_name=template,
        style=style,
        script=code,
        large=request.args.get("size") == _WAY["size"],
        other_language=_changed(lang=None if locale() == ENGLISH else "en"),
        other_size=_changed(size=None if "size" in way() else "large"),
        code_address=url_for("respondent.enter_code", **way()),
        notices_address=url_for("respondent.notices", **way(m=None)),
        device_key=_device_key(case),
        case=case,
        asker=say(load_instrument(*survey).asker) if survey else _("县委营商办"),
        phone=contact_phone(settings, *survey) if survey else settings.office_phone,
        hours=_hours(),
        **values,
    )
    return make_response(html, status)


def _device_key(case: Asked | None) -> str | None:
    if not isinstance(case, RespondentCase):
        return None
    return device_key(context.collaborators().keys.forms, case.public_id)


def _hours() -> str | None:
    return context.collaborators().settings.contact_hours


def _changed(**change: str | None) -> str | None:
    """Return this page's address with a change; none where typed text would be lost on the way."""
    if request.method == "POST" or request.endpoint is None:
        return None
    return url_for(request.endpoint, **(request.view_args or {}), **way(**change))


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
