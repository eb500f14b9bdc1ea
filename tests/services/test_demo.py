"""The demonstration county: all of it or nothing, and as plausible as it is meant to be."""

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.approval import Approval
from survey_app.domain.disposition import Disposition
from survey_app.domain.rectification import TaskState
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import Enterprise
from survey_app.models.item_entry import ItemEntry
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.rectification import RectificationTask
from survey_app.models.response import Answer
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.approvals import waiting_count
from survey_app.services.collaborators import Keys
from survey_app.services.demo.seed import DemoSignIn, seed_if_empty
from survey_app.services.ledger_claims import claims_elsewhere
from tests.builders import build_unit
from tests.conftest import FakeClock
from tests.databases import SECRET

KEYS = Keys.from_secret(SECRET)


def _say_nothing(_step: str) -> None:
    return


def test_an_interrupted_seeding_stores_nothing(app: Flask, session: Session, clock: FakeClock) -> None:
    kept: list[list[DemoSignIn]] = []

    def interrupt(step: str) -> None:
        if step.startswith("样本库 3/28"):
            raise KeyboardInterrupt

    with app.app_context(), pytest.raises(KeyboardInterrupt):
        seed_if_empty(db.engine, KEYS, clock, interrupt, kept.append)
    assert not kept
    for model in (Unit, Enterprise):
        assert session.scalar(select(func.count()).select_from(model)) == 0


def test_a_database_with_units_is_left_alone(app: Flask, session: Session, clock: FakeClock) -> None:
    build_unit(session, "税务局")
    session.commit()
    kept: list[list[DemoSignIn]] = []
    with app.app_context():
        assert seed_if_empty(db.engine, KEYS, clock, _say_nothing, kept.append) is False
    assert not kept
    assert session.scalars(select(Unit.name)).all() == ["税务局"]


@pytest.mark.slow
def test_the_county_is_plausible(app: Flask, session: Session, clock: FakeClock) -> None:
    kept: list[list[DemoSignIn]] = []
    with app.app_context():
        assert seed_if_empty(db.engine, KEYS, clock, _say_nothing, kept.append) is True
    (sign_ins,) = kept
    assert len({each.role for each in sign_ins}) == 6
    assert len({each.password for each in sign_ins}) == len(sign_ins)
    units = session.scalars(select(Unit)).all()
    assert (len(units), len({unit.category for unit in units})) == (28, 2)
    assert session.scalar(select(func.count()).select_from(Enterprise)) == 1600
    states = {each.quarter: each.state for each in session.scalars(select(Round))}
    assert states == {
        "2022-Q1": RoundState.PUBLISHED,
        "2022-Q2": RoundState.OPEN,
        "2022-Q3": RoundState.PREPARING,
    }
    second = session.scalars(select(Round).where(Round.quarter == "2022-Q2")).one()
    assert waiting_count(session, second, Role.OFFICE) == 6
    approved = select(ItemEntry).where(ItemEntry.approval == Approval.APPROVED)
    assert all(each.decided_by_id not in (None, each.entered_by_id) for each in session.scalars(approved))
    ratings = Counter(session.scalars(select(Answer.rating).where(Answer.rating.is_not(None))))
    total = ratings.total()
    assert 0.94 < ratings["satisfied"] / total < 0.98
    assert 0.02 < ratings["basically_satisfied"] / total < 0.06
    assert 0 < ratings["dissatisfied"] / total < 0.01
    tasks = session.scalars(select(RectificationTask)).all()
    assert {task.state for task in tasks} == set(TaskState)
    assert all(task.state is task.course.state for task in tasks)
    assert sum(task.unit.name == "税务局" for task in tasks) >= 2
    assert any(task.course.overdue(clock.now.date()) for task in tasks)
    called = select(Case.id).join(Round).where(Round.quarter == "2022-Q1", Case.attempts > 0)
    outcomes = session.scalars(select(ContactAttempt.outcome).where(ContactAttempt.case_id.in_(called)))
    completed = Counter(outcomes)[Disposition.COMPLETE]
    assert completed / session.scalar(select(func.count()).select_from(called.subquery())) == pytest.approx(
        0.65, abs=0.01
    )
    waiting = dict(
        session.execute(
            select(LedgerEntry.item, func.count())
            .where(LedgerEntry.approval == Approval.WAITING)
            .group_by(LedgerEntry.item)
        ).all()
    )
    assert waiting == {"endorsements": 2, "publicity": 1}
    entries = session.scalars(select(LedgerEntry).where(LedgerEntry.approval == Approval.WAITING)).all()
    assert sum(bool(found) for found in claims_elsewhere(session, entries).values()) == 2
    counted = session.scalars(select(LedgerEntry.item).where(LedgerEntry.approval == Approval.APPROVED))
    assert Counter(counted)["publicity"] > 10
