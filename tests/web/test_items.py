"""The pages for entering: who may open them, what comes back after an error, and two people at once."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.item_entry import ItemEntry, SupervisorMark
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from tests.builders import build_round, build_unit
from tests.pages import Browser
from tests.score_builders import looking

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def unit(session: Session) -> Unit:
    unit = build_unit(session, "税务局")
    build_round(session)
    session.commit()
    return unit


def _typed(unit: Unit, **values: str) -> dict[str, str]:
    """Form values: item_key="…" for the unit's fields, versions of 0."""
    return {
        f"{name.rpartition('__')[0]}-{unit.id}-{name.rpartition('__')[2]}": v for name, v in values.items()
    }


def _approve(sign_in: SignIn) -> None:
    """Somebody else of the office approves whatever waits."""
    second = Browser(sign_in(Role.OFFICE, username="second"))
    page = second.open("/rounds/2022-Q2/approvals")
    (button,) = (each.text for form in page.forms for each in form.buttons if "全部通过" in each.text)
    second.send(page, button)


def test_each_page_opens_for_its_roles_only(sign_in: SignIn, session: Session, unit: Unit) -> None:
    pages = {
        "/rounds/2022-Q2/items": {Role.OFFICE, Role.COMMISSION},
        "/rounds/2022-Q2/items/grid": {Role.OFFICE},
        f"/rounds/2022-Q2/items/{unit.id}": {Role.OFFICE},
        f"/rounds/2022-Q2/items/{unit.id}/assigned_tasks": {Role.OFFICE, Role.COMMISSION},
        "/rounds/2022-Q2/mass-appraisal": {Role.OFFICE, Role.COMMISSION},
        "/marks": {Role.SUPERVISOR},
        "/marks/2022-Q2": {Role.SUPERVISOR},
    }
    for role in Role:
        client = sign_in(role, unit="税务局" if role is Role.UNIT else None)
        for path, roles in pages.items():
            assert client.get(path).status_code == (200 if role in roles else 403), (role, path)


def test_each_change_is_for_its_role_only(sign_in: SignIn, session: Session, unit: Unit) -> None:
    changes = {
        f"/rounds/2022-Q2/items/{unit.id}": Role.OFFICE,
        "/rounds/2022-Q2/mass-appraisal": Role.COMMISSION,
        "/marks/2022-Q2": Role.SUPERVISOR,
    }
    for role in Role:
        client = sign_in(role, unit="税务局" if role is Role.UNIT else None)
        for path, owner in changes.items():
            assert (client.post(path).status_code == 403) == (role is not owner), (role, path)
    for kind in (ItemEntry, SupervisorMark):
        assert session.query(kind).count() == 0


