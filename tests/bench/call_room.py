"""The pages of telephone interviewing with 100 interviewers at a hundred thousand cases: the promise is 100 ms each."""

import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from survey_app.app import create_app
from survey_app.db import db
from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.services import interviews, schema
from survey_app.services.accounts import add_account
from tests.bench import served
from tests.bench.large_round import fill
from tests.builders import WHEN, build_account
from tests.databases import settings_for

CASES, UNITS, INTERVIEWERS = 100_000, 60, 100
CALLS_A_DAY, DAYS = 60, 5
NOW = WHEN + timedelta(days=14, hours=2)  # a Wednesday, 10:00 in the county
PROMISE = Decimal(100)  # milliseconds
TURNS = 9
PASSWORD = "correct horse battery"
PAGES = (
    (Role.OFFICE, "/rounds/{quarter}/board"),
    (Role.OFFICE, "/rounds/{quarter}/board/units"),
    (Role.INTERVIEWER, "/calls"),
)


def measure() -> bool:
    """Print the median time of each page and of taking the next case; whether all are within the promise."""
    print(
        f"\nCalls with {INTERVIEWERS} interviewers and {CASES:,} cases"
        f" (median of {TURNS}, milliseconds; load {os.getloadavg()[0]:.1f})"
    )
    kept = True
    for kind in served.kinds():
        with served.database(kind) as (url, folder):
            app = create_app(settings_for(url, folder), lambda: NOW)
            app.config["WTF_CSRF_ENABLED"] = False
            with app.app_context():
                schema.migrate()
                session = db.session()
                quarter = fill(session, CASES, UNITS).quarter
                people = _call_room(session)
                for role in (Role.OFFICE, Role.INTERVIEWER):
                    add_account(session, role.value, role.value, PASSWORD, role, NOW)
                session.commit()
                db.session.remove()
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("ANALYZE" if kind == "sqlite" else "VACUUM ANALYZE")
            for role, page in PAGES:
                client = app.test_client()
                client.post("/sign-in", data={"username": role.value, "password": PASSWORD})
                address = page.format(quarter=quarter)
                kept &= _show(kind, page, _times(lambda: client.get(address).status_code))  # noqa: B023
            with app.app_context():
                session = db.session()
                turn = iter(people)
                claim = lambda: interviews.next_case(session, next(turn), NOW, "seed") is not None  # noqa: E731, B023
                kept &= _show(kind, "take the next case", _times(claim))
                db.session.remove()
                db.engine.dispose()
    return kept


def _call_room(session: Session) -> list[int]:
    """Store the interviewers with their calls of some days and of today; return those who hold no case."""
    dice = random.Random(2)
    people = [build_account(session, Role.INTERVIEWER).id for _ in range(INTERVIEWERS)]
    waiting = session.query(Case.id).filter(Case.closed.is_(False)).order_by(Case.id)
    open_cases = [case_id for (case_id,) in waiting]
    outcomes = [each.value for each in (Disposition.NO_ANSWER, Disposition.BUSY, Disposition.COMPLETE)]
    calls = []
    for person in people:
        for day in range(DAYS):
            for number in range(CALLS_A_DAY):
                at = NOW - timedelta(days=day) - timedelta(minutes=2 * number)
                calls.append({
                    "case_id": dice.choice(open_cases), "interviewer_id": person, "phone": "13900000000",
                    "started_at": at, "ended_at": at + timedelta(minutes=2), "outcome": dice.choice(outcomes),
                })  # fmt: skip
    session.execute(insert(ContactAttempt), calls)
    for number, case_id in enumerate(dice.sample(open_cases, 2000)):
        at = NOW + timedelta(minutes=15 * (number % 200))
        session.execute(
            update(Case)
            .where(Case.id == case_id)
            .values(appointment_at=at, due_at=at, disposition=Disposition.APPOINTMENT)
        )
    for number, person in enumerate(people[: INTERVIEWERS // 2]):
        case_id = open_cases[number]
        session.execute(
            update(Case)
            .where(Case.id == case_id)
            .values(held_by_id=person, held_until=NOW + timedelta(minutes=20))
        )
    session.commit()
    return people[INTERVIEWERS // 2 :]


def _times(ask: Callable[[], object]) -> list[float]:
    took = []
    for _ in range(TURNS):
        start = time.perf_counter()
        result = ask()
        took.append((time.perf_counter() - start) * 1000)
        if result not in (200, True):
            raise RuntimeError(f"the answer was {result}")
    return took


def _show(kind: str, what: str, took: list[float]) -> bool:
    median = statistics.median(took)
    kept = median <= PROMISE
    print(f"{' ' if kept else '!'} {kind:<12}{median:>9.1f}{min(took):>9.1f}  {what}", flush=True)
    return kept
