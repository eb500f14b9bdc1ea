"""The application for the commands that need one, and how a command fails."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import NoReturn

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError

from survey_app.config import SettingsError
from survey_app.services.errors import ServiceError

UNUSABLE = 2


def fail(sentence: str, code: int = UNUSABLE) -> NoReturn:
    """Say on standard error what is wrong, and end with `code`."""
    click.echo(sentence, err=True)
    sys.exit(code)


def build() -> Flask:
    """Return the application; end with one sentence when a setting keeps it from being built."""
    try:
        # By name, as the web server loads it too: the composition root is imported by nobody.
        app = import_module("survey_app.app").create_app()
    except SettingsError as error:
        fail(str(error))
    assert isinstance(app, Flask)
    return app


def require_public_address(app: Flask) -> None:
    """End with one sentence where links can't be made, rather than when the first one is needed."""
    try:
        app.extensions["collaborators"].settings.link("/s")
    except SettingsError as error:
        fail(str(error))


@contextmanager
def application() -> Iterator[Flask]:
    """Give a command the application in its context, and turn what services refuse into an ending with 2."""
    app = build()
    with app.app_context():
        try:
            yield app
        except (ServiceError, SettingsError) as error:
            fail(str(error))
        except DBAPIError as error:
            # Whatever it is, its own text may hold what was about to be stored.
            fail(
                f"数据库用不了（{type(error.orig).__name__}）："
                "请检查 DATABASE_URL；还没有建表就先运行 survey migrate"
            )
