"""The page of response rates: each asker sees its own survey's, and every rate opens its counts."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.integrations.spreadsheets import read_sheets
from tests.builders import build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import build_answers


def test_each_asker_sees_its_own_rates(
    session: Session, clock: FakeClock, sign_in: Callable[..., FlaskClient]
) -> None:
    round_, unit = build_round(session, state=RoundState.OPEN), build_unit(session, "县税务局")
    cases = [build_case(session, round_, [unit]) for _ in range(3)]
    build_case(session, round_, [unit], instrument="mass_appraisal")
    build_answers(session, cases[0], {unit.id: "satisfied"}, clock.now)
    cases[0].disposition, cases[1].disposition = Disposition.COMPLETE, Disposition.HARD_REFUSAL
    session.commit()
    office = sign_in(Role.OFFICE)
    page = office.get("/rounds/2022-Q2/rates").text
    assert "暂时计入“不明”" in page
    assert "(1)÷(1+0+1+0+0+0+1) = 1÷3 = 33.3%" in page
    assert "(1)÷(1+0+1+0+0+100.0%×(0+1)) = 1÷3 = 33.3%" in page
    own = office.get(f"/rounds/2022-Q2/rates/{unit.id}").text
    assert "（完成）÷（完成＋部分完成＋拒访＋其他未访）" in own
    assert "(1)÷(1+0+1+0) = 1÷2 = 50.0%" in own
    assert "0÷1 = 0.0%" in sign_in(Role.COMMISSION).get("/rounds/2022-Q2/rates").text
    file = office.get("/rounds/2022-Q2/rates.xlsx").data
    sheets = {sheet.name: sheet.rows for sheet in read_sheets(file, "rates.xlsx")}
    assert list(sheets) == ["各单位", "调查方式", "算法"]
    assert any("县税务局" in row.cells and "33.3" in row.cells for row in sheets["各单位"])


def test_without_a_draw_the_page_says_so(session: Session, sign_in: Callable[..., FlaskClient]) -> None:
    build_round(session)
    session.commit()
    office = sign_in(Role.OFFICE)
    assert "还没有抽样" in office.get("/rounds/2022-Q2/rates").text
    assert office.get("/rounds/2022-Q2/rates/1").status_code == 404
