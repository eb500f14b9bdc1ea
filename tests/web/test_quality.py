"""Call-backs and the quality pages by HTTP: from the desk to the supervisor's decision."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.account import Account
from tests.builders import build_case, build_enterprise, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import build_answers


def test_an_interview_is_called_back_compared_and_reviewed(
    session: Session, clock: FakeClock, sign_in: Callable[..., FlaskClient]
) -> None:
    alice, bob = (sign_in(Role.INTERVIEWER, username=name) for name in ("alice", "bob"))
    round_, unit = build_round(session), build_unit(session, "县税务局")
    case = build_case(session, round_, [unit], build_enterprise(session, "宏达农业"))
    response = build_answers(session, case, {unit.id: "satisfied"}, clock.now)
    response.mode = Mode.PHONE
    response.opened_at = clock.now - timedelta(seconds=4)
    response.interviewer_id = session.scalar(select(Account.id).where(Account.username == "alice"))
    session.commit()
    assert alice.post("/back-checks/next").location == "/back-checks"
    address = bob.post("/back-checks/next").location
    assert alice.get(address).status_code == 404
    page = bob.get(address).text
    assert "宏达农业" in page
    assert "最近贵单位有没有接到过电话" in page
    assert " checked" not in page  # the first answer isn't shown
    assert bob.post(f"{address}/dial", data={"phone": 0}).location == address
    incomplete = bob.post(f"{address}/complete", data={"called": "yes", f"u{unit.id}-dealt": "yes"})
    assert incomplete.status_code == 400
    assert "请选择对县税务局的评价" in incomplete.text
    assert "请选择这次通话的结果" in bob.post(f"{address}/outcome", data={}).text
    fields = {"called": "yes", f"u{unit.id}-dealt": "yes", f"u{unit.id}-rating": "dissatisfied"}
    assert bob.post(f"{address}/complete", data=fields).location == "/back-checks"
    assert bob.get(address).status_code == 404

    office, commission = sign_in(Role.OFFICE), sign_in(Role.COMMISSION)
    overview = office.get("/rounds/2022-Q2/quality").text
    assert "复核一致率" in overview
    assert "还没有电话访问" in commission.get("/rounds/2022-Q2/quality").text
    own = f"/rounds/2022-Q2/quality/interviews/{response.id}"
    assert commission.get(own).status_code == 404
    shown = office.get(own).text
    assert "宏达农业" not in shown
    assert "用时 0:04，念完至少 0:1" in shown
    assert "不一致" in shown
    listed = office.get("/rounds/2022-Q2/quality/interviews?what=unreviewed").text
    assert f"第 {response.id} 号" in listed
    one = f"/rounds/2022-Q2/quality/interviewers/{response.interviewer_id}"
    assert "alice" in office.get(one).text
    assert "请选择怎样处理" in office.post(own, data={"note": "查过"}).text
    assert office.post(own, data={"decision": "void"}).status_code == 400
    assert office.post(own, data={"decision": "void", "note": "对方说不满意"}).status_code == 303
    assert "对方说不满意" in office.get("/rounds/2022-Q2/answer-reviews").text
    assert "没有这样的访问" in office.get("/rounds/2022-Q2/quality/interviews?what=unreviewed").text
