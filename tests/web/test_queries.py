"""How often a page asks the database: as often for many units as for two."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from tests.builders import build_case, build_round, build_unit

SignIn = Callable[..., FlaskClient]


@pytest.mark.parametrize("page", ["/rounds/2022-Q2", "/rounds/2022-Q2/samples"])
def test_a_page_asks_as_often_whatever_the_number_of_units(
    session: Session, sign_in: SignIn, page: str
) -> None:
    round_ = build_round(session)
    session.commit()
    office = sign_in(Role.OFFICE)
    statements: list[str] = []
    count = lambda *given: statements.append(given[2])  # noqa: E731
    asked = []
    for _ in range(2):
        for _ in range(3):
            build_case(session, round_, [build_unit(session)]).disposition = Disposition.WRONG_NUMBER
        session.commit()
        office.get(page)  # the visit is noted, and what never changes is read
        event.listen(session.get_bind(), "before_cursor_execute", count)
        statements.clear()
        assert office.get(page).status_code == 200
        event.remove(session.get_bind(), "before_cursor_execute", count)
        asked.append(len(statements))
    assert asked[0] == asked[1]
