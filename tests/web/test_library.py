"""The unit's own portal: from a faulty file to a receipt, by the deadline, and nothing of anybody else's."""

import hashlib
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.config import MAX_FORM_BYTES, MAX_UPLOAD_BYTES
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.integrations.spreadsheets import write_csv
from survey_app.models.audit_event import AuditEvent
from survey_app.models.enterprise import FrameEntry
from survey_app.models.library import LibraryDeadline, LibrarySubmission
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from tests.builders import WHEN, build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.pages import Browser, Page

FRAMES = Path(__file__).parents[1] / "frames"
SignIn = Callable[..., FlaskClient]
TAX = "税务局"


def _csv(*rows: list[str]) -> bytes:
    return write_csv([["企业名称", "联系电话"], *rows])


def _prepare(session: Session, due_at: datetime | None, *units: str) -> None:
    """A round in preparation that takes libraries until `due_at`, and units."""
    for name in (TAX, *units):
        build_unit(session, name)
    round_ = build_round(session, "2022-Q3", RoundState.PREPARING, opened_at=None)
    if due_at:
        session.add(LibraryDeadline(round_id=round_.id, due_at=due_at, set_at=WHEN))
    session.commit()


def _check(browser: Browser, data: bytes, name: str = "名单.csv") -> Page:
    return browser.send(browser.open("/library"), "上传并检查", {"file": (data, name)})


@pytest.fixture
def open_until(session: Session, clock: FakeClock) -> datetime:
    due_at = clock.now + timedelta(days=3)
    _prepare(session, due_at, "农商银行")
    return due_at


@pytest.fixture
def tax(open_until: datetime, sign_in: SignIn) -> Browser:
    return Browser(sign_in(Role.UNIT, TAX))


def test_a_unit_sees_the_worst_first_corrects_resubmits_and_gets_a_receipt(
    tax: Browser, session: Session
) -> None:
    faulty = _csv(
        ["甲公司", "67230000"], ["乙公司", "1380013"], ["丙公司", "13900139000"], ["丙公司", "13900139000"]
    )
    page = _check(tax, faulty)
    assert "手机号应为 11 位，这里是 7 位" in page.text
    assert "请填 11 位手机号" in page.text
    places = [
        page.text.index(f'<section class="card" id="{each}"') for each in ("faults", "warnings", "duplicates")
    ]
    assert places == sorted(places)
    assert session.query(LibrarySubmission).count() == 0
    session.rollback()
    first = tax.send(page, "确认报送这 2 家企业")
    corrected = _csv(["乙公司", "13700137000"], ["丙公司", "13900139000"])
    page = _check(tax, corrected)
    assert "新增 1 家，更新 1 家" in page.text
    assert "以前报过的 1 家不在这份文件里" in page.text
    receipt = tax.send(page, "确认报送这 2 家企业")
    assert hashlib.sha256(corrected).hexdigest() in receipt.text
    assert "名单.csv" in receipt.text
    # The first one stays, with its file.
    assert tax.open("/library").text.count("/library/receipts/") == 2
    assert tax.open(first.link("下载报送的文件")).answer.data == faulty
    names = [entry.enterprise.name for entry in session.scalars(select(FrameEntry).order_by(FrameEntry.id))]
    assert names == ["甲公司", "丙公司", "乙公司"]


def test_confirming_twice_gives_the_same_receipt(tax: Browser, session: Session) -> None:
    data = _csv(["甲公司", "13800138000"])
    receipts = {tax.send(_check(tax, data), "确认报送").address for _ in range(2)}
    assert len(receipts) == 1
    assert session.query(LibrarySubmission).one().number == 1


def test_nobody_reads_another_units_submission(tax: Browser, sign_in: SignIn) -> None:
    receipt = tax.send(_check(tax, _csv(["甲公司", "13800138000"])), "确认报送")
    bank = Browser(sign_in(Role.UNIT, "农商银行"))
    for address in (receipt.address, receipt.address + "/file"):
        bank.open(address, 404)
    check = _check(tax, _csv(["乙公司", "13800138000"]))
    bank.open(check.address, 404)
    assert bank.client.post(check.address + "/submit").status_code == 404
    assert "还没有报送过" in bank.open("/library").text


@pytest.mark.parametrize(
    ("late", "status"), [(timedelta(0), 303), (timedelta(microseconds=1), 409)], ids=["in time", "late"]
)
def test_the_deadline_itself_is_in_time(
    tax: Browser, open_until: datetime, clock: FakeClock, sign_in: SignIn, late: timedelta, status: int
) -> None:
    clock.now = open_until - timedelta(minutes=5)
    again = Browser(sign_in(Role.UNIT, TAX))
    page = _check(again, _csv(["甲公司", "13800138000"]))
    clock.now = open_until + late
    assert again.client.post(page.address + "/submit").status_code == status
    if late:
        shown = again.open("/library").text
        assert "报送已经截止" in shown
        assert "上传并检查" not in shown


