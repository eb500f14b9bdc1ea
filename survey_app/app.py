"""The composition root: builds the application and everything it is made of."""

from datetime import timedelta

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from survey_app.clock import Clock, system_clock
from survey_app.config import MAX_FORM_BYTES, MAX_FORM_PARTS, MAX_UPLOAD_BYTES, Settings, load_settings
from survey_app.db import db
from survey_app.integrations.sms.choice import make_gateway
from survey_app.integrations.voice.choice import make_bridge
from survey_app.paths import PACKAGE, resource_folder
from survey_app.services.collaborators import Collaborators, Keys
from survey_app.web import (
    access,
    blueprints,
    errors,
    language,
    navigation,
    parameters,
    security,
    static_files,
)


def create_app(settings: Settings | None = None, clock: Clock = system_clock) -> Flask:
    """Build the application from `settings` (default: the environment's).

    Raises SettingsError with one sentence when a setting is missing or unusable.
    """
    settings = settings or load_settings()
    keys = Keys.from_secret(settings.secret_key)
    app = Flask(
        "survey_app",
        root_path=str(PACKAGE),
        instance_path=str(settings.instance),
        template_folder=str(resource_folder("templates")),
    )
    app.config.update(
        SECRET_KEY=keys.cookies,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_pre_ping": not settings.database_url.startswith("sqlite"),
            "hide_parameters": True,  # an error's text may be logged, and must not tell whom it was about
        },
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=10),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a long morning's form is not lost to a clock
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES + MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),  # static names carry their digest
    )
    if settings.trusted_proxies:
        # Whom the limits count by is then whoever spoke to the outermost of our own proxies.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies)  # type: ignore[method-assign]
    app.extensions["collaborators"] = Collaborators(
        settings, clock, make_gateway(settings, clock), keys, make_bridge(settings)
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    db.init_app(app)
    Migrate(app, db, directory=str(resource_folder("migrations")), render_as_batch=True, compare_type=True)
    csrf = CSRFProtect(app)
    parameters.install(app)
    language.install(app)
    access.install(app)
    security.install(app)
    errors.install(app)
    navigation.install(app)
    static_files.install(app)
    blueprints.register(app, csrf)
    return app
