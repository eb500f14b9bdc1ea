"""Rounds and samples in the browser of the office: who opens what, the three steps, drawing, reserves."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.case import Case
from survey_app.models.round import Round, SampleEntry
from survey_app.models.unit import Unit
from survey_app.services.respondent_cases import ALARMING
from survey_app.services.throttle import CODE_OVER_ALL, note_failure
from tests.builders import KEYS, build_case, build_enterprise, build_frame_entry, build_round, build_unit
from tests.conftest import FakeClock
from tests.drawing import draw_by_form
from tests.library_builders import fill_libraries
from tests.score_builders import build_answers, looking

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q2"


def state_of(session: Session) -> RoundState:
    with looking(session) as other:
        return other.query(Round).one().state


@pytest.fixture
def drawn(session: Session, sign_in: SignIn) -> FlaskClient:
    """The office, with a round in preparation that is drawn for one of two units."""
    fill_libraries(session, {"税务局": 8, "住建局": 0})
    office = sign_in(Role.OFFICE)
    office.post("/rounds", data={"quarter": "2022-Q2", "last_day": "2022-06-30"})
    answer = draw_by_form(office, BASE)
    assert answer.status_code == 303, answer.text
    return office


def test_who_opens_which_page(sign_in: SignIn, drawn: FlaskClient, session: Session) -> None:
    readers = {Role.OFFICE, Role.COMMISSION}
    pages = {"/rounds": readers, BASE: readers, f"{BASE}/samples": readers}
    pages |= {f"{BASE}/{step}": {Role.OFFICE} for step in ("open", "close", "closing")}
    for role in Role:
        client = sign_in(role, unit="税务局" if role is Role.UNIT else None, username=f"r-{role}")
        for path, roles in pages.items():
            assert client.get(path).status_code == (200 if role in roles else 403), (role, path)
        if role is not Role.OFFICE:
            for path in (
                "/rounds",
                f"{BASE}/open",
                f"{BASE}/close",
                f"{BASE}/samples/announcement",
                f"{BASE}/samples/draw",
                f"{BASE}/samples/file",
                f"{BASE}/samples/reserves",
            ):
                status = 400 if role is Role.COMMISSION and "samples" in path else 403
                assert client.post(path).status_code == status, (role, path)
    assert state_of(session) is RoundState.PREPARING


def test_a_round_is_created_once(sign_in: SignIn, session: Session) -> None:
    office = sign_in(Role.OFFICE)
    assert "还没有季度轮次" in office.get("/rounds").text
    page = office.post("/rounds", data={"quarter": "二季度", "last_day": "2022-06-30"})
    assert (page.status_code, "季度应写成 2022-Q1 的样子" in page.text, 'value="二季度"' in page.text) == (
        400,
        True,
        True,
    )
    page = office.post("/rounds", data={"quarter": "2022-Q2", "last_day": "30.6."})
    assert (page.status_code, "截止日期应写成" in page.text) == (400, True)
    assert office.post("/rounds", data={"quarter": "2022-Q2", "last_day": "2022-06-30"}).location == BASE
    assert (
        "已经有轮次了" in office.post("/rounds", data={"quarter": "2022-Q2", "last_day": "2022-06-30"}).text
    )


def test_the_next_step_follows_the_state(sign_in: SignIn, session: Session) -> None:
    build_round(session, state=RoundState.PREPARING)
    session.commit()
    office = sign_in(Role.OFFICE)
    assert "还没有样本库，抽不了样" in office.get(BASE).text
    fill_libraries(session, {"税务局": 8})
    assert "还没有抽样" in office.get(BASE).text
    draw_by_form(office, BASE)
    assert "已抽中 5 户企业" in office.get(BASE).text
    office.post(f"{BASE}/open")
    assert "5 户企业还没有收到邀请" in office.get(BASE).text
    office.post(f"{BASE}/close", data={"reason": "提前汇总"})
    assert "回访已经截止" in office.get(BASE).text


def test_drawing_shows_seed_and_sizes_and_keeps_what_was_typed(drawn: FlaskClient, session: Session) -> None:
    page = drawn.get(f"{BASE}/samples").text
    for words in ("2022-Q2 公开种子", "住建局"):
        assert words in page
    build_frame_entry(session, session.query(Unit).filter_by(name="住建局").one(), build_enterprise(session))
    session.commit()
    again = drawn.post(f"{BASE}/samples/announcement", data={"size": "五", "seed": "别的种子"})
    assert (again.status_code, "应为整数" in again.text) == (400, True)
    assert 'value="五"' in again.text
    assert 'value="别的种子"' in again.text
    unit = drawn.get(f"{BASE}/samples/1").text
    assert "税务局的企业满意度样本" in unit


def test_opening_says_for_how_many_and_opens(drawn: FlaskClient, session: Session) -> None:
    page = drawn.get(f"{BASE}/open").text
    assert "开始回访 5 户企业" in page
    assert "还有 1 个单位没有抽样：住建局" in page
    assert state_of(session) is RoundState.PREPARING
    assert drawn.post(f"{BASE}/open").location == BASE
    assert state_of(session) is RoundState.OPEN
    assert drawn.post(f"{BASE}/open").status_code == 409


def test_a_round_without_sample_is_not_opened(sign_in: SignIn, session: Session) -> None:
    build_round(session, state=RoundState.PREPARING)
    session.commit()
    office = sign_in(Role.OFFICE)
    assert "还没有抽样，不能开始回访" in office.get(f"{BASE}/open").text
    answer = office.post(f"{BASE}/open")
    assert (answer.status_code, "请先抽样" in answer.text) == (400, True)


def test_closing_early_needs_a_reason(drawn: FlaskClient, session: Session) -> None:
    drawn.post(f"{BASE}/open")
    page = drawn.get(f"{BASE}/close").text
    assert "截止回访，5 户不再等待" in page
    assert "提前截止要写明理由" in page
    refused = drawn.post(f"{BASE}/close", data={"reason": ""})
    assert (refused.status_code, "请填写理由" in refused.text) == (400, True)
    assert drawn.post(f"{BASE}/close", data={"reason": "县里要求"}).status_code == 303
    assert state_of(session) is RoundState.CLOSED


def test_the_last_day_can_be_changed(drawn: FlaskClient) -> None:
    assert "2022-06-30" in drawn.get(f"{BASE}/closing").text
    assert drawn.post(f"{BASE}/closing", data={"last_day": "2022-06-01"}).status_code == 400
    assert drawn.post(f"{BASE}/closing", data={"last_day": "2022-07-05"}).status_code == 303
    assert "2022-07-05" in drawn.get(BASE).text


def test_reserves_step_in_at_one_press(drawn: FlaskClient, session: Session) -> None:
    drawn.post(f"{BASE}/open")
    case = session.query(Case).order_by(Case.id).first()
    case.disposition, case.closed = Disposition.WRONG_NUMBER, True
    session.commit()
    assert "启用 1 户备选" in drawn.get(f"{BASE}/samples").text
    assert "启用备选" in drawn.get(BASE).text
    drawn.post(f"{BASE}/samples/reserves")
    assert "已启用 1 户备选" in drawn.get(f"{BASE}/samples").text
    with looking(session) as other:
        assert other.query(SampleEntry).filter(SampleEntry.asked).count() == 6


def test_overview_counts_and_warns(sign_in: SignIn, session: Session, clock: FakeClock) -> None:
    round_, unit = build_round(session), build_unit(session, "税务局")
    cases = [build_case(session, round_, [unit]) for _ in range(4)]
    build_answers(session, cases[0], {unit.id: "dissatisfied"}, clock.now)
    session.commit()
    page = sign_in(Role.OFFICE).get(BASE).text
    for words in ("应答率 25.0%", "25%", "只有 1 份答卷", f"{BASE}/cases?state=waiting", f"unit={unit.id}"):
        assert words in page
    assert "可能有人在试码" not in page
    for _ in range(ALARMING):
        note_failure(session, KEYS.throttle, CODE_OVER_ALL, "all", clock.now)
    session.commit()
    assert f"最近 10 分钟有 {ALARMING} 次输错回访码，可能有人在试码" in sign_in(Role.OFFICE).get(BASE).text
    commission = sign_in(Role.COMMISSION).get(BASE).text
    assert "应答率" not in commission
    assert "只有 1 份答卷" not in commission
