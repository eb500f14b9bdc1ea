"""The live tally of a round at ten thousand and at a million answers."""

import random
import statistics
import time

from sqlalchemy import insert, text

from survey_app.app import create_app
from survey_app.db import db, reading
from survey_app.models.case import Case
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import Answer, Response
from survey_app.services import schema
from survey_app.services.tallies import live_tally, tally_statement
from tests.bench import served
from tests.builders import WHEN, build_round, build_unit
from tests.databases import settings_for

MOST_MILLISECONDS = 100.0
UNITS = 60
ROUNDS = 12


def measure() -> bool:
    """Print the median time of a round's tally, and whether the plan uses the index; True when within 100 ms."""
    print("\nLive tally of one round, 60 units (median of 9)")
    print(f"{'database':<12}{'answers in all':>15}{'in the round':>14}{'ms':>8}  plan")
    kept = True
    for kind in served.kinds():
        for total, rounds in ((10_000, 1), (1_000_000, ROUNDS), (1_000_000, 1)):
            with served.database(kind) as (url, folder):
                app = create_app(settings_for(url, folder))
                with app.app_context():
                    schema.migrate()
                    round_id = _fill(total, rounds)
                    took = []
                    for _ in range(9):
                        with reading():
                            start = time.perf_counter()
                            live_tally(db.session(), round_id, "satisfaction")
                            took.append((time.perf_counter() - start) * 1000)
                            db.session.rollback()
                    plan = _plan(round_id)
                    db.session.remove()
                    db.engine.dispose()
                middle = statistics.median(took)
                good = middle < MOST_MILLISECONDS and "index" in plan.lower()
                kept &= good
                print(
                    f"{kind:<12}{total:>15,}{total // rounds:>14,}{middle:>8.1f}  {plan}{'' if good else '  !'}"
                )
    return kept


def _fill(total: int, rounds: int) -> int:
    """Store responses of 60 units each until there are `total` answers; return the first round's id."""
    session = db.session()
    units = [build_unit(session).id for _ in range(UNITS)]
    made = [build_round(session, f"20{22 + n // 4}-Q{n % 4 + 1}").id for n in range(rounds)]
    session.commit()
    dice = random.Random(1)
    responses = total // UNITS + 1
    session.execute(
        insert(Enterprise), [{"id": n, "key": f"k{n}", "name": f"企业{n}"} for n in range(1, responses + 1)]
    )
    session.execute(
        insert(Case), [_case(n, made[(n - 1) * rounds // responses]) for n in range(1, responses + 1)]
    )
    session.execute(insert(Response), [_response(n) for n in range(1, responses + 1)])
    details = {"duration": {"value": "3", "unit": "workdays"}, "documents": "4"}
    batch = []
    for n in range(1, responses + 1):
        ratings = dice.choices(("satisfied", "basically_satisfied", "dissatisfied"), (960, 38, 3), k=UNITS)
        batch += [
            {
                "response_id": n, "round_id": made[(n - 1) * rounds // responses], "instrument": "satisfaction",
                "unit_id": unit, "dealt": "yes", "rating": rating, "details": details,
            }
            for unit, rating in zip(units, ratings, strict=True)
        ]  # fmt: skip
        if len(batch) > 20_000 or n == responses:
            session.execute(insert(Answer), batch[: total - (n * UNITS - len(batch))])
            batch.clear()
    session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.engine.dialect.name == "sqlite" else "VACUUM ANALYZE")
    return made[0]


def _case(n: int, round_id: int) -> dict[str, object]:
    return {
        "id": n, "public_id": str(n), "round_id": round_id, "instrument": "satisfaction", "enterprise_id": n,
        "token_hash": str(n), "code_hash": str(n), "due_at": WHEN,
    }  # fmt: skip


def _response(n: int) -> dict[str, object]:
    return {
        "id": n, "case_id": n, "mode": "qr", "instrument_version": "1", "opened_at": WHEN, "received_at": WHEN,
        "content_digest": str(n), "receipt_code": str(n),
    }  # fmt: skip


def _plan(round_id: int) -> str:
    """Return how the database answers the tally's statement, in its own words."""
    statement = str(
        tally_statement(round_id, "satisfaction").compile(db.engine, compile_kwargs={"literal_binds": True})
    )
    if db.engine.dialect.name == "sqlite":
        lines = [str(row[3]) for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
        return "; ".join(lines)
    lines = [str(row[0]).strip(" ->") for row in db.session.execute(text(f"EXPLAIN {statement}"))]
    return next(line.split("  ")[0] for line in lines if "Scan" in line)
