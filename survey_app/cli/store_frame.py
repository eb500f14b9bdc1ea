"""What `survey import-frame --commit` does once a file is read: the one part of it that needs a database."""

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from survey_app.cli.application import build
from survey_app.clock import system_clock
from survey_app.db import db
from survey_app.domain.frame import FrameReading
from survey_app.services import schema
from survey_app.services.errors import ServiceError
from survey_app.services.frames import StoredFrame, store_reading


def store_frame(reading: FrameReading, filename: str, digest: str) -> StoredFrame:
    """Store a reading, in an empty database after making its tables.

    Raises ServiceError, which the command says in its own way.
    """
    with build().app_context():
        try:
            if not inspect(db.engine).get_table_names():
                schema.migrate()
            return store_reading(db.session(), reading, filename, digest, system_clock())
        except DBAPIError as error:
            # Not chained: the database's own text may hold the rows that were about to be stored.
            kind = type(error.orig).__name__
            raise ServiceError(f"数据库用不了（{kind}），什么都没有保存：请检查 DATABASE_URL") from None
