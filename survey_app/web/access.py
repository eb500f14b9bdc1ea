"""Who may open which page: every view names its roles, and one that names none opens for nobody."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, g, redirect, request, session, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from survey_app.db import begin_read_only, begin_writing, db, end_transaction
from survey_app.domain.roles import Role
from survey_app.services import accounts
from survey_app.web import context

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC: frozenset[Role] = frozenset()
SESSION_KEY = "sign_in"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def public(view: View) -> View:
    """Open a view to everybody."""
    view.allowed_roles = PUBLIC  # type: ignore[attr-defined]
    return view


def allow(*roles: Role) -> Callable[[View], View]:
    """Open a view to these roles only."""

    def mark(view: View) -> View:
        view.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def asked_by_pages(view: View) -> View:
    """Mark a view that open pages ask by themselves: it is no visit, and keeps nobody signed in."""
    view.asked_by_pages = True  # type: ignore[attr-defined]
    return view


def allowed_roles(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Return the roles an endpoint names; empty: everybody; None: it names none, so nobody."""
    return getattr(app.view_functions[endpoint], "allowed_roles", None)


def install(app: Flask) -> None:
    """Make every request pass the door."""

    @app.before_request
    def pass_the_door() -> Response | None:
        if request.method in SAFE_METHODS:
            begin_read_only()
        else:
            begin_writing()
        if request.endpoint is None:
            return None  # no such page: the 404 handler answers
        if request.endpoint == "static":
            return None
        roles = allowed_roles(app, request.endpoint)
        if roles is None:
            abort(403)
        if not roles and request.blueprint != "account":
            return None  # open to everybody, and indifferent to who is signed in
        _load_signed_in(is_visit=not hasattr(app.view_functions[request.endpoint], "asked_by_pages"))
        if not roles:
            return None
        who = context.signed_in()
        if who is None:
            # Only a page that was asked for can be gone back to; a form that was sent can't.
            back = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("account.sign_in", next=back))
        if who.role not in roles:
            abort(403)
        return None

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        end_transaction()
        begin_writing()


def _load_signed_in(is_visit: bool) -> None:
    token = session.get(SESSION_KEY)
    if not token:
        return
    who = accounts.who_is(context.session(), token, context.now())
    if is_visit and who is not None and accounts.needs_touch(who, context.now()):
        _touch(who)
    g.signed_in = who


def _touch(who: accounts.SignedIn) -> None:
    """Note the visit in a transaction of its own, since a GET's is read-only."""
    read_only = request.method in SAFE_METHODS
    db.session.rollback()
    begin_writing()
    try:
        accounts.touch(context.session(), who.session_id, context.now())
    except OperationalError:  # busy, full or read-only: what can still be read is worth more than the note
        end_transaction()
    if read_only:
        begin_read_only()
