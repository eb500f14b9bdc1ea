"""What a view asks of its request: the collaborators, the session, and who is signed in."""

from datetime import datetime
from typing import cast

from flask import current_app, g
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.services.accounts import SignedIn
from survey_app.services.collaborators import Collaborators


def collaborators() -> Collaborators:
    """Return what the composition root built."""
    return cast(Collaborators, current_app.extensions["collaborators"])


def now() -> datetime:
    """Return the present moment, UTC, from the clock that the application was given."""
    return collaborators().clock()


def session() -> Session:
    """Return this request's database session; read-only in a GET."""
    return cast(Session, db.session())


def signed_in() -> SignedIn | None:
    """Return who is signed in, or None."""
    return cast(SignedIn | None, g.get("signed_in"))


def actor() -> SignedIn:
    """Return who is signed in, on a page that only signed-in people reach."""
    who = signed_in()
    if who is None:
        raise RuntimeError("this view needs a role")
    return who
