"""Many interviewers at the queue at once, on both databases."""

import threading
from collections import Counter
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.services import interviews
from tests.builders import build_account, build_case, build_round, build_unit

D = Disposition
NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)


def make_cases(session: Session, count: int) -> None:
    round_, unit = build_round(session), build_unit(session)
    for _n in range(count):
        build_case(session, round_, [unit])
    session.commit()


def test_eight_interviewers_at_once(app: Flask, session: Session) -> None:
    people = [build_account(session, Role.INTERVIEWER).id for _ in range(8)]
    make_cases(session, 20)
    claimed, faults = [], []
    start = threading.Barrier(16)

    def work(person: int, turn: int) -> None:
        with app.app_context():
            mine = db.session()
            start.wait()
            try:
                for _n in range(3):
                    case = interviews.next_case(mine, person, NOW, "the same for all")
                    claimed.append((person, case.id))
            except Exception as error:
                faults.append(error)
            finally:
                mine.rollback()

    # Each person asks twice at once, as with two windows open.
    threads = [threading.Thread(target=work, args=(p, turn)) for p in people for turn in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(claimed) == 48
    pairs = set(claimed)
    assert len(pairs) == 8  # everybody got one case, however often they asked
    assert len({case for _person, case in pairs}) == 8
    session.expire_all()
    holders = session.execute(select(Case.held_by_id, Case.id).where(Case.held_by_id.is_not(None)))
    assert {(person, case) for person, case in holders} == pairs


def test_the_queue_is_worked_off_by_many_without_a_call_lost(app: Flask, session: Session) -> None:
    people = [build_account(session, Role.INTERVIEWER).id for _ in range(8)]
    make_cases(session, 20)
    calls: Counter[int] = Counter()
    faults = []

    def work(person: int) -> None:
        with app.app_context():
            mine = db.session()
            try:
                while case := interviews.next_case(mine, person, NOW, str(person)):
                    interviews.begin_call(mine, case.id, person, 0, NOW)
                    calls[case.id] += 1
                    interviews.record_outcome(mine, case.id, person, D.HARD_REFUSAL, "", None, NOW)
            except Exception as error:
                faults.append(error)
            finally:
                mine.rollback()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(calls) == 20
    assert set(calls.values()) == {1}
    session.expire_all()
    assert all(case.closed and case.attempts == 1 for case in session.scalars(select(Case)))
    assert session.query(ContactAttempt).filter(ContactAttempt.outcome.is_not(None)).count() == 20
