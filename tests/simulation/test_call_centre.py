"""50 interviewers on 2,000 cases, on both databases, with crashes, appointments and answers by link in between."""

import os
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.db import db
from survey_app.domain.disposition import RULES, Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Response
from survey_app.schemes.calling import load_calling_rules
from survey_app.services.calling import hours_of
from tests.builders import build_account
from tests.simulation.call_centre import CallCentre
from tests.simulation.county import make_cases

D = Disposition
START = datetime(2022, 6, 15, 1, 30, tzinfo=UTC)  # a Wednesday, 9:30 in the county
INTERVIEWERS = int(os.environ.get("SIMULATED_INTERVIEWERS", "50"))
UNITS, EACH = 20, int(os.environ.get("SIMULATED_CASES", "200")) // 20


def _hurry(connection: DBAPIConnection, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]


@pytest.mark.slow
def test_every_case_ends_and_nothing_is_lost(app: Flask, session: Session) -> None:
    round_ = make_cases(session, UNITS, EACH, 2, START)
    people = [build_account(session, Role.INTERVIEWER).id for _ in range(INTERVIEWERS)]
    session.commit()
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        # Surviving a power cut is tested elsewhere; here it would only be the disk that is measured.
        event.listen(engine, "connect", _hurry)
        engine.dispose()
    centre = CallCentre(engine, people, seed=20220615)
    began = time.monotonic()
    centre.work_until_all_is_done(START, START + timedelta(days=60))
    if engine.dialect.name == "sqlite":
        event.remove(engine, "connect", _hurry)
        engine.dispose()
    took, ledger = time.monotonic() - began, centre.ledger
    print(
        f"{engine.dialect.name}: {UNITS * EACH} cases, {INTERVIEWERS} people, {took:.1f} s", ledger.outcomes
    )

    session.expire_all()
    cases = session.scalars(select(Case).where(Case.round_id == round_.id)).all()
    attempts: dict[int, list[ContactAttempt]] = defaultdict(list)
    for attempt in session.scalars(select(ContactAttempt).order_by(ContactAttempt.id)):
        attempts[attempt.case_id].append(attempt)
    modes = Counter(session.scalars(select(Response.mode)))
    answered = set(session.scalars(select(Response.case_id)))

    # No case was ever held twice, and nobody holds one now.
    assert ledger.violations == []
    assert [case.id for case in cases if case.held_by_id is not None] == []
    # No attempt is lost, none was made up, and each case knows how many it had.
    written = {attempt.id for of_case in attempts.values() for attempt in of_case}
    assert written == ledger.attempts
    assert {case.id: case.attempts for case in cases} == {case.id: len(attempts[case.id]) for case in cases}
    # What was never reported was begun by somebody who crashed.
    unreported = sum(attempt.outcome is None for of_case in attempts.values() for attempt in of_case)
    assert unreported <= ledger.crashes["after dialling"] + ledger.crashes["before the outcome"]
    # Every case ended in a final state, which its last calls led to.
    assert [case.id for case in cases if not case.closed] == []
    for case in cases:
        rule = RULES[case.disposition]
        assert rule.final or rule.retries is not None, case.disposition
        assert (case.id in answered) is (case.disposition in (D.COMPLETE, D.NO_DEALINGS))
    # Totals reconcile: those that answered by either way, and those that ended without.
    assert modes == Counter({Mode.PHONE: ledger.interviews, Mode.QR: ledger.web_answers})
    ended = Counter(case.disposition for case in cases)
    assert sum(modes.values()) == ended[D.COMPLETE] + ended[D.NO_DEALINGS]
    assert sum(ended.values()) == len(cases) == UNITS * EACH
    # Nobody was given up early, nor in one part of the day.
    rules, hours = load_calling_rules("fangcheng-2022"), hours_of(session, "fangcheng-2022")
    for case in cases:
        if case.disposition is D.MAX_ATTEMPTS:
            wrong = {each.phone for each in attempts[case.id] if each.outcome == D.WRONG_NUMBER.value}
            counted = [
                each.started_at.astimezone(COUNTY_ZONE)
                for each in attempts[case.id]
                if each.phone not in wrong
            ]
            assert len(counted) >= rules.max_attempts
            assert len({moment.date() for moment in counted}) >= rules.least_days
            assert len({hours.part_of(moment) for moment in counted}) >= rules.least_parts
    # It did all happen.
    assert set(ledger.crashes) == {"after the claim", "after dialling", "before the outcome"}
    assert min(ledger.crashes.values()) >= 1
    assert ledger.returned > 0, "somebody who crashed got the case back"
    assert ledger.appointments_kept > 0
    assert ledger.web_answers > 0
    # No interviewer owns a unit: each unit's cases were called by many.
    callers: dict[int, set[int]] = defaultdict(set)
    for case_id, interviewer in session.execute(
        select(ContactAttempt.case_id, ContactAttempt.interviewer_id)
    ):
        callers[(case_id - 1) // (EACH + 2)].add(interviewer)
    assert min(map(len, callers.values())) >= min(INTERVIEWERS, EACH) // 3
    assert session.scalar(select(func.count()).select_from(ContactAttempt)) > len(cases) // 2
