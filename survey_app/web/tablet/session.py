"""What a tablet's browser keeps: which tablet it is, and the case that is open on it; nothing of the answers."""

from flask import session

from survey_app.models.tablet import Tablet
from survey_app.services import tablets
from survey_app.web import context

TABLET_KEY = "tablet"
_CASE_KEY = "tablet_case"


def this_tablet() -> Tablet | None:
    """Return the tablet that this browser is; None where it is none, or no more."""
    token = session.get(TABLET_KEY)
    return tablets.tablet_of(context.session(), token, context.now()) if token else None


def open_case(public_id: str) -> None:
    """Remember whose questionnaire is on the screen."""
    session[_CASE_KEY] = public_id


def opened_case() -> str | None:
    """Return the public id of the case that is open here."""
    return session.get(_CASE_KEY)


def close_case() -> None:
    """Forget it, so that the next person can't go back to it."""
    session.pop(_CASE_KEY, None)
