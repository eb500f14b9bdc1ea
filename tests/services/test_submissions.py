"""Submissions and the facts behind findings, on each database: all or nothing, and what each change leaves behind."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.frame import FrameReading, read_frame
from survey_app.domain.library_findings import FindingKind
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.domain.sheet import Row, Sheet
from survey_app.models.enterprise import EntryPhone, FrameEntry
from survey_app.models.library import LibrarySubmission, PhonesChange
from survey_app.models.unit import Unit
from survey_app.services import frames, library_deadlines, library_findings, submissions
from survey_app.services.errors import ServiceError
from survey_app.services.frame_uploads import Upload
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock

CODES = ("91411322MA0000001X", "91411322MA0000002M")


@pytest.fixture
def tax(session: Session, clock: FakeClock) -> Unit:
    """A unit that may hand in for three days."""
    unit = build_unit(session, "税务局")
    round_ = build_round(session, "2022-Q3", RoundState.PREPARING, opened_at=None)
    session.commit()
    library_deadlines.set_deadline(session, round_, clock.now + timedelta(days=3), clock.now, None)
    return unit


def _reading(*rows: tuple[str, ...], unit: str = "税务局") -> FrameReading:
    heading = ("企业名称", "统一社会信用代码", "联系电话")
    lines = [Row(n, row) for n, row in enumerate((heading, *rows), start=1)]
    return read_frame([Sheet("名单", tuple(lines))], unit)


def _submit(session: Session, unit: Unit, clock: FakeClock, *rows: tuple[str, ...]) -> LibrarySubmission:
    data = repr(rows).encode()
    who = build_account(session, Role.UNIT)
    session.commit()
    upload = Upload("名单.csv", unit.name, data)
    return submissions.submit(session, unit.id, upload, _reading(*rows), clock.now, who.id)


def test_what_a_second_submission_changes_is_kept_and_found(
    session: Session, clock: FakeClock, tax: Unit
) -> None:
    _submit(session, tax, clock, ("甲公司", CODES[0], "13800138000"), ("乙公司", CODES[1], "13700137000"))
    clock.advance(timedelta(hours=1))
    last = _submit(session, tax, clock, ("甲集团", CODES[0], "13900139000"))
    assert (last.number, submissions.content_of(session, last)[:2]) == (2, b"((")
    change = session.scalars(select(PhonesChange)).one()
    assert [phone["number"] for phone in change.old_phones] == ["13800138000"]
    assert change.last_given_at == clock.now - timedelta(hours=1)
    numbers = session.scalars(select(EntryPhone.number).order_by(EntryPhone.number)).all()
    assert numbers == ["13700137000", "13900139000"]
    found = library_findings.find(session, clock.now, None, None)
    kinds = [each.kind for each in found.chosen]
    assert kinds == [
        FindingKind.PHONE_CHANGED, FindingKind.OTHER_NAME, FindingKind.LEFT_OUT, FindingKind.TOO_SMALL
    ]  # fmt: skip
    assert [entry.enterprise for entry in found.chosen[2].entries] == ["乙公司"]
    only = library_findings.find(session, clock.now, tax.id + 1, None)
    assert (only.chosen, only.by_kind[FindingKind.OTHER_NAME]) == ([], 1)


def test_numbers_shared_across_units_and_those_of_staff_are_found(
    session: Session, clock: FakeClock, tax: Unit
) -> None:
    bank = build_unit(session, "农商银行")
    closed = build_unit(session, "撤销局")
    closed.active = False
    build_account(session).phone = "0377-67230000转8"
    session.commit()
    for unit, name, phone in (
        ("税务局", "甲公司", "13800138000"),
        ("农商银行", "乙公司", "13800138000"),
        ("农商银行", "丙公司", "0377-67230000转8"),
        ("农商银行", "丁公司", "0377-67230000转9"),
        ("撤销局", "戊公司", "0377-67230000转9"),
    ):
        frames.store_reading(session, _reading((name, "", phone), unit=unit), "库.csv", "0" * 64, clock.now)
    chosen = library_findings.find(session, clock.now, None, None).chosen
    told = [(each.kind, each.unit_ids, [entry.enterprise for entry in each.entries]) for each in chosen]
    assert told[:2] == [
        (FindingKind.STAFF_PHONE, (bank.id,), ["丙公司"]),
        (FindingKind.SHARED_PHONE, (tax.id, bank.id), ["甲公司", "乙公司"]),
    ]
    assert FindingKind.SHARED_PHONE not in [each[0] for each in told[2:]]


def test_another_units_rows_are_named_and_nothing_is_stored(
    session: Session, clock: FakeClock, tax: Unit
) -> None:
    who = build_account(session, Role.UNIT)
    session.commit()
    reading = _reading(("甲公司", "", "13800138000"), unit="农商银行")
    with pytest.raises(ServiceError, match="「农商银行」 名单第 2 行"):
        submissions.submit(session, tax.id, Upload("a.csv", tax.name, b"x"), reading, clock.now, who.id)
    assert session.query(FrameEntry).count() == session.query(LibrarySubmission).count() == 0


def test_the_office_deadlines(session: Session, clock: FakeClock, tax: Unit) -> None:
    """An extension is later than the deadline, for a unit that wasn't drawn; a later deadline outdoes it."""
    round_ = build_round(session, "2022-Q4", RoundState.PREPARING, opened_at=None)
    session.commit()

    def extend(days: int) -> None:
        until = clock.now + timedelta(days=days)
        library_deadlines.extend(session, round_, tax.id, until, "经办人住院", clock.now, None)

    with pytest.raises(ServiceError, match="还没有定报送期限"):
        extend(1)
    session.rollback()
    library_deadlines.set_deadline(session, round_, clock.now + timedelta(days=2), clock.now, None)
    with pytest.raises(ServiceError, match="延期应晚于"):
        extend(2)
    session.rollback()
    extend(3)
    of_unit = library_deadlines.deadlines_of(session, round_.id).of_unit
    assert (of_unit(tax.id), of_unit(0)) == (
        clock.now + timedelta(days=3),
        clock.now + timedelta(days=2),
    )
    library_deadlines.set_deadline(session, round_, clock.now + timedelta(days=9), clock.now, None)
    assert library_deadlines.deadlines_of(session, round_.id).extensions == {}
    build_case(session, round_, [tax])
    session.commit()
    with pytest.raises(ServiceError, match="已经抽样"):
        extend(10)
