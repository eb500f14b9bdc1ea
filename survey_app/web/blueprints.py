"""Every group of pages, and which of them are exempt from the session's CSRF token."""

from flask import Flask
from flask_wtf import CSRFProtect

from survey_app.web import health, hooks
from survey_app.web.account import views as account
from survey_app.web.interviewer import views as interviewer


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Register the blueprints on the application."""
    for module in (account, health, hooks, interviewer):
        app.register_blueprint(module.blueprint)
    csrf.exempt(hooks.blueprint)  # the provider has no session; its signature is checked instead
