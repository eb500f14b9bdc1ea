"""What staff wait for when a round has a hundred thousand cases."""

import os
import statistics
import time

from flask.testing import FlaskClient

from survey_app.app import create_app
from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.models.unit import Unit
from survey_app.services import schema
from survey_app.services.accounts import add_account
from tests.bench import served
from tests.bench.large_round import fill
from tests.builders import WHEN
from tests.databases import settings_for

CASES, UNITS = 100_000, 60
PASSWORD = "correct horse battery"
OFFICE_PAGES = (
    "/rounds",
    "/rounds/{quarter}",
    "/rounds/{quarter}/samples",
    "/rounds/{quarter}/samples/{unit}",
    "/rounds/{quarter}/cases",
    "/rounds/{quarter}/cases?state=answered",
    "/rounds/{quarter}/cases?state=uninvited",
    "/rounds/{quarter}/cases?unit={unit}",
    "/rounds/{quarter}/cases?page=1900",
    "/rounds/{quarter}/invitations",
    "/rounds/{quarter}/reminders",
    "/rounds/{quarter}/items",
    "/rounds/{quarter}/items/grid",
    "/rounds/{quarter}/approvals",
    "/rounds/{quarter}/scores",
    "/rounds/{quarter}/scores/{unit}",
    "/rounds/{quarter}/scores/{unit}/report",
    "/rounds/{quarter}/scores/{unit}/answers/satisfaction",
    "/rounds/{quarter}/answer-reviews",
    "/rounds/{quarter}/versions",
    "/rounds/{quarter}/rectifications",
    "/rounds/{quarter}/close",
    "/outbox",
    "/frames",
    "/onsite",
)


def measure() -> bool:
    """Print the median time of each page that office and interviewers open; True, since none is promised."""
    print(
        f"\nStaff's pages with {CASES:,} cases of {UNITS} units (median of 5, milliseconds; load {os.getloadavg()[0]:.1f})"
    )
    for kind in served.kinds():
        with served.database(kind) as (url, folder):
            app = create_app(settings_for(url, folder), lambda: WHEN)
            app.config["WTF_CSRF_ENABLED"] = False
            with app.app_context():
                schema.migrate()
                session = db.session()
                quarter = fill(session, CASES, UNITS).quarter
                unit = session.query(Unit.id).order_by(Unit.id).limit(1).scalar()
                for role in (Role.OFFICE, Role.INTERVIEWER):
                    add_account(session, role.value, role.value, PASSWORD, role, WHEN)
                session.commit()
                db.session.remove()
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("ANALYZE" if kind == "sqlite" else "VACUUM ANALYZE")
            for role, pages in ((Role.OFFICE, OFFICE_PAGES), (Role.INTERVIEWER, ("/calls",))):
                client = app.test_client()
                client.post("/sign-in", data={"username": role.value, "password": PASSWORD})
                for page in pages:
                    _time(client, kind, page.format(quarter=quarter, unit=unit))
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def _time(client: FlaskClient, kind: str, page: str) -> None:
    took, own, status = [], [], 0
    for _ in range(5):
        start, cpu = time.perf_counter(), time.process_time()
        status = client.get(page).status_code
        took.append((time.perf_counter() - start) * 1000)
        own.append((time.process_time() - cpu) * 1000)
    print(
        f"{kind:<12}{statistics.median(took):>9.1f}{min(took):>9.1f}{statistics.median(own):>10.1f}  {status}  {page}",
        flush=True,
    )
