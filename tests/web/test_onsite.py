"""Entering paper forms by HTTP: recorded as 现场 with who entered, counted once, and nothing typed is lost."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.domain.round_state import GRACE
from survey_app.models.account import Account
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.response import LaterSubmission, Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.notices import current_notice
from survey_app.services.throttle import CODE_BY_ADDRESS
from tests.builders import build_case, build_enterprise, build_round, build_unit, code_of, token_of
from tests.conftest import FakeClock
from tests.pdf_text import pages_of
from tests.score_builders import build_answers, looking

SignIn = Callable[..., FlaskClient]
STAMP = re.compile(r'name="form_stamp" value="([^"]+)"')


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    return build_round(session, closes_at=clock.now + timedelta(days=5))


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "县税务局")


@pytest.fixture
def case(session: Session, round_: Round, unit: Unit) -> Case:
    made = build_case(session, round_, [unit], build_enterprise(session, "宏达农业"))
    session.commit()
    return made


@pytest.fixture
def office(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.OFFICE)


def address(case: Case) -> str:
    return f"/onsite/{case.public_id}"


def filled(unit: Unit, stamp: str, **fields: str) -> dict[str, str]:
    named = {f"u{unit.id}-{name.replace('__', '-')}": value for name, value in fields.items()}
    return {"form_stamp": stamp, **named}


def opened(client: FlaskClient, case: Case) -> str:
    found = STAMP.search(client.get(address(case)).text)
    assert found
    return found[1]


def enter(client: FlaskClient, case: Case, unit: Unit, rating: str = "satisfied") -> TestResponse:
    data = filled(unit, opened(client, case), dealt="yes", rating=rating)
    return client.post(address(case), data=data, follow_redirects=True)


def test_a_form_is_found_by_its_code_and_stored_as_on_site_with_who_entered_it(
    office: FlaskClient, sign_in: SignIn, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    start = office.get("/onsite").text
    assert re.search(r'<p class="figure-value">0</p>', start)
    typed = f" {code_of(case)[:4].lower()} {code_of(case)[4:]}"
    found = office.post("/onsite", data={"code": typed})
    assert (found.status_code, found.location) == (303, address(case))
    page = office.get(address(case)).text
    assert "宏达农业" in page
    assert "本季度（4月—6月）贵单位是否到县税务局办过业务或接受过服务？" in page
    opened_at = clock.now
    stamp = opened(office, case)
    clock.advance(timedelta(minutes=3))
    data = filled(unit, stamp, dealt="yes", rating="dissatisfied", visits="2")
    after = office.post(address(case), data=data, follow_redirects=True).text
    with looking(session) as other:
        stored = other.scalars(select(Response)).one()
        who = other.scalars(select(Account.id).where(Account.username == "office-")).one()
        assert (stored.mode, stored.interviewer_id, stored.opened_at, stored.received_at) == (
            Mode.ONSITE,
            who,
            opened_at,
            clock.now,
        )
        assert [(answer.rating, answer.details["visits"]) for answer in stored.answers] == [
            ("dissatisfied", "2")
        ]
        assert stored.notice_version == current_notice("fangcheng-2022", "satisfaction").version
        assert other.get_one(Case, case.id).disposition is Disposition.COMPLETE
        assert other.scalars(
            select(AuditEvent.account_id).where(AuditEvent.action == "onsite.enter")
        ).all() == [who]
    assert f"已录入：宏达农业，回执号 {stored.receipt_code}" in after
    assert re.search(r'id="code" name="code"[^>]* value=""[^>]* autofocus', after)
    assert re.search(r'<p class="figure-value">1</p>', after)
    assert "现场" in office.get("/rounds/2022-Q2/cases").text
    clock.advance(timedelta(days=1))
    office = sign_in(Role.OFFICE)
    assert re.search(r'<p class="figure-value">0</p>', office.get("/onsite").text)


def test_a_scanner_types_the_link(office: FlaskClient, case: Case) -> None:
    for link in (f"http://localhost/s/{token_of(case)}", f"http://localhost/s/{token_of(case)}?m=s \n"):
        assert office.post("/onsite", data={"code": link}).location == address(case)
    for link in ("http://localhost/s/nobody", "http://[/二维码"):
        wrong = office.post("/onsite", data={"code": link})
        assert wrong.status_code == 400
        assert "没有这个链接" in wrong.text
        assert f'value="{link}"' in wrong.text


def test_wrong_codes_stay_in_the_field_and_are_limited_for_the_account(
    office: FlaskClient, sign_in: SignIn, case: Case, clock: FakeClock
) -> None:
    short = office.post("/onsite", data={"code": "K7"})
    assert short.status_code == 400
    assert "回访码是 8 位" in short.text
    for _ in range(CODE_BY_ADDRESS.failures):
        wrong = office.post("/onsite", data={"code": "2345 6789"})
        assert wrong.status_code == 400
        assert "没有这个回访码" in wrong.text
        assert 'value="2345 6789"' in wrong.text
    closed = office.post("/onsite", data={"code": code_of(case)})
    assert (closed.status_code, closed.headers["Retry-After"]) == (429, "600")
    assert "请过 10 分钟再试" in closed.text
    colleague = sign_in(Role.OFFICE, username="colleague")
    assert colleague.post("/onsite", data={"code": code_of(case)}).status_code == 303
    clock.advance(CODE_BY_ADDRESS.window)
    assert office.post("/onsite", data={"code": code_of(case)}).status_code == 303


def test_what_was_answered_already_is_said_and_counted_once(
    office: FlaskClient, case: Case, unit: Unit, session: Session, clock: FakeClock
) -> None:
    build_answers(session, case, {unit.id: "satisfied"}, clock.now)
    session.commit()
    assert "以先收到的为准。再录入的内容只留存" in office.get(address(case)).text
    for _ in range(2):
        assert "这一份已留存，不计入结果" in enter(office, case, unit, "dissatisfied").text
    with looking(session) as other:
        assert other.scalars(select(Response.mode)).all() == [Mode.QR]
        assert other.scalars(select(LaterSubmission.mode)).all() == [Mode.ONSITE]
    assert re.search(r'<p class="figure-value">0</p>', office.get("/onsite").text)


def test_the_button_pressed_twice_counts_once(
    office: FlaskClient, case: Case, unit: Unit, session: Session
) -> None:
    data = filled(unit, opened(office, case), dealt="yes", rating="satisfied")
    first = office.post(address(case), data=data, follow_redirects=True)
    again = office.post(address(case), data=data, follow_redirects=True)
    assert "已录入：宏达农业" in first.text
    assert "没有重复计入" in again.text
    with looking(session) as other:
        assert other.scalar(select(func.count()).select_from(Response)) == 1
        assert other.scalar(select(func.count()).select_from(LaterSubmission)) == 0


def test_faults_keep_what_was_typed(office: FlaskClient, case: Case, unit: Unit, session: Session) -> None:
    stamp = opened(office, case)
    fields = {"dealt": "yes", "matter": "other", "matter__text": "盖章"}
    for sent, sentence in ((stamp, "请选择对县税务局的评价"), ("forged", "页面不完整或已过期")):
        answer = office.post(address(case), data=filled(unit, sent, **fields))
        assert answer.status_code == 400
        assert sentence in answer.text
        assert "盖章" in answer.text
        assert re.search(rf'id="u{unit.id}-matter-other"[^>]* checked', answer.text)
    with looking(session) as other:
        assert other.scalar(select(func.count()).select_from(Response)) == 0
        assert other.scalar(select(func.count()).where(AuditEvent.action == "onsite.enter")) == 0


def test_a_closed_round_takes_what_was_opened_in_time_and_nothing_later(
    office: FlaskClient,
    case: Case,
    unit: Unit,
    session: Session,
    clock: FakeClock,
    sign_in: SignIn,
) -> None:
    stamp = opened(office, case)
    clock.advance(timedelta(days=5) + GRACE + timedelta(minutes=1))
    office = sign_in(Role.OFFICE)
    data = filled(unit, stamp, dealt="yes", rating="satisfied", matter="other", matter__text="盖章")
    late = office.post(address(case), data=data)
    assert late.status_code == 409
    assert "本轮回访已经截止" in late.text
    assert "盖章" in late.text
    assert "本轮现在不接收答复" in office.get(address(case)).text
    with looking(session) as other:
        assert other.scalar(select(func.count()).select_from(Response)) == 0
        assert other.scalar(select(func.count()).where(AuditEvent.action == "onsite.enter")) == 0


def test_each_enters_their_own_survey_only(
    office: FlaskClient, sign_in: SignIn, session: Session, round_: Round, unit: Unit
) -> None:
    theirs = build_case(
        session, round_, [unit], build_enterprise(session, "利民超市"), instrument="mass_appraisal"
    )
    session.commit()
    refused = office.post("/onsite", data={"code": code_of(theirs)})
    assert refused.status_code == 400
    assert "不由您单位录入" in refused.text
    assert "利民超市" not in refused.text
    assert office.get(address(theirs)).status_code == 404
    assert office.post(address(theirs), data={}).status_code == 404
    commission = sign_in(Role.COMMISSION)
    assert commission.post("/onsite", data={"code": code_of(theirs)}).location == address(theirs)
    assert "已录入：利民超市" in enter(commission, theirs, unit).text
    assert office.get("/onsite/nobody").status_code == 404


def test_printed_forms_are_those_still_asked_and_the_export_is_recorded(
    office: FlaskClient, sign_in: SignIn, session: Session, round_: Round, case: Case, clock: FakeClock
) -> None:
    power = build_unit(session, "县供电公司")
    build_case(session, round_, [power], build_enterprise(session, "利民超市"))
    answered = build_case(session, round_, [power], build_enterprise(session, "已答户"))
    build_answers(session, answered, {power.id: "satisfied"}, clock.now)
    session.commit()
    everybody = "".join(pages_of(office.post("/rounds/2022-Q2/forms.pdf").data))
    assert "宏达农业" in everybody
    assert "利民超市" in everybody
    assert "已答户" not in everybody
    [page] = pages_of(office.post("/rounds/2022-Q2/forms.pdf", data={"unit": power.id}).data)
    assert "利民超市" in page
    [page] = pages_of(office.post(f"/rounds/2022-Q2/forms/{case.public_id}.pdf").data)
    assert "宏达农业" in page
    assert code_of(case) in page
    with looking(session) as other:
        events = other.scalars(select(AuditEvent).where(AuditEvent.action == "links.export"))
        assert [(event.details["kind"], event.details["rows"]) for event in events] == [
            ("forms", 2),
            ("forms", 1),
            ("forms", 1),
        ]
    assert "下载纸质问卷（PDF）" in office.get("/rounds/2022-Q2/cases").text
    assert "下载所选单位的纸质问卷" in office.get(f"/rounds/2022-Q2/cases?unit={power.id}").text
    assert "下载纸质问卷（PDF）" in office.get(f"/cases/{case.public_id}").text
    commission = sign_in(Role.COMMISSION)
    for path in ("/rounds/2022-Q2/forms.pdf", f"/rounds/2022-Q2/forms/{case.public_id}.pdf"):
        refused = commission.post(path)
        assert refused.status_code == 400
        assert "没有要打印的纸质问卷" in refused.text
