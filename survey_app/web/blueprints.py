"""Every group of pages, and which of them are exempt from the session's CSRF token."""

from flask import Flask
from flask_wtf import CSRFProtect

from survey_app.web import health, hooks
from survey_app.web.account import views as account
from survey_app.web.adjustments import views as adjustments
from survey_app.web.interviewer import views as interviewer
from survey_app.web.items import views as items
from survey_app.web.marks import views as marks
from survey_app.web.result import views as result
from survey_app.web.scores import views as scores


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Register the blueprints on the application."""
    for module in (account, health, hooks, interviewer, adjustments, items, marks, result, scores):
        app.register_blueprint(module.blueprint)
    csrf.exempt(hooks.blueprint)  # the provider has no session; its signature is checked instead
