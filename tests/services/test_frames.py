"""Storing a library file: new entries added, known ones updated, none deleted; all or nothing."""

import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.credit_code import check_character
from survey_app.domain.frame import FrameReading, FrameRow
from survey_app.domain.phone import Phone, PhoneKind
from survey_app.domain.round_state import RoundState
from survey_app.models.audit_event import AuditEvent
from survey_app.models.enterprise import Enterprise, FrameEntry, FrameImport
from survey_app.models.unit import Unit
from survey_app.services import frames
from survey_app.services.errors import ServiceError
from survey_app.services.frames import StoredFrame, changes_of, libraries, store_reading
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock


def _row(
    name: str, phone: str = "13800138000", unit: str = "税务局", code: str | None = None, **more: str
) -> FrameRow:
    return FrameRow(
        "表", 2, unit, name, code, more.get("contact", ""),
        (Phone(phone, "", PhoneKind.MOBILE),), more.get("matter", ""),
    )  # fmt: skip


def _reading(*rows: FrameRow) -> FrameReading:
    return FrameReading(rows, (), (), ())


def _store(session: Session, clock: FakeClock, *rows: FrameRow, account_id: int | None = None) -> StoredFrame:
    return store_reading(session, _reading(*rows), "库.xlsx", "0" * 64, clock.now, account_id)


def _entries(session: Session) -> Sequence[FrameEntry]:
    return session.scalars(select(FrameEntry).order_by(FrameEntry.id)).all()


def _code(number: int) -> str:
    body = f"91411322M{number:08d}"
    return body + check_character(body)


def test_file_adds_and_the_next_updates_without_deleting(session: Session, clock: FakeClock) -> None:
    build_unit(session, "税务局")
    first = _store(
        session, clock, _row("甲", code=_code(1), contact="王敏", matter="开票"), _row("乙", code=_code(2))
    )
    assert (first.added, first.updated, first.new_units) == (2, 0, ())
    clock.advance(timedelta(days=1))
    second = _store(
        session, clock, _row("甲（改名）", "13900139000", code=_code(1)), _row("丙", code=_code(3))
    )
    assert (second.added, second.updated, second.by_unit) == (1, 1, {"税务局": (1, 1)})
    session.expire_all()
    changed, untouched, _ = _entries(session)
    assert [phone["number"] for phone in changed.phones] == ["13900139000"]
    # What the newer file leaves empty is kept, and so is the first name.
    assert (changed.contact, changed.matter, changed.enterprise.name) == ("王敏", "开票", "甲")
    assert (changed.frame_import_id, untouched.frame_import_id) == (second.import_id, first.import_id)
    assert changed.updated_at == clock.now


def test_units_that_nobody_registered_are_created_and_named(session: Session, clock: FakeClock) -> None:
    build_unit(session, "税务局")
    stored = _store(session, clock, _row("甲"), _row("乙", unit="供电公司"), _row("丙", unit="供电公司"))
    assert stored.new_units == ("供电公司",)
    unit = session.scalars(select(Unit).where(Unit.name == "供电公司")).one()
    assert unit.category == "政府部门"
    assert unit.position > session.scalars(select(Unit.position).where(Unit.name == "税务局")).one()


def test_enterprise_of_two_units_is_one(session: Session, clock: FakeClock) -> None:
    _store(session, clock, _row("甲", code=_code(1)), _row("甲", unit="供电公司", code=_code(1)))
    assert session.scalar(select(func.count()).select_from(Enterprise)) == 1
    assert len(_entries(session)) == 2
    assert frames.count_enterprises(session) == 1


def test_unit_written_otherwise_is_the_registered_one(session: Session, clock: FakeClock) -> None:
    build_unit(session, "税务局")
    assert _store(session, clock, _row("甲", unit="税 务 局")).new_units == ()


def test_import_is_recorded_without_naming_anybody(session: Session, clock: FakeClock) -> None:
    account = build_account(session)
    stored = _store(session, clock, _row("甲公司"), account_id=account.id)
    file = session.get_one(FrameImport, stored.import_id)
    assert (file.filename, file.accepted, file.imported_at, file.imported_by_id) == (
        "库.xlsx", 1, clock.now, account.id,
    )  # fmt: skip
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "frame.import")).one()
    assert (event.account_id, event.details["added"]) == (account.id, 1)
    assert "甲公司" not in str(event.details)
    assert "138" not in str(event.details)


@pytest.mark.parametrize(
    "rows", [(), (_row("甲"), _row("乙", unit="局" * 101))], ids=["nothing", "long unit"]
)
def test_refused_reading_stores_nothing(
    session: Session, clock: FakeClock, rows: tuple[FrameRow, ...]
) -> None:
    with pytest.raises(ServiceError, match=r"重新导入"):
        _store(session, clock, *rows)
    session.rollback()
    for kind in (Unit, Enterprise, FrameEntry, FrameImport, AuditEvent):
        assert session.scalar(select(func.count()).select_from(kind)) == 0


def test_changes_tell_what_storing_would_do_and_store_nothing(session: Session, clock: FakeClock) -> None:
    unit = build_unit(session, "税务局")
    case = build_case(session, build_round(session, state=RoundState.OPEN), [unit])
    enterprise = session.get_one(Enterprise, case.enterprise_id)
    code = enterprise.credit_code
    session.commit()
    reading = _reading(
        _row(enterprise.name, "13900139000", code=code),
        _row("新", code=_code(7)),
        _row("别", unit="供电公司"),
    )
    known, new = changes_of(session, reading)
    assert (known.is_new, known.added, known.known, known.phones_changed, known.asked_phones_changed) == (
        False, 1, 1, 1, 1,
    )  # fmt: skip
    assert (new.unit, new.is_new, new.added) == ("供电公司", True, 1)
    assert len(_entries(session)) == 1


def test_libraries_tell_size_mobiles_and_the_last_file(session: Session, clock: FakeClock) -> None:
    build_unit(session, "空单位")
    _store(session, clock, _row("甲"), _row("乙", "13900139000"))
    clock.advance(timedelta(days=1))
    _store(session, clock, _row("甲"))
    empty, full = libraries(session)
    assert (empty.size, empty.last_file, empty.last_at) == (0, None, None)
    assert (full.size, full.with_mobile, full.last_file, full.last_at) == (2, 2, "库.xlsx", clock.now)


@pytest.mark.slow
def test_twenty_thousand_rows_are_stored_and_updated_in_seconds(session: Session, clock: FakeClock) -> None:
    rows = [
        _row(f"第{n}公司", f"138{n:08d}", f"单位{n % 10}", _code(n), contact="张三", matter="用电报装")
        for n in range(20_000)
    ]
    for counts in ((20_000, 0), (0, 20_000)):
        start = time.process_time()
        stored = _store(session, clock, *rows)
        taken = time.process_time() - start
        assert (stored.added, stored.updated) == counts
        assert taken < 10, taken
