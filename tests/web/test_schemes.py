"""Schemes as people read them, and trying figures out: what is typed comes back, and nothing is stored."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.item_entry import ItemEntry
from survey_app.models.unit import Unit
from survey_app.schemes.loader import scheme_digest, scheme_keys
from tests.builders import build_unit
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import load_bundle, looking

SignIn = Callable[..., FlaskClient]
PAGE = "/schemes/fangcheng-2022/what-if"


@pytest.fixture
def rated(session: Session) -> Unit:
    made = build_unit(session, "甲局")
    session.commit()
    return made


def test_everybody_concerned_reads_the_schemes(sign_in: SignIn, rated: Unit) -> None:
    for role in (Role.UNIT, Role.SUPERVISOR):
        client = sign_in(role, unit="甲局" if role is Role.UNIT else None)
        listed = client.get("/schemes").text
        for key in scheme_keys():
            assert f"/schemes/{key}" in listed
            assert scheme_digest(key) in client.get(f"/schemes/{key}").text
        page = client.get("/schemes/fangcheng-2022").text
        assert "每份基本满意扣 1 分、每份不满意扣 2 分" in page
        assert "抽取企业全部满意得20分" in page
        assert client.get("/schemes/none").status_code == 404


def test_units_side_by_side_are_scored(sign_in: SignIn, rated: Unit) -> None:
    client = sign_in(Role.UNIT, unit="甲局")
    added = client.post(
        PAGE, data={"units": "1", "action": "add", "u1-name": "甲", "u1-publicity-national": "3"}
    )
    assert 'name="u2-publicity-national"' in added.text
    assert 'value="3"' in added.text
    given = {"units": "2", "u1-name": "甲", "u2-name": "乙"}
    for number, articles in ((1, "3"), (2, "1")):
        given |= {
            f"u{number}-publicity-{level}": articles for level in ("national", "provincial", "municipal")
        }
    result = client.post(PAGE, data={**given, "action": "score", "u1-satisfaction-satisfied": "8", "u1-satisfaction-basically_satisfied": "1", "u1-satisfaction-dissatisfied": "1"}).text  # fmt: skip
    assert "20 − 1 基本满意 × 1 − 1 不满意 × 2 = 17" in result
    assert "在 2 个单位中列第 1，第一方阵" in result
    assert "在 2 个单位中列第 2" in result
    fewer = client.post(PAGE, data={**given, "action": "remove"}).text
    assert 'name="u2-publicity-national"' not in fewer


def test_a_fault_keeps_what_was_typed(sign_in: SignIn) -> None:
    client = sign_in(Role.OFFICE)
    answer = client.post(
        PAGE, data={"units": "1", "action": "score", "u1-innovation_highlight-points": "7.3"}
    )
    assert answer.status_code == 400
    assert "单位1：创新亮点：7.3 不在 0 至 5 之内" in answer.text
    assert 'href="#u1-innovation_highlight-points"' in answer.text
    assert 'value="7.3"' in answer.text


@pytest.mark.parametrize("hostile", [{"units": "99999"}, {"units": "-5"}, {"units": "x"}, {"u1-name": "x" * 500}, {"u1-supervisors-marks": "9 " * 5000}])  # fmt: skip
def test_hostile_forms_are_answered(sign_in: SignIn, hostile: dict[str, str]) -> None:
    answer = sign_in(Role.OFFICE).post(PAGE, data={"action": "score", **hostile})
    assert answer.status_code in (200, 400)
    assert len(answer.data) < 500_000


def test_in_the_place_of_one_unit_of_a_round(sign_in: SignIn, session: Session, clock: FakeClock) -> None:
    given = bundle(unit("甲局", assigned_tasks=4), unit("乙局", assigned_tasks=6))
    load_bundle(session, given, clock.now)
    rated = session.query(Unit).filter_by(name="甲局").one().id
    before = session.query(ItemEntry).count()
    session.rollback()
    office = sign_in(Role.OFFICE)
    base = {"round": "2022-Q1", "unit": str(rated)}
    page = office.get(PAGE, query_string=base).text
    assert 'name="u1-assigned_tasks-points" value="4"' in page
    typed = {"units": "1", "action": "score", "u1-assigned_tasks-points": "8", **base}
    result = office.post(PAGE, data=typed).text
    assert "乙局" not in result
    assert "待定" in result, "what was left empty is not known"
    with looking(session) as other:
        assert other.query(ItemEntry).count() == before
    assert sign_in(Role.UNIT, unit="甲局").get(PAGE, query_string=base).status_code == 403
    assert office.get(PAGE, query_string={**base, "unit": "99999"}).status_code == 404
    assert office.get("/schemes/shifan-2024/what-if", query_string=base).status_code == 404
