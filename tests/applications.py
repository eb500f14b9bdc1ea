"""One application for each of a process's databases, lent to test after test: building it takes longer than most do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import gettempdir

from flask import Flask

from survey_app.app import create_app
from survey_app.clock import Clock
from survey_app.db import db
from survey_app.integrations.sms.choice import make_gateway
from tests.databases import settings_for


@lru_cache
def _application(url: str) -> Flask:
    return create_app(settings_for(url, Path(gettempdir())))


@contextmanager
def lent_application(url: str, instance: Path, clock: Clock) -> Iterator[Flask]:
    """Give the application on a database, with a folder and a clock of the test's own, set back afterwards.

    Its configuration may be changed, but not its routes: a test that adds one builds its own application.
    """
    app = _application(url)
    config, built = dict(app.config), app.extensions["collaborators"]
    app.instance_path = str(instance)
    settings = settings_for(url, instance)
    app.extensions["collaborators"] = replace(
        built, settings=settings, clock=clock, gateway=make_gateway(settings, clock)
    )
    try:
        yield app
    finally:
        close(app)
        app.extensions["collaborators"] = built
        app.config.clear()
        app.config.update(config)


def close(app: Flask) -> None:
    """Close an application's connections."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
