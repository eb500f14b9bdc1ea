"""The cases of a round by HTTP: the list, one case, its code read back, and the files of links."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import LaterSubmission, Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.messages import queue_message
from tests.builders import (
    build_account,
    build_case,
    build_enterprise,
    build_round,
    build_unit,
    code_of,
    token_of,
)
from tests.conftest import FakeClock
from tests.score_builders import build_answers, looking

SignIn = Callable[..., FlaskClient]
CLOSES = datetime(2022, 6, 24, 16, 0, tzinfo=UTC)
BASE = "/rounds/2022-Q2"


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session, closes_at=CLOSES)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "县税务局")


@pytest.fixture
def case(session: Session, round_: Round, unit: Unit) -> Case:
    made = build_case(session, round_, [unit], build_enterprise(session, "宏达农业"), phone="13800138000")
    session.commit()
    return made


@pytest.fixture
def office(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.OFFICE)


def audited(session: Session, action: str) -> list[dict[str, object]]:
    with looking(session) as other:
        events = other.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id))
        return [event.details for event in events]


def test_only_who_asks(sign_in: SignIn, case: Case) -> None:
    """The commission, which asks with another questionnaire, gets an empty list and finds no case."""
    paths = (
        f"{BASE}/cases",
        f"/cases/{case.public_id}",
        f"/cases/{case.public_id}/qr.svg",
        f"/cases/{case.public_id}/qr.png",
        f"/cases/{case.public_id}/new-link",
    )
    for role in Role:
        client = sign_in(role, unit="县税务局" if role is Role.UNIT else None)
        for path in paths:
            status = {Role.OFFICE: 200, Role.COMMISSION: 200 if path.endswith("cases") else 404}.get(
                role, 403
            )
            assert client.get(path).status_code == status, (role, path)
        for path in (f"{BASE}/links.csv", f"{BASE}/labels.pdf"):
            status = {Role.OFFICE: 200, Role.COMMISSION: 400}.get(role, 403)
            assert client.post(path).status_code == status, (role, path)
            assert client.get(path).status_code == 405
        if role is not Role.OFFICE:
            status = 404 if role is Role.COMMISSION else 403
            phones = client.post(f"/cases/{case.public_id}/phones", data={"reason": "check"})
            assert phones.status_code == status
            assert client.post(f"/cases/{case.public_id}/new-link").status_code == status


def test_what_is_not_there_is_not_found(office: FlaskClient, round_: Round, session: Session) -> None:
    session.commit()
    assert "还没有抽样" in office.get(f"{BASE}/cases").text
    assert office.get("/rounds/2021-Q1/cases").status_code == 404
    for path in ("", "/qr.svg", "/qr.png", "/new-link"):
        assert office.get(f"/cases/nobody{path}").status_code == 404
    assert office.post("/cases/nobody/phones", data={"reason": "check"}).status_code == 404
    answer = office.post(f"{BASE}/links.csv")
    assert answer.status_code == 400
    assert "还没有抽样" in answer.text


def test_the_list_says_which_part_of_how_many(
    office: FlaskClient, session: Session, round_: Round, unit: Unit
) -> None:
    for number in range(60):
        build_case(session, round_, [unit], build_enterprise(session, f"企业{number:02}"))
    session.commit()
    first, second = office.get(f"{BASE}/cases").text, office.get(f"{BASE}/cases?page=2").text
    assert "第 1–50 条，共 60 条" in first
    assert "企业49" in first
    assert "企业50" not in first
    assert "第 51–60 条，共 60 条" in second
    assert "企业50" in second
    assert "第 51–60 条，共 60 条" in office.get(f"{BASE}/cases?page=99").text


def test_the_list_is_narrowed_by_state_unit_and_channel(
    office: FlaskClient, session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    other = build_unit(session, "县供电公司")
    answered = build_case(session, round_, [unit], build_enterprise(session, "已答户"))
    build_answers(session, answered, {unit.id: "satisfied"}, clock.now)
    build_case(session, round_, [other], build_enterprise(session, "忙线户")).disposition = Disposition.BUSY
    session.commit()

    def found(query: str) -> set[str]:
        page = office.get(f"{BASE}/cases?{query}").text
        return {name for name in ("已答户", "忙线户") if name in page}

    assert found("") == {"已答户", "忙线户"}
    assert found("state=answered") == {"已答户"}
    assert found("state=waiting") == {"忙线户"}
    assert found("state=busy") == {"忙线户"}
    assert found(f"unit={unit.id}") == {"已答户"}
    assert found("mode=qr") == {"已答户"}
    assert found("mode=phone") == set()
    assert found("state=nonsense&unit=x&page=x") == {"已答户", "忙线户"}
    assert "没有符合条件的企业" in office.get(f"{BASE}/cases?mode=phone").text


def test_a_case_shows_what_happened_and_never_what_was_answered(
    office: FlaskClient, session: Session, case: Case, unit: Unit, clock: FakeClock
) -> None:
    build_answers(session, case, {unit.id: "dissatisfied"}, clock.now, remark="办得太慢")
    session.query(Response).one().notice_version = "2022-7"
    caller = build_account(session, Role.INTERVIEWER)
    session.add(
        ContactAttempt(
            case_id=case.id,
            interviewer_id=caller.id,
            phone="13800138000",
            started_at=clock.now,
            outcome=Disposition.BUSY.value,
        )
    )
    session.add(
        LaterSubmission(
            case_id=case.id,
            mode=Mode.SMS,
            received_at=clock.now,
            content_digest="1",
            content={str(unit.id): {"dealt": "yes", "rating": "basically_satisfied", "details": {}}},
        )
    )
    queue_message(session, case, "invitation", "invitation", "13800138000", clock.now)
    session.commit()
    page = office.get(f"/cases/{case.public_id}").text
    code = code_of(case)
    for sentence in (
        "宏达农业", "县税务局", "2022年第二季度", "扫码，2022-06-15 10:00", "告知的是 2022-7 版", "忙线", "不计入计票", "短信链接",
        "邀请短信", "排队中", "138****8000", f"{code[:4]} {code[4:]}", f"http://localhost/s/{token_of(case)}",
    ):  # fmt: skip
        assert sentence in page, sentence
    main = page[page.index("<main") :]
    for hidden in ("不满意", "基本满意", "办得太慢", "13800138000", "王敏"):
        assert hidden not in main, hidden


def test_full_numbers_need_a_reason_and_are_recorded(
    office: FlaskClient, session: Session, case: Case
) -> None:
    address = f"/cases/{case.public_id}/phones"
    refused = office.post(address, data={"reason": "curious"})
    assert refused.status_code == 400
    assert "请选择查看完整号码的原因" in refused.text
    assert "13800138000" not in refused.text
    assert audited(session, "case.reveal_phones") == []
    shown = office.post(address, data={"reason": "check"})
    assert "13800138000" in shown.text
    assert "王敏" in shown.text
    assert audited(session, "case.reveal_phones") == [{"reason": "check"}]
    assert "13800138000" not in office.get(f"/cases/{case.public_id}").text


def test_the_qr_code_the_file_and_the_page_have_the_same_link(
    office: FlaskClient, session: Session, case: Case
) -> None:
    file = office.post(f"{BASE}/links.csv")
    assert "attachment" in file.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(file.data.decode("utf-8-sig")))
    assert (row["enterprise"], row["units"], row["code"]) == ("宏达农业", "县税务局", code_of(case))
    png = office.get(f"/cases/{case.public_id}/qr.png")
    assert png.headers["Cache-Control"] == "no-store"
    assert png.content_type == "image/png"
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png.data)))
    assert read.text == row["url"] == f"http://localhost/s/{token_of(case)}"
    svg = office.get(f"/cases/{case.public_id}/qr.svg")
    assert svg.content_type.startswith("image/svg+xml")
    assert svg.headers["Cache-Control"] == "no-store"
    assert f"/cases/{case.public_id}/qr.svg" in office.get(f"/cases/{case.public_id}").text
    assert audited(session, "links.export") == [{"rows": 1, "kind": "csv", "instrument": "satisfaction"}]


def test_labels_come_as_a_pdf_and_are_recorded(office: FlaskClient, session: Session, case: Case) -> None:
    file = office.post(f"{BASE}/labels.pdf")
    assert file.content_type == "application/pdf"
    assert file.data.startswith(b"%PDF-")
    assert audited(session, "links.export") == [{"rows": 1, "kind": "labels", "instrument": "satisfaction"}]


def test_a_new_link_is_asked_about_first_and_ends_the_old_one(
    office: FlaskClient, session: Session, case: Case
) -> None:
    old = token_of(case)
    address = f"/cases/{case.public_id}/new-link"
    assert "原链接、原二维码和原回访码立刻失效" in office.get(address).text
    assert old in office.get(f"/cases/{case.public_id}").text
    answer = office.post(address)
    assert (answer.status_code, answer.location) == (303, f"/cases/{case.public_id}")
    session.refresh(case)
    new = token_of(case)
    session.commit()
    page = office.get(f"/cases/{case.public_id}").text
    assert new in page
    assert old not in page
    assert audited(session, "case.redraw_link") == [{"version": 2}]
