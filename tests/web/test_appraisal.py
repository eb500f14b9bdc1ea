"""群众评 from the draw to the score: the commission asks, enterprises answer, the office reads figures."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.jobs import Worker, run_worker
from survey_app.models.case import Case
from survey_app.models.item_entry import ItemEntry
from survey_app.models.message import Message
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.invitations import message_variables
from survey_app.services.scores import live_scores
from tests.builders import (
    build_case,
    build_enterprise,
    build_frame_entry,
    build_round,
    build_unit,
    code_of,
    token_of,
)
from tests.conftest import FakeClock
from tests.drawing import draw_by_form
from tests.score_builders import build_answers, looking
from tests.web.calls import dial, take

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q2"
STAMP = re.compile(r'name="form_stamp" value="([^"]+)"')


@pytest.fixture
def unit(session: Session) -> Unit:
    made = build_unit(session, "税务局")
    for name, phone in (("宏达农业", "13800000001"), ("利民超市", "13800000002")):
        build_frame_entry(session, made, build_enterprise(session, name), phone)
    build_round(session)
    session.commit()
    return made


@pytest.fixture
def commission(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.COMMISSION)


@pytest.fixture
def office(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.OFFICE)


def _cases(session: Session) -> list[Case]:
    with looking(session) as other:
        return list(other.scalars(select(Case).order_by(Case.id)))


def _send_all(app: Flask, session: Session) -> None:
    collaborators = app.extensions["collaborators"]
    sessions = sessionmaker(session.get_bind(), expire_on_commit=False)
    run_worker(
        Worker(collaborators, sessions, message_variables(collaborators), "w", jitter=lambda: 0.5), once=True
    )


def test_the_commission_asks_and_the_office_reads_the_figures(
    app: Flask,
    client: FlaskClient,
    commission: FlaskClient,
    office: FlaskClient,
    sign_in: SignIn,
    session: Session,
    unit: Unit,
) -> None:
    with looking(session) as other:
        other.query(Round).one().closes_at = app.extensions["collaborators"].clock().replace(day=25)
        other.commit()
    assert "“群众评”从各单位的样本库单独抽样" in commission.get(f"{BASE}/samples").text
    drawn = draw_by_form(commission, BASE, size="2", seed="群众评公开种子")
    assert drawn.location == f"{BASE}/samples"
    assert "2 户企业还没有收到邀请" in commission.get(BASE).text
    assert "【方城纪委监委】" in commission.get(f"{BASE}/invitations").text
    assert commission.post(f"{BASE}/invitations", data={"expected": "2"}).location == "/outbox"
    _send_all(app, session)
    assert "【方城纪委监委】邀您参加政务服务回访，说说单位作风" in commission.get("/outbox").text

    by_link, by_phone = _cases(session)
    address = f"/s/{token_of(by_link)}?m=s"
    form = client.get(address).text
    assert "群众评：对单位作风的评价" in form
    assert "联系办法见县纪委监委的公告" in form
    assert "营商办电话" not in form
    stamp = STAMP.search(form)
    assert stamp is not None
    rated = {f"u{unit.id}-dealt": "yes", f"u{unit.id}-rating": "dissatisfied"}
    assert client.post(address, data={**rated, "form_stamp": stamp[1]}).status_code == 303
    assert "联系办法见县纪委监委的公告" in client.get(address).text

    with looking(session) as other:  # the SMS had its time
        other.get_one(Case, by_phone.id).due_at = app.extensions["collaborators"].clock()
        other.commit()
    caller = sign_in(Role.INTERVIEWER)
    call = take(caller)
    assert call == f"/calls/{by_phone.public_id}"
    page = caller.get(call).text
    for words in (
        "群众评（受县纪委监委委托）",
        "方城县纪委监委委托的回访员",
        "县纪委监委电话（见县纪委监委的公告）",
    ):
        assert words in page
    dial(caller, call)
    rated[f"u{unit.id}-rating"] = "satisfied"
    assert caller.post(f"{call}/complete", data={**rated, "consent": "yes"}).location == "/calls"

    with looking(session) as other:
        line = live_scores(other, other.query(Round).one()).score.units[0].line("mass_appraisal")
    assert line.points == 29

    overview = office.get(BASE).text
    for words in ("群众评（由县纪委监委组织）", "抽中 2 户，已答复 2 户，还没有回答 0 户。"):
        assert words in overview
    pages = ("", "/samples", "/cases", "/invitations", "/reminders", "/mass-appraisal")
    for path in (*(BASE + page for page in pages), "/outbox"):
        text = office.get(path).text
        for hidden in ("宏达农业", "利民超市", by_link.public_id, by_phone.public_id):
            assert hidden not in text, (path, hidden)
    for path in ("", "/new-link", "/qr.svg", "/qr.png"):
        assert office.get(f"/cases/{by_link.public_id}{path}").status_code == 404
    for path in ("/new-link", "/phones"):
        assert office.post(f"/cases/{by_link.public_id}{path}", data={"reason": "check"}).status_code == 404
    assert office.get(f"{BASE}/samples/{unit.id}").status_code == 404
    assert office.post(f"{BASE}/samples/{unit.id}/reserves", data={"rank": "1"}).status_code == 404
    assert office.post(f"{BASE}/links.csv").status_code == 400
    assert office.post(f"{BASE}/invitations", data={"expected": "2"}).status_code == 400
    assert _cases(session)[0].link_version == 1
    with looking(session) as other:
        assert other.query(Message).filter_by(template_key="invitation").count() == 2


def test_an_enterprise_drawn_for_both_has_two_links_and_two_answers(
    client: FlaskClient, session: Session, unit: Unit
) -> None:
    round_, both = session.query(Round).one(), build_enterprise(session, "两边都有")
    survey = build_case(session, round_, [unit], both)
    appraisal = build_case(session, round_, [unit], both, instrument="mass_appraisal")
    session.commit()
    titles = {survey: "企业办事回访", appraisal: "群众评：对单位作风的评价"}
    for case, title in titles.items():
        found = client.post("/s", data={"code": code_of(case)}).location
        assert found == f"/s/{token_of(case)}"
        page = client.get(found).text
        assert f"<h1>{title}</h1>" in page
        stamp = STAMP.search(page)
        assert stamp is not None
        rated = {f"u{unit.id}-dealt": "yes", f"u{unit.id}-rating": "satisfied", "form_stamp": stamp[1]}
        assert client.post(found, data=rated).status_code == 303
    office, commission = (client.get(f"/s/{token_of(case)}").text for case in titles)
    assert "县委营商办电话" in office
    assert "县纪委监委" in commission


def test_the_commissions_own_pages_show_its_own_survey_only(
    commission: FlaskClient, session: Session, unit: Unit
) -> None:
    round_ = session.query(Round).one()
    build_case(session, round_, [unit], build_enterprise(session, "营商办抽的"))
    case = build_case(
        session, round_, [unit], build_enterprise(session, "纪委抽的"), instrument="mass_appraisal"
    )
    session.commit()
    assert "纪委抽的" in commission.get(f"/cases/{case.public_id}").text
    for path in (f"{BASE}/cases", f"{BASE}/samples/{unit.id}"):
        text = commission.get(path).text
        assert "纪委抽的" in text, path
        assert "营商办抽的" not in text, path
    content = commission.post(f"{BASE}/links.csv").data.decode("utf-8-sig")
    assert ("纪委抽的" in content, "营商办抽的" in content) == (True, False)


def test_totals_beside_answers_say_which_stand_and_by_how_much_they_differ(
    commission: FlaskClient, office: FlaskClient, session: Session, unit: Unit, clock: FakeClock
) -> None:
    round_ = session.query(Round).one()
    case = build_case(session, round_, [unit], instrument="mass_appraisal")
    build_answers(session, case, {unit.id: "dissatisfied"}, clock.now)
    session.commit()
    path = f"{BASE}/mass-appraisal"
    assert "没有审核通过的票数，以答卷计分。" in office.get(path).text
    name = f"mass_appraisal-{unit.id}-"
    typed = {"satisfied": "40", "basically_satisfied": "0", "dissatisfied": "0", "version": "0", "note": ""}
    answer = commission.post(path, data={name + key: value for key, value in typed.items()})
    assert answer.status_code == 303
    assert "没有审核通过的票数，以答卷计分。" in office.get(path).text
    with looking(session) as other:
        entry = other.query(ItemEntry).one()
        entry.approval = Approval.APPROVED
        other.commit()
    page = office.get(path).text
    assert "以票数计分。票数减答卷：满意 +40，基本满意 0，不满意 −1" in page