def test_unknown_rounds_units_and_items_are_not_found(sign_in: SignIn, unit: Unit) -> None:
    client = sign_in(Role.OFFICE)
    for path in (
        "/rounds/2030-Q1/items", "/rounds/x/scores", "/rounds/2022-Q2/items/999",
        f"/rounds/2022-Q2/items/{unit.id}/nothing", f"/rounds/2022-Q2/items/{unit.id}/satisfaction",
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path


def test_office_enters_a_units_items_and_goes_on_to_the_next(
    sign_in: SignIn, session: Session, unit: Unit
) -> None:
    other = build_unit(session, "人社局")
    session.commit()
    client = sign_in(Role.OFFICE)
    path = f"/rounds/2022-Q2/items/{unit.id}"
    typed = _typed(
        unit, assigned_tasks__points=" ７.5 ", assigned_tasks__note="缺会一次",
        revisits__sampled="10", revisits__revisited="8",
    )  # fmt: skip
    answer = client.post(path, data={**typed, "next": "1"})
    assert answer.headers["Location"] == f"/rounds/2022-Q2/items/{other.id}"
    entries = {entry.item: entry for entry in session.query(ItemEntry)}
    session.rollback()
    assert entries.keys() == {"assigned_tasks", "revisits"}
    assert (entries["assigned_tasks"].data, entries["assigned_tasks"].note) == ({"points": "7.5"}, "缺会一次")
    again = _typed(unit, revisits__sampled="10", revisits__revisited="10", revisits__version="1")
    session.rollback()
    assert "待定：已填报，待审核" in client.get(path).text
    _approve(sign_in)
    assert "样本企业 10，已回访企业 8，还差 2，得 0" in client.get(path).text
    client.post(path, data=again)
    grid = client.get("/rounds/2022-Q2/items").text
    assert "10 / 10" in grid
    assert "现行 10 / 8" in grid
    history = client.get(f"{path}/assigned_tasks").text
    assert "缺会一次" in history
    assert "office-" in history  # who entered it


def test_what_was_typed_survives_an_error_and_nothing_is_stored(
    sign_in: SignIn, session: Session, unit: Unit
) -> None:
    client = sign_in(Role.OFFICE)
    typed = _typed(
        unit, assigned_tasks__points="9", innovation_effect__points="2.5", innovation_effect__note="文件<b>",
    )  # fmt: skip
    answer = client.post(f"/rounds/2022-Q2/items/{unit.id}", data=typed)
    assert answer.status_code == 400
    assert "日常交办：9 不在 0 至 8 之内" in answer.text
    assert f'href="#assigned_tasks-{unit.id}-points"' in answer.text
    assert 'value="9"' in answer.text
    assert 'value="2.5"' in answer.text
    assert "文件&lt;b&gt;" in answer.text
    assert session.query(ItemEntry).count() == 0


def test_second_of_two_people_sees_both_values_and_may_then_overwrite(
    sign_in: SignIn, session: Session, unit: Unit
) -> None:
    first, second = sign_in(Role.OFFICE, username="wang"), sign_in(Role.OFFICE, username="li")
    path = f"/rounds/2022-Q2/items/{unit.id}"
    first.post(path, data=_typed(unit, assigned_tasks__points="7"))
    answer = second.post(path, data=_typed(unit, assigned_tasks__points="8", innovation_effect__points="3"))
    assert answer.status_code == 409
    assert "已由wang改为「7」，您填的是「8」" in answer.text
    assert 'value="8"' in answer.text
    with looking(session) as other:
        assert other.query(ItemEntry).count() == 1
    assert "wang 10:00 填 7；您填 8" in answer.text
    typed = _typed(unit, assigned_tasks__points="8", innovation_effect__points="3")
    assert second.post(path, data=typed).status_code == 409, "a choice has to be made"
    typed |= _typed(unit, assigned_tasks__choice="1")
    assert second.post(path, data=typed).status_code == 303
    assert session.query(ItemEntry).filter_by(item="assigned_tasks", version=2).one().data == {"points": "8"}


def test_table_of_all_units_keeps_what_was_typed_and_shows_both_entries(
    sign_in: SignIn, session: Session, unit: Unit
) -> None:
    first, second = sign_in(Role.OFFICE, username="wang"), sign_in(Role.OFFICE, username="li")
    path = "/rounds/2022-Q2/items/grid"
    assert f'name="assigned_tasks-{unit.id}-points"' in first.get(path).text
    assert first.post(path, data=_typed(unit, assigned_tasks__points="7")).status_code == 303
    answer = second.post(path, data=_typed(unit, assigned_tasks__points="8", innovation_effect__points="3"))
    assert answer.status_code == 409
    assert "wang 10:00 填 7；您填 8" in answer.text
    typed = _typed(
        unit, assigned_tasks__points="8", assigned_tasks__choice="theirs", innovation_effect__points="9"
    )
    answer = second.post(path, data=typed)
    assert answer.status_code == 400
    assert 'value="7"' in answer.text
    assert 'value="9"' in answer.text
    assert f'href="#innovation_effect-{unit.id}-points"' in answer.text
    with looking(session) as other:
        assert [entry.data for entry in other.query(ItemEntry)] == [{"points": "7"}]


def test_cells_are_stored_one_by_one_whatever_is_wrong_with_the_others(
    sign_in: SignIn, session: Session, unit: Unit
) -> None:
    first, second = sign_in(Role.OFFICE, username="wang"), sign_in(Role.OFFICE, username="li")
    path, tasks = "/rounds/2022-Q2/items/cells", f"assigned_tasks-{unit.id}"
    seen = {"assigned_tasks__version": "", "assigned_tasks__note": ""}
    told = first.post(path, data=_typed(unit, assigned_tasks__points=" ７ ", **seen)).json
    assert told["saved"] == [
        {"place": tasks, "version": "1", "values": {"points": "7"}, "note": "", "who": "wang", "state": "审"}
    ]
    told = second.post(
        path,
        data=_typed(
            unit, assigned_tasks__points="8", innovation_effect__points="9", innovation_effect__version="",
            innovation_highlight__points="5", innovation_highlight__version="", **seen,
        ),
    ).json  # fmt: skip
    assert [each["sentence"] for each in told["conflicts"]] == ["wang 10:00 填 7；您填 8"]
    assert [each["sentence"] for each in told["faults"]] == ["取得成效：9 不在 0 至 3 之内"]
    assert [each["place"] for each in told["saved"]] == [f"innovation_highlight-{unit.id}"]
    same = second.post(path, data=_typed(unit, assigned_tasks__points="7", **seen)).json
    assert [each["version"] for each in same["saved"]] == ["1"], "the same from both is no conflict"
    refused = sign_in(Role.COMMISSION).post(path, data=_typed(unit, assigned_tasks__points="1", **seen))
    assert refused.status_code == 400
    assert "您的账号不能填" in refused.json["refused"]
    assert first.post(path, data={"nothing-1-version": ""}).status_code == 404
    round_ = session.query(Round).one()
    round_.state = RoundState.FINALISED
    session.commit()
    frozen = first.post(path, data=_typed(unit, assigned_tasks__points="6", assigned_tasks__version="1"))
    assert "已核定" in frozen.json["refused"]
    with looking(session) as other:
        assert other.query(ItemEntry).count() == 2


def test_commission_hands_in_totals_for_all_units(sign_in: SignIn, session: Session, unit: Unit) -> None:
    client = sign_in(Role.COMMISSION)
    path = "/rounds/2022-Q2/mass-appraisal"
    typed = _typed(
        unit, mass_appraisal__satisfied="40", mass_appraisal__basically_satisfied="3",
        mass_appraisal__dissatisfied="x",
    )  # fmt: skip
    answer = client.post(path, data=typed)
    assert answer.status_code == 400
    assert "群众评：不满意 应为不小于 0 的整数，不是 「x」" in answer.text
    typed[f"mass_appraisal-{unit.id}-dissatisfied"] = "2"
    assert client.post(path, data=typed).status_code == 303
    with looking(session) as other:
        entry = other.query(ItemEntry).one()
        assert entry.data == {"satisfied": "40", "basically_satisfied": "3", "dissatisfied": "2"}
    office = sign_in(Role.OFFICE).get(path).text
    assert "<input id=" not in office
    assert "40" in office


def test_frozen_round_shows_its_entries_and_takes_none(sign_in: SignIn, session: Session, unit: Unit) -> None:
    client = sign_in(Role.OFFICE)
    path = f"/rounds/2022-Q2/items/{unit.id}"
    client.post(path, data=_typed(unit, assigned_tasks__points="7"))
    round_ = session.query(Round).one()
    round_.state = RoundState.FINALISED
    session.commit()
    answer = client.post(path, data=_typed(unit, assigned_tasks__points="8", assigned_tasks__version="1"))
    assert answer.status_code == 400
    assert "已核定，不能再填报" in answer.text
    assert session.query(ItemEntry).count() == 1
