"""Promised limits as the office keeps them: all faults at once, every change on record, two people at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.models.audit_event import AuditEvent
from survey_app.models.service_promise import ServicePromise
from survey_app.services.errors import ConflictError, NotFoundError
from survey_app.services.promises import (
    PromiseRefusedError,
    Typed,
    list_promises,
    matters,
    promises_of,
    save_promises,
)
from tests.builders import build_account, build_unit
from tests.conftest import FakeClock


@pytest.fixture
def unit_id(session: Session) -> int:
    return build_unit(session, "税务局").id


@pytest.fixture
def office(session: Session) -> int:
    return build_account(session, Role.OFFICE).id


def _typed(version: int = 0, **texts: str) -> Typed:
    return Typed(texts, version)


def test_only_what_changed_is_stored_with_before_and_after(
    session: Session, unit_id: int, office: int, clock: FakeClock
) -> None:
    permit, taxes = _typed(days="5", source="办事指南"), _typed()
    assert save_promises(session, unit_id, {"permit": permit, "taxes": taxes}, office, clock.now) == 1
    assert list(promises_of(session, unit_id)) == ["permit"]
    again = {"permit": _typed(1, days="5.0", source="办事指南")}
    assert save_promises(session, unit_id, again, office, clock.now) == 0, "5.0 is 5"
    shorter = {"permit": _typed(1, days="3", fee="0", source="办事指南")}
    assert save_promises(session, unit_id, shorter, office, clock.now) == 1
    [row] = promises_of(session, unit_id).values()
    assert (row.days, row.documents, row.fee, row.version) == (Decimal(3), None, Decimal(0), 2)
    told = [
        e.details
        for e in session.query(AuditEvent).filter_by(action="promise.change").order_by(AuditEvent.id)
    ]
    assert [(e["matter"], e["before"]["days"], e["after"]["days"]) for e in told] == [("permit", "", "5"), ("permit", "5", "3")]  # fmt: skip
    assert save_promises(session, unit_id, {"permit": _typed(2)}, office, clock.now) == 1
    [listed] = list_promises(session)
    assert listed.promised == 0, "nothing is promised any more, and the row stays"


def test_one_fault_stores_nothing_and_all_are_named(
    session: Session, unit_id: int, office: int, clock: FakeClock
) -> None:
    typed = {
        "registration": _typed(days="1", source="办事指南"),
        "permit": _typed(days="很快", source="办事指南"),
        "taxes": _typed(fee="0"),
    }
    with pytest.raises(PromiseRefusedError) as refused:
        save_promises(session, unit_id, typed, office, clock.now)
    assert [field for field, _ in refused.value.faults] == ["permit-days", "taxes-source"]
    assert refused.value.faults[0][1].startswith("许可审批：承诺时限（工作日）应是 0 至 1000")
    assert session.query(ServicePromise).count() == 0


@pytest.mark.parametrize("stored", [False, True])
def test_second_of_two_people_is_told_and_loses_nothing_of_the_first(
    session: Session, unit_id: int, office: int, clock: FakeClock, stored: bool
) -> None:
    if stored:
        save_promises(session, unit_id, {"permit": _typed(days="9", source="甲")}, office, clock.now)
    seen = int(stored)
    save_promises(session, unit_id, {"permit": _typed(seen, days="5", source="甲")}, office, clock.now)
    second = {
        "taxes": _typed(days="1", source="乙"),
        "permit": _typed(seen, days="4", source="乙"),
    }
    with pytest.raises(ConflictError, match="刚刚由他人改过"):
        save_promises(session, unit_id, second, office, clock.now)
    rows = promises_of(session, unit_id)
    assert {key: row.days for key, row in rows.items()} == {"permit": Decimal(5)}, "nor half of the second"


def test_of_several_at_the_same_moment_one_stands(
    app: Flask, session: Session, unit_id: int, office: int, clock: FakeClock
) -> None:
    session.commit()
    start = threading.Barrier(3)

    def save(days: str) -> str:
        with app.app_context():
            mine = db.session()
            start.wait()
            try:
                save_promises(mine, unit_id, {"permit": _typed(days=days, source="甲")}, office, clock.now)
            except ConflictError:
                return "told"
            finally:
                mine.rollback()
            return days

    with ThreadPoolExecutor(3) as pool:
        came = list(pool.map(save, ("1", "2", "3")))
    assert came.count("told") == 2
    [stored] = promises_of(session, unit_id).values()
    assert str(stored.days) in came


def test_unknown_unit_and_matter_are_not_found(
    session: Session, unit_id: int, office: int, clock: FakeClock
) -> None:
    with pytest.raises(NotFoundError):
        save_promises(session, 999, {}, office, clock.now)
    with pytest.raises(NotFoundError):
        save_promises(session, unit_id, {"nothing": _typed()}, office, clock.now)
    assert "other" not in matters()
