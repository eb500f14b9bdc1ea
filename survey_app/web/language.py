"""The language and the zone in which pages speak."""

from datetime import datetime
from decimal import Decimal

from flask import Flask, request, session
from flask_babel import Babel, gettext

from survey_app.config import COUNTY_ZONE
from survey_app.domain.points import plain, round_half_up
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.text import Name, Text

CHINESE, ENGLISH = "zh_Hans_CN", "en"


def locale() -> str:
    """Return the language of this request: the one that was chosen here, or Chinese.

    Respondent pages keep no cookie, so their language travels in the address.
    """
    if request.blueprint == "respondent":
        return ENGLISH if request.args.get("lang") == "en" else CHINESE
    chosen = session.get("language")
    return ENGLISH if chosen == ENGLISH else CHINESE


def say(text: Text | Name) -> str:
    """Return a sentence of the domain, or a scheme's name for a thing, in the language of this request."""
    return text.in_language(locale()) if isinstance(text, Name) else text.render(gettext, locale())


def moment(value: datetime | None) -> str:
    """Return a moment as pages write it, in county time."""
    return value.astimezone(COUNTY_ZONE).strftime("%Y-%m-%d %H:%M") if value else "—"


def install(app: Flask) -> None:
    """Set up translation, and the filters by which pages write sentences, moments and points."""
    app.config["BABEL_DEFAULT_LOCALE"] = CHINESE
    Babel(app, locale_selector=locale)

    app.add_template_filter(say, "say")
    app.add_template_filter(moment, "moment")

    @app.template_filter("quarter")
    def quarter(value: str) -> str:
        return say(parse_quarter(value).title)

    @app.template_filter("day")
    def day(value: datetime | None) -> str:
        return value.astimezone(COUNTY_ZONE).strftime("%Y-%m-%d") if value else "—"

    @app.template_filter("points")
    def points(value: Decimal | None) -> str:
        return "—" if value is None else plain(value)

    @app.template_filter("round_points")
    def round_points(value: Decimal, places: int) -> str:
        return plain(round_half_up(value, places))

    @app.context_processor
    def language() -> dict[str, object]:
        code = locale()
        return {"language": code, "html_lang": "en" if code == ENGLISH else "zh-CN", "translate": gettext}
