"""Cases that wait for another number, by HTTP: the list, and what stays after an error."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from tests.builders import build_case, build_enterprise, build_round, build_unit

SignIn = Callable[..., FlaskClient]
PAGE = "/rounds/2022-Q2/numbers"


def test_another_number(sign_in: SignIn, session: Session) -> None:
    case = build_case(
        session,
        build_round(session),
        [build_unit(session, "县税务局")],
        build_enterprise(session, "宏达农业"),
    )
    case.disposition, case.closed = Disposition.WRONG_NUMBER, True
    session.commit()
    office = sign_in(Role.OFFICE)
    page = office.get(PAGE).text
    assert "宏达农业" in page
    assert "补充号码（1）" in page
    assert "没有等号码的企业" in sign_in(Role.COMMISSION).get(PAGE).text
    typed = {"case": case.public_id, "number": "1390013", "contact": "<b>李</b>", "source": "register"}
    wrong = office.post(PAGE, data=typed)
    assert wrong.status_code == 400
    assert f'href="#number-{case.public_id}"' in wrong.text
    assert 'value="1390013"' in wrong.text
    assert "&lt;b&gt;李&lt;/b&gt;" in wrong.text
    done = office.post(PAGE, data={**typed, "number": "13900139000"}, follow_redirects=True)
    assert "回到电话回访的队列" in done.text
    assert "没有等号码的企业" in done.text
    again = office.post(PAGE, data={**typed, "number": "13900139001"}, follow_redirects=True)
    assert "这一户不在等号码" in again.text
