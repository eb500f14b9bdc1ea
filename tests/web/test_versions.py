"""Versions, corrections and objections as people meet them: what each is shown, and what they may press."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.dossier_check import check
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.correction import Correction
from survey_app.models.objection import Objection, ObjectionAnswer
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.items import Change, enter_items
from tests.builders import build_account
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pdf_text import pages_of
from tests.score_builders import approve_all, finalise_and_publish, load_bundle, looking

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q1"


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    given = bundle(unit("甲局", assigned_tasks=7), unit("乙局", assigned_tasks=7.5))
    made = load_bundle(session, given, clock.now)
    finalise_and_publish(session, made, clock.now)
    return made


@pytest.fixture
def office(sign_in: SignIn, round_: Round) -> tuple[FlaskClient, FlaskClient]:
    return sign_in(Role.OFFICE), sign_in(Role.OFFICE, username="office2")


def _id(session: Session, kind: type) -> int:
    with looking(session) as other:
        return other.query(kind).order_by(kind.id.desc()).first().id


def _correct(session: Session, round_: Round, clock: FakeClock) -> None:
    """Give 甲局 the point that it lacks."""
    rated = session.query(Unit).filter_by(name="甲局").one().id
    who = build_account(session, Role.OFFICE).id
    session.refresh(round_)
    enter_items(session, round_, {(rated, "assigned_tasks"): Change({"points": "8"}, "", 1)}, who, clock.now)
    approve_all(session, round_, Role.OFFICE, clock.now)


def test_a_round_without_a_version_says_so(sign_in: SignIn, session: Session, clock: FakeClock) -> None:
    load_bundle(session, bundle(unit("甲局")), clock.now)
    client = sign_in(Role.OFFICE)
    page = client.get(f"{BASE}/versions").text
    assert "还没有核定过" in page
    assert "没有异议" in page
    assert "申请更正" not in page
    assert client.get(f"{BASE}/versions/1").status_code == 404
    assert client.get(f"{BASE}/versions/draft").status_code == 404
    assert "直接改填报内容就可以" in client.get(f"{BASE}/corrections/new").text
    assert "没有进行中的更正" in client.get(f"{BASE}/corrections/give-up").text


def test_a_correction_from_asking_to_what_units_see(
    office: tuple[FlaskClient, FlaskClient],
    sign_in: SignIn,
    session: Session,
    round_: Round,
    clock: FakeClock,
) -> None:
    first, second = office
    own = {name: sign_in(Role.UNIT, unit=name) for name in ("甲局", "乙局")}
    blank = first.post(f"{BASE}/corrections/new", data={"reason": " "})
    assert blank.status_code == 400
    assert "请填写更正原因" in blank.text
    assert first.post(f"{BASE}/corrections/new", data={"reason": "日常交办漏记 1 分"}).status_code == 303
    again = second.post(f"{BASE}/corrections/new", data={"reason": "另有一处"})
    assert again.status_code == 409
    assert "另有一处" in again.text, "nothing typed is lost"
    address = f"{BASE}/corrections/{_id(session, Correction)}"
    assert "请由另一位营商办人员确认" in first.get(address).text
    assert first.post(address, data={"decision": "approve"}).status_code == 400
    assert "有一条更正申请" in second.get(BASE).text
    assert second.post(address, data={"decision": "approve"}).status_code == 303
    assert "没有差别" in first.get(f"{BASE}/versions/draft").text
    _correct(session, round_, clock)
    page = first.get(f"{BASE}/scores").text
    assert "更正中（未核定）" in page
    assert "各单位现在看到的是 2022-06-15 10:00 公布的第 1 版" in page
    assert "99 → <strong>100</strong>" in first.get(f"{BASE}/versions/draft").text
    assert "已改动 2 个单位的得分" in first.get(f"{BASE}/corrections/give-up").text
    assert first.post(f"{BASE}/corrections/give-up").status_code == 400
    assert "存为第 2 版；第 1 版保留" in first.get(f"{BASE}/finalise").text
    assert first.post(f"{BASE}/finalise").status_code == 303
    assert "须由另一位营商办人员公布" in first.get(BASE).text
    for client in own.values():
        assert "第 2 版" not in client.get("/result").text
    assert second.post(f"{BASE}/publish").status_code == 303
    page = own["甲局"].get("/result").text
    assert "这是第 2 版得分，更正 2022-06-15 公布的第 1 版。更正原因：日常交办漏记 1 分" in page
    for words in ("7 → <strong>8</strong>", "99 → <strong>100</strong>", "2 → <strong>1</strong>"):
        assert words in page
    page = own["乙局"].get("/result").text
    assert "本单位各项没有变化，名次因其他单位的更正而变" in page
    assert "甲局" not in page
    commission = sign_in(Role.COMMISSION)
    page = commission.get(f"{BASE}/versions/2").text
    assert "与第 1 版的差别" in page
    assert "7 → <strong>8</strong>" in page
    assert "与封存的资料相符" in page
    assert "这一版已由第 2 版更正" in commission.get(f"{BASE}/versions/1").text
    for number, words in ((1, "已由第2版更正"), (2, "代替第1版。更正原因:日常交办漏记1分")):
        text = "".join("".join(pages_of(commission.get(f"{BASE}/notice.pdf?version={number}").data)).split())
        assert words in text
        assert f"第{number}版" in text
        sheets = "".join(pages_of(commission.get(f"{BASE}/sheets.pdf?version={number}").data))
        assert f"第{number}版" in sheets
        assert ("更正说明:本件依据第2版得分,代替第1版。更正原因:日常交办漏记1分。" in sheets) is (number == 2)
        dossier = json.loads(commission.get(f"{BASE}/dossier.json?version={number}").data)
        assert (dossier["version"], check(dossier)) == (number, [])
        assert dossier["digest"] in commission.get(f"{BASE}/versions/{number}").text
    assert commission.get(f"{BASE}/notice.pdf?version=3").status_code == 404
    assert "申请更正" not in commission.get(f"{BASE}/versions").text


def test_a_dossier_that_was_changed_by_hand_is_shown_as_such(
    office: tuple[FlaskClient, FlaskClient], session: Session
) -> None:
    version = session.query(ResultVersion).one()
    version.dossier = {**version.dossier, "more": 1}
    session.commit()
    assert "封存的资料与校验码不符" in office[0].get(f"{BASE}/versions/1").text


def test_giving_up_ends_a_correction_that_changed_nothing(
    office: tuple[FlaskClient, FlaskClient], session: Session, round_: Round
) -> None:
    first, second = office
    first.post(f"{BASE}/corrections/new", data={"reason": "漏记"})
    second.post(f"{BASE}/corrections/{_id(session, Correction)}", data={"decision": "approve"})
    assert "放弃以后，得分保持第 1 版" in first.get(f"{BASE}/corrections/give-up").text
    assert first.post(f"{BASE}/corrections/give-up").status_code == 303
    assert "已放弃" in first.get(f"{BASE}/versions").text
    session.refresh(round_)
    assert round_.state is RoundState.PUBLISHED


def test_an_objection_from_the_unit_to_its_answer(
    office: tuple[FlaskClient, FlaskClient], sign_in: SignIn, session: Session, clock: FakeClock
) -> None:
    first, second = office
    own = sign_in(Role.UNIT, unit="甲局")
    assert "对得分有异议的，请在 2022-06-22 以前（含当日）提出" in own.get("/result").text
    wrong = own.post("/result/2022-Q1/objections", data={"item": "nothing", "reason": "少了 1 分"})
    assert wrong.status_code == 400
    assert "少了 1 分" in wrong.text, "nothing typed is lost"
    data = {"item": "assigned_tasks", "reason": "少了 1 分"}
    assert own.post("/result/2022-Q1/objections", data=data).status_code == 303
    twice = own.post("/result/2022-Q1/objections", data={**data, "reason": "再说一遍"})
    assert twice.status_code == 409
    assert "再说一遍" in twice.text
    assert "少了 1 分" not in sign_in(Role.UNIT, unit="乙局").get("/result/2022-Q1/objections").text
    assert "有 1 条异议还没有答复" in first.get(BASE).text
    address = f"{BASE}/objections/{_id(session, Objection)}"
    blank = first.post(f"{address}/answers", data={"upheld": "", "text": "查过"})
    assert blank.status_code == 400
    assert "查过" in blank.text
    assert first.post(f"{address}/answers", data={"upheld": "no", "text": "没有少记"}).status_code == 303
    assert "没有少记" not in own.get("/result/2022-Q1/objections").text, "not approved yet"
    decision = f"{address}/answers/{_id(session, ObjectionAnswer)}"
    assert first.post(decision, data={"decision": "approve"}).status_code == 400
    back = second.post(decision, data={"decision": "return", "reason": ""})
    assert back.status_code == 400
    assert "请填写退回原因" in back.text
    assert second.post(decision, data={"decision": "approve"}).status_code == 303
    assert second.post(decision, data={"decision": "approve"}).status_code == 409
    page = own.get("/result/2022-Q1/objections").text
    assert "异议不成立" in page
    assert "没有少记" in page
    assert "没有少记" in sign_in(Role.COMMISSION).get(address).text
    clock.advance(timedelta(days=8))
    own = sign_in(Role.UNIT, unit="甲局")
    page = own.get("/result/2022-Q1/objections").text
    assert "异议期已于 2022-06-22 结束" in page
    assert "提交异议" not in page
    late = own.post("/result/2022-Q1/objections", data={"item": "publicity", "reason": "迟了一步"})
    assert late.status_code == 400
    assert "迟了一步" in late.text


def test_a_unit_without_a_result_has_nothing_to_object_to(
    sign_in: SignIn, session: Session, round_: Round
) -> None:
    session.add(Unit(name="丙局", category="政府部门", position=99))
    session.commit()
    assert sign_in(Role.UNIT, unit="丙局").get("/result/2022-Q1/objections").status_code == 404
