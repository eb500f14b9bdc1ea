"""How migrations run: on the application's own engine, with SQLite's cascade kept from eating child rows."""

from alembic import context
from flask import current_app
from sqlalchemy import text

import survey_app.models  # noqa: F401  (fills the metadata)
from survey_app.db import db


def run() -> None:
    """Run the migrations that were asked for, all in one transaction."""
    engine = db.engine
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # A batch migration drops and renames the table it changes; with foreign keys on, that would
            # cascade into its children. The pragma does nothing inside a transaction, hence the raw connection.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.dialect.name == "sqlite":
            connection.commit()
            broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
            connection.rollback()
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
            if broken:
                raise RuntimeError(f"the migration left {len(broken)} rows pointing nowhere")


run()
