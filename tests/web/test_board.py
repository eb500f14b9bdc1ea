"""The board's page: its part is sent only when it changed, and it asks as often whatever the size."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from tests.builders import build_case, build_round, build_unit
from tests.conftest import FakeClock

SignIn = Callable[..., FlaskClient]
ADDRESS = "/rounds/2022-Q2/board"


def test_an_unchanged_part_isn_t_sent_again(session: Session, clock: FakeClock, sign_in: SignIn) -> None:
    case = build_case(session, build_round(session), [build_unit(session)])
    session.commit()
    office = sign_in(Role.OFFICE)
    page = office.get(ADDRESS).text
    assert "未联系" in page
    assert f'data-part="{ADDRESS}?part=1"' in page
    first = office.get(ADDRESS + "?part=1")
    assert "<html" not in first.text
    again = office.get(ADDRESS + "?part=1", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["X-As-Of"]
    case.disposition, case.closed = Disposition.HARD_REFUSAL, True
    session.commit()
    changed = office.get(ADDRESS + "?part=1", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "明确拒绝" in changed.text


def test_each_asker_sees_its_own_units(session: Session, sign_in: SignIn) -> None:
    build_case(session, build_round(session), [build_unit(session, "县税务局")])
    session.commit()
    assert "县税务局" in sign_in(Role.OFFICE).get(ADDRESS + "/units").text
    assert "县税务局" not in sign_in(Role.COMMISSION).get(ADDRESS + "/units").text


def test_the_board_asks_as_often_whatever_the_number_of_cases(session: Session, sign_in: SignIn) -> None:
    round_ = build_round(session)
    session.commit()
    office = sign_in(Role.OFFICE)
    statements: list[str] = []
    count = lambda *given: statements.append(given[2])  # noqa: E731
    for address in (ADDRESS, ADDRESS + "/units"):
        asked = []
        for _ in range(2):
            for _ in range(3):
                build_case(session, round_, [build_unit(session)])
            session.commit()
            office.get(address)
            event.listen(session.get_bind(), "before_cursor_execute", count)
            statements.clear()
            assert office.get(address).status_code == 200
            event.remove(session.get_bind(), "before_cursor_execute", count)
            asked.append(len(statements))
        assert asked[0] == asked[1]
