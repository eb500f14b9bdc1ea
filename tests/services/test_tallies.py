"""Counting answers: what is counted, and that an index is all the database reads for it."""

from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.tally import Tally
from survey_app.models.case import Case
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import Answer, Response
from survey_app.services.tallies import fieldwork, live_tally, tally_statement
from tests.builders import build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import build_answers


def test_answers_are_counted_by_unit_round_and_instrument(session: Session, clock: FakeClock) -> None:
    round_, earlier = build_round(session), build_round(session, "2022-Q1")
    one, other = build_unit(session), build_unit(session)
    for each, instrument, ratings in (
        (round_, "satisfaction", {one.id: "satisfied", other.id: "dissatisfied"}),
        (round_, "satisfaction", {one.id: "basically_satisfied", other.id: None}),
        (round_, "mass_appraisal", {one.id: "dissatisfied"}),
        (earlier, "satisfaction", {one.id: "dissatisfied"}),
    ):
        case = build_case(session, each, [one, other], instrument=instrument)
        build_answers(session, case, ratings, clock.now)
    assert live_tally(session, round_.id, "satisfaction") == {
        one.id: Tally({"satisfied": 1, "basically_satisfied": 1}),
        other.id: Tally({"dissatisfied": 1}),
    }
    assert live_tally(session, round_.id, "mass_appraisal") == {one.id: Tally({"dissatisfied": 1})}


def test_fieldwork_counts_asked_reached_and_answered(session: Session, clock: FakeClock) -> None:
    round_, unit = build_round(session), build_unit(session)
    cases = [build_case(session, round_, [unit]) for _ in range(5)]
    build_answers(session, cases[0], {unit.id: "satisfied"}, clock.now)
    by_phone = build_answers(session, cases[1], {unit.id: "satisfied"}, clock.now)
    by_phone.mode = Mode.PHONE
    build_answers(session, cases[2], {unit.id: None}, clock.now)
    cases[3].disposition = Disposition.HARD_REFUSAL
    cases[4].disposition = Disposition.NO_ANSWER
    session.flush()
    found = fieldwork(session, round_.id, "satisfaction")[unit.id]
    assert (found.frame_size, found.sampled, found.reached, found.answered) == (20, 5, 4, 2)
    assert found.modes == {Mode.QR: 1, Mode.PHONE: 1}
    assert str(found.rate) == "0.4000"


def test_the_tally_reads_the_index_alone(session: Session, clock: FakeClock) -> None:
    """Of twelve rounds, the tally of one reads its part of the index and nothing else."""
    rounds = [build_round(session, f"20{n // 4 + 20}-Q{n % 4 + 1}").id for n in range(12)]
    units = [build_unit(session).id for _ in range(40)]
    ids = range(1, 241)
    session.execute(insert(Enterprise), [{"id": n, "key": f"k{n}", "name": f"企业{n}"} for n in ids])
    session.execute(
        insert(Case),
        [
            {
                "id": n, "public_id": str(n), "round_id": rounds[n % 12], "instrument": "satisfaction",
                "enterprise_id": n, "token_hash": str(n), "code_hash": str(n), "due_at": clock.now,
            }
            for n in ids
        ],
    )  # fmt: skip
    session.execute(
        insert(Response),
        [
            {
                "id": n, "case_id": n, "mode": "qr", "instrument_version": "1", "opened_at": clock.now,
                "received_at": clock.now, "content_digest": str(n), "receipt_code": str(n),
            }
            for n in ids
        ],
    )  # fmt: skip
    session.execute(
        insert(Answer),
        [
            {
                "response_id": n, "round_id": rounds[n % 12], "instrument": "satisfaction", "unit_id": unit,
                "dealt": "yes", "rating": "satisfied", "details": {"documents": "4"},
            }
            for n in ids
            for unit in units
        ],
    )  # fmt: skip
    session.commit()
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not sqlite:
            # Vacuum marks only what was flushed as seen by all, and tests commit without waiting for that.
            connection.exec_driver_sql("SET synchronous_commit = on")
            connection.exec_driver_sql("ANALYZE answer")
        connection.exec_driver_sql("ANALYZE" if sqlite else "VACUUM ANALYZE answer")
    assert live_tally(session, rounds[0], "satisfaction")[units[0]] == Tally({"satisfied": 20})
    plan = _plan(session, rounds[0])
    if sqlite:
        wanted = (
            "SEARCH answer USING COVERING INDEX ix_answer_tally (round_id=? AND instrument=? AND counted=?)"
        )
        assert plan == wanted
    else:
        assert "Index Only Scan using ix_answer_tally" in plan
        assert "Index Cond" in plan
        assert "Seq Scan" not in plan


def _plan(session: Session, round_id: int) -> str:
    """How the database answers the tally's statement, in its own words."""
    engine = session.get_bind()
    statement = tally_statement(round_id, "satisfaction").compile(
        engine, compile_kwargs={"literal_binds": True}
    )
    word = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(row[-1]) for row in session.execute(text(f"{word} {statement}")))
