"""Bringing the database's tables to the version that this program needs."""

import logging

from flask_migrate import upgrade


def migrate() -> None:
    """Run every migration that is due, inside an application context."""
    # Alembic reports each step at INFO; a person who starts the product has no use for them.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    upgrade()
