"""From a point to the answers behind it, and two persons' way of voiding one, by what people see."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.response import Answer
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.answers import anonymous_answers
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import load_bundle, looking

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q1"


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    given = unit("甲局", satisfaction={"satisfied": 8, "basically_satisfied": 1, "dissatisfied": 1})
    return load_bundle(session, bundle(given, unit("乙局")), clock.now)


@pytest.fixture
def rated(session: Session, round_: Round) -> int:
    found: int = session.query(Unit).filter_by(name="甲局").one().id
    session.rollback()
    return found


@pytest.fixture
def worst(session: Session, rated: int) -> int:
    with looking(session) as other:
        return anonymous_answers(other, other.query(Round).one(), rated, "satisfaction")[0].id


def test_two_persons_void_an_answer(sign_in: SignIn, rated: int, worst: int) -> None:
    one, other = sign_in(Role.OFFICE), sign_in(Role.OFFICE, username="office2")
    listed = one.get(f"{BASE}/scores/{rated}/answers/satisfaction").text
    assert "共 10 份，计入得分 10 份" in listed
    assert "−2" in listed
    page = f"{BASE}/answers/{worst}"
    assert "企业自己扫码或输入回访码作答" in one.get(page).text
    refused = one.post(page, data={"reason": ""})
    assert (refused.status_code, "请填写理由" in refused.text) == (400, True)
    assert one.post(page, data={"reason": "回访查明不是本企业所评"}).status_code == 303
    again = other.post(page, data={"reason": "同上，又写了一遍"})
    assert (again.status_code, "已有待复核的申请" in again.text) == (409, True)
    assert "须由另一人复核" in one.get(f"{BASE}/answer-reviews").text
    assert "20 − 1 基本满意 × 1 − 1 不满意 × 2 = 17" in one.get(f"{BASE}/scores/{rated}").text
    listed = other.get(f"{BASE}/answer-reviews").text
    decide = listed.partition(f'action="{BASE}/answer-reviews/')[2].partition('"')[0]
    back = other.post(f"{BASE}/answer-reviews/{decide}", data={"decision": "return", f"reason-{decide}": ""})
    assert (back.status_code, "退回须写明理由" in back.text) == (400, True)
    assert other.post(f"{BASE}/answer-reviews/{decide}", data={"decision": "approve"}).status_code == 303
    assert "20 − 1 基本满意 × 1 − 0 不满意 × 2 = 19" in one.get(f"{BASE}/scores/{rated}").text
    listed = one.get(f"{BASE}/scores/{rated}/answers/satisfaction").text
    assert "共 10 份，计入得分 9 份" in listed
    assert "有复核记录" in listed
    assert "回访查明不是本企业所评" in one.get(page).text


def test_commission_reads_and_does_not_void(sign_in: SignIn, worst: int) -> None:
    page = f"{BASE}/answers/{worst}"
    commission = sign_in(Role.COMMISSION)
    assert "只能查看" in commission.get(page).text
    assert commission.post(page, data={"reason": "想作废"}).status_code == 400
    assert commission.get(f"{BASE}/answers/999999").status_code == 404


def test_nothing_is_asked_of_a_frozen_round(
    sign_in: SignIn, session: Session, round_: Round, worst: int
) -> None:
    page = f"{BASE}/answers/{worst}"
    round_.state = RoundState.FINALISED
    session.commit()
    office = sign_in(Role.OFFICE)
    assert "只能查看" in office.get(page).text
    assert office.post(page, data={"reason": "想作废"}).status_code == 400


def test_only_who_asks_reads_what_was_written_unmasked(
    sign_in: SignIn, session: Session, rated: int, worst: int
) -> None:
    answer = session.get(Answer, worst)
    assert answer is not None
    answer.details = {"reasons": ["other"], "reasons-text": "窗口没人，请打13800138000"}
    session.commit()
    office, commission = sign_in(Role.OFFICE), sign_in(Role.COMMISSION)
    for path in (f"{BASE}/answers/{worst}", f"{BASE}/scores/{rated}/answers/satisfaction"):
        assert "窗口没人，请打13800138000" in office.get(path).text
        page = commission.get(path).text
        assert "窗口没人，请打〔已隐去〕" in page
        assert "13800138000" not in page
