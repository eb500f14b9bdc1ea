"""Bringing the database's tables to the version that this program needs."""

import logging

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade

from survey_app.db import db
from survey_app.paths import resource_folder
from survey_app.services.errors import ServiceError


def migrate() -> None:
    """Run every migration that is due, inside an application context."""
    # Alembic reports each step at INFO; a person who starts the product has no use for them.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    upgrade()


def require_current() -> None:
    """Raise ServiceError unless the database's tables have this program's version; needs the context too."""
    config = Config()
    config.set_main_option("script_location", str(resource_folder("migrations")))
    wanted = set(ScriptDirectory.from_config(config).get_heads())
    with db.engine.connect() as connection:
        found = set(MigrationContext.configure(connection).get_current_heads())
    if found != wanted:
        raise ServiceError("数据库的表不是这个程序的版本：请先运行 survey migrate")
