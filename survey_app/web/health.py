"""Whether the service lives and reaches its database."""

from flask import Blueprint
from sqlalchemy import text

from survey_app.web import context
from survey_app.web.access import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> dict[str, str]:
    """Answer 200 when the database answers; an error page with 503 otherwise."""
    context.session().execute(text("SELECT 1"))
    return {"status": "ok"}
