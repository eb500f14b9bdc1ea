"""What a browser never sends: ids that no row has, NUL, HEAD on a form's page, text that breaks what follows."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.item_entry import SupervisorMark
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.web.parameters import LARGEST_ID, row_id
from tests.builders import build_round, build_unit
from tests.score_builders import looking

SignIn = Callable[..., FlaskClient]
TOO_LARGE = (LARGEST_ID + 1, 10**30)


@pytest.fixture
def unit(session: Session) -> Unit:
    unit = build_unit(session, "税务局")
    build_round(session)
    session.commit()
    return unit


@pytest.mark.parametrize("number", [0, -1, *TOO_LARGE])
def test_an_id_that_no_row_can_have_is_no_id(number: int) -> None:
    with pytest.raises(ValueError):
        row_id(str(number))


@pytest.mark.parametrize("number", TOO_LARGE)
@pytest.mark.parametrize("path", ["items/%d", "scores/%d", "samples/%d", "ledgers/%d"])
def test_address_with_an_id_that_no_row_can_have_does_not_exist(
    sign_in: SignIn, unit: Unit, path: str, number: int
) -> None:
    assert sign_in(Role.OFFICE).get(f"/rounds/2022-Q2/{path % number}").status_code == 404


@pytest.mark.parametrize("number", TOO_LARGE)
def test_parameter_with_an_id_that_no_row_can_have_is_ignored_or_refused(
    sign_in: SignIn, unit: Unit, number: int
) -> None:
    office = sign_in(Role.OFFICE)
    assert office.get(f"/rounds/2022-Q2/cases?unit={number}").status_code == 200
    answer = office.post(
        "/rounds/2022-Q2/ledgers/new",
        data={"item": "broken_promises", "unit": str(number), "description": "x"},
    )
    assert answer.status_code == 400
    assert "请选择责任单位" in answer.text


@pytest.mark.parametrize(
    "path", ["/rounds/2022-Q2%00", "/cases/%00", "/rounds/%00/items/1/%00", "/s/%00", "/%00"]
)
def test_address_with_a_nul_does_not_exist(sign_in: SignIn, unit: Unit, path: str) -> None:
    assert sign_in(Role.OFFICE).get(path).status_code == 404


def test_nul_in_a_field_is_dropped(
    sign_in: SignIn, client: FlaskClient, session: Session, unit: Unit
) -> None:
    assert client.post("/sign-in", data={"username": "a\0b", "password": "x\0"}).status_code == 400
    answer = sign_in(Role.ADMIN).post("/admin/units", data={"name": "水\0利局", "category": "政府部门"})
    assert answer.status_code == 303
    with looking(session) as look:
        assert look.query(Unit.name).order_by(Unit.id.desc()).first() == ("水利局",)


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.OFFICE, "/rounds/2022-Q2/open"),
        (Role.OFFICE, "/rounds/2022-Q2/close"),
        (Role.OFFICE, "/rounds/2022-Q2/closing"),
        (Role.OFFICE, "/frames/import"),
        (Role.ADMIN, "/admin/accounts"),
        (Role.ADMIN, "/admin/units"),
        (Role.SUPERVISOR, "/marks/2022-Q2"),
    ],
)
def test_head_of_a_page_with_a_form_only_looks(sign_in: SignIn, unit: Unit, role: Role, path: str) -> None:
    assert sign_in(role).head(path).status_code == 200


def test_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.put("/sign-in")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_no_answer_leads_to_the_host_that_a_request_names(client: FlaskClient) -> None:
    answer = client.get("/s//token", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "Location" not in answer.headers


@pytest.mark.parametrize("typed", ["abc", "3.5", "-1", "NaN", "9" * 5000])
def test_mark_that_is_none_is_refused_and_takes_nothing_back(
    sign_in: SignIn, session: Session, unit: Unit, typed: str
) -> None:
    supervisor = sign_in(Role.SUPERVISOR)
    field = f"mark-{unit.id}"
    assert supervisor.post("/marks/2022-Q2", data={field: "7"}).status_code == 303
    assert supervisor.post("/marks/2022-Q2", data={field: typed}).status_code == 400
    assert supervisor.post("/marks/2022-Q2", data={f"mark-{'9' * 5000}": "1"}).status_code == 303
    with looking(session) as look:
        assert [mark.mark for mark in look.query(SupervisorMark)] == [7]


@pytest.mark.parametrize("day", ["9999-12-31", "2101-01-01"])
def test_closing_day_beyond_all_quarters_is_refused(sign_in: SignIn, unit: Unit, day: str) -> None:
    office = sign_in(Role.OFFICE)
    for path, data in (
        ("/rounds", {"quarter": "2023-Q1", "last_day": day}),
        ("/rounds/2022-Q2/closing", {"last_day": day}),
    ):
        answer = office.post(path, data=data)
        assert answer.status_code == 400
        assert "截止日期太远" in answer.text


@pytest.mark.parametrize("name", ["水利\u2028局", "水\x07利局", "水利　局", "  水利局\u200b"])
def test_unit_is_named_in_visible_characters_so_that_it_can_be_scored(
    sign_in: SignIn, session: Session, unit: Unit, name: str
) -> None:
    admin = sign_in(Role.ADMIN)
    assert admin.post("/admin/units", data={"name": name, "category": "政府部门"}).status_code == 303
    with looking(session) as look:
        assert look.query(Unit.name).order_by(Unit.id.desc()).first() == ("水利局",)
        look.query(Round).update({"state": RoundState.OPEN})
        look.commit()
    assert sign_in(Role.OFFICE).get("/rounds/2022-Q2/scores").status_code == 200
    again = admin.post("/admin/units", data={"name": "水 利 局", "category": "政府部门"})
    assert again.status_code == 400
    assert "已经登记过了" in again.text


def test_user_name_with_a_control_character_is_refused(sign_in: SignIn, unit: Unit) -> None:
    answer = sign_in(Role.ADMIN).post(
        "/admin/accounts", data={"username": "li\x07", "display_name": "李静", "role": "office"}
    )
    assert answer.status_code == 400
    assert "控制字符" in answer.text


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_separator_that_only_programs_take_for_a_new_line_is_refused(
    sign_in: SignIn, session: Session, unit: Unit, separator: str
) -> None:
    office = sign_in(Role.OFFICE)
    path = "/rounds/2022-Q2/ledgers/new"
    fields = {"item": "broken_promises", "unit": str(unit.id), "verified_on": "2022-06-01"}
    answer = office.post(path, data={**fields, "description": f"甲{separator}乙"})
    assert answer.status_code == 400
    assert "控制字符" in answer.text
    assert office.post(path, data={**fields, "description": "甲\r\n乙"}).status_code == 303
    with looking(session) as look:
        assert look.query(LedgerEntry).count() == 1


def test_respondents_who_end_the_address_with_a_slash_may_type_their_code(app: Flask) -> None:
    client = app.test_client()
    assert "回访码" in client.get("/s/").text
    assert client.post("/s/", data={"code": "x"}).status_code == 400


def test_form_that_is_too_long_says_what_to_do(app: Flask) -> None:
    answer = app.test_client().post("/s", data={"code": "x" * 600_000})
    assert answer.status_code == 413
    assert "删短一些" in answer.text
    assert "请等一分钟" not in answer.text