def test_a_unit_that_was_drawn_is_told_only_that_it_is_closed(
    tax: Browser, session: Session, open_until: datetime
) -> None:
    page = _check(tax, _csv(["甲公司", "13800138000"]))
    own = session.scalars(select(Unit).where(Unit.name == TAX)).one()
    build_case(session, session.scalars(select(Round)).one(), [own])
    session.commit()
    assert tax.client.post(page.address + "/submit").status_code == 409
    shown = tax.open("/library").text
    assert "报送已经截止" in shown
    assert "抽" not in shown.partition('<div class="card">')[2].partition("</div>")[0]


@pytest.mark.parametrize(
    ("due", "words"), [(False, "还没有定报送期限"), (None, "现在不需要报送")], ids=["no deadline", "no round"]
)
def test_without_a_deadline_the_page_says_so(
    session: Session, sign_in: SignIn, due: bool | None, words: str
) -> None:
    if due is None:
        build_unit(session, TAX)
        session.commit()
    else:
        _prepare(session, None)
    tax = Browser(sign_in(Role.UNIT, TAX))
    assert words in tax.open("/library").text
    answer = tax.client.post("/library", data={"file": (io.BytesIO(_csv(["甲", "13800138000"])), "a.csv")})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1-行政审批局-按模板.xlsx", "确认报送这 40 家企业"),
        ("2-税务局-盖章表.xlsx", "确认报送这 34 家企业"),
        ("3-供电公司-旧格式.xls", "确认报送这 30 家企业"),
        ("4-自来水公司-GBK.csv", "确认报送这 32 家企业"),
        ("5-农商银行-分号.csv", "确认报送这 20 家企业"),
        ("6-汇总-多单位.xlsx", "第 5 行"),
        ("7-其实是网页.xls", "这是网页"),
        ("8-空文件.xlsx", "文件是空的"),
    ],
)
def test_libraries_as_units_really_send_them(tax: Browser, name: str, words: str) -> None:
    page = _check(tax, (FRAMES / name).read_bytes(), name)
    assert words in page.text
    if name.startswith("6"):
        assert "只能报送本单位" in page.text
        assert "确认报送" not in page.text


def test_too_large_an_upload_is_refused_before_its_body_is_read(tax: Browser) -> None:
    class Unread(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise AssertionError("the body was read")

    answer = tax.client.post(
        "/library",
        input_stream=Unread(),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(MAX_UPLOAD_BYTES + MAX_FORM_BYTES + 1)},
    )
    assert answer.status_code == 413


def test_the_office_sets_the_deadline_extends_it_with_a_reason_and_gets_the_file(
    app: Flask, session: Session, sign_in: SignIn, clock: FakeClock
) -> None:
    _prepare(session, None, "农商银行")
    office, tax = Browser(sign_in(Role.OFFICE)), Browser(sign_in(Role.UNIT, TAX))
    address = "/rounds/2022-Q3/libraries"
    past = {"due_day": "2022-06-15", "due_time": "09:59"}
    assert "报送期限应在现在以后" in office.send(office.open(address), "定期限", past, 400).text
    office.send(office.open(address), "定期限", {"due_day": "2022-06-15", "due_time": "10:20"})
    data = _csv(["甲公司", "13800138000"])
    receipt = tax.send(_check(tax, data), "确认报送")
    clock.advance(timedelta(minutes=21))
    assert "报送已经截止" in tax.open("/library").text
    page = office.open(address)
    bank_id = next(id_ for id_, name in _options(page) if name == "农商银行")
    extension = {"unit": bank_id, "extended_day": "2022-06-16", "extended_time": "18:00", "reason": ""}
    assert "请填写延期的原因" in office.send(page, "延期", extension, 400).text
    page = office.send(page, "延期", {**extension, "reason": "经办人住院"})
    assert "经办人住院" in page.text
    assert "上传并检查" in Browser(sign_in(Role.UNIT, "农商银行")).open("/library").text
    assert "报送已经截止" in tax.open("/library").text
    number = receipt.text.partition("回执号 ")[2].partition("<")[0]
    assert office.open(page.link(number)).answer.data == data
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("library.%"))).all()
    assert sorted(actions) == ["library.deadline", "library.extend", "library.submit"]


def _options(page: Page) -> list[tuple[str, str]]:
    parts = page.text.partition('id="unit"')[2].partition("</select>")[0].split('<option value="')[1:]
    return [(part.partition('"')[0], part.partition(">")[2].partition("<")[0]) for part in parts]
