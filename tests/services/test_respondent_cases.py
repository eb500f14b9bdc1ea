"""Finding a case by its link or by a typed code: the one view, and the door that closes on guessing."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.access_code import ALPHABET, CODE_LENGTH
from survey_app.domain.mode import Mode
from survey_app.domain.round_state import RoundState
from survey_app.models.account import FailedAttempt
from survey_app.models.case import Case
from survey_app.models.response import LaterSubmission, Response
from survey_app.services.personal_links import redraw_link
from survey_app.services.respondent_cases import (
    ALARMING,
    MalformedCodeError,
    ReplacedCodeError,
    TooManyTriesError,
    UnknownCodeError,
    find_case,
    guessing,
    survey_of_replaced,
    token_for_code,
)
from survey_app.services.throttle import CODE_BY_ADDRESS, CODE_OVER_ALL
from tests.builders import KEYS, build_case, build_enterprise, build_round, build_unit, code_of, token_of
from tests.conftest import FakeClock

HERE = "203.0.113.9"


@pytest.fixture
def case(session: Session) -> Case:
    first, second = build_unit(session, "县税务局"), build_unit(session, "县供电公司")
    made = build_case(session, build_round(session), [second, first], build_enterprise(session, "宏达农业"))
    session.commit()
    return made


def wrong_code(n: int) -> str:
    return ALPHABET[n // 31 % 31] + ALPHABET[n % 31] + "2" * (CODE_LENGTH - 2)


def open_by(session: Session, clock: FakeClock, typed: str, address: str = HERE) -> str:
    return token_for_code(session, KEYS.links, KEYS.throttle, typed, address, clock.now)


def test_what_the_page_shows(session: Session, case: Case, clock: FakeClock) -> None:
    found = find_case(session, token_of(case))
    assert found is not None
    assert (found.case_id, found.public_id, found.instrument) == (case.id, case.public_id, "satisfaction")
    assert (found.enterprise, found.quarter, found.scheme_key) == ("宏达农业", "2022-Q2", "fangcheng-2022")
    assert [name for _, name in found.units] == ["县税务局", "县供电公司"]
    assert found.state is RoundState.OPEN
    assert found.is_open(clock.now)
    assert found.receipt is None


@pytest.mark.parametrize("token", ["", "x", "x" * 22, "字" * 22, "x" * 23, "' OR 1=1 --           "])
def test_a_token_that_opens_nothing(session: Session, case: Case, token: str) -> None:
    assert find_case(session, token) is None


def test_a_replaced_link_and_code_open_nothing_and_say_why(
    session: Session, case: Case, clock: FakeClock
) -> None:
    old, old_code, survey = token_of(case), code_of(case), ("fangcheng-2022", "satisfaction")
    assert survey_of_replaced(session, old) is None
    redraw_link(session, KEYS, case, clock.now)
    assert find_case(session, old) is None
    assert find_case(session, token_of(case)) is not None
    assert survey_of_replaced(session, old) == survey
    for token in (token_of(case), "x" * 22, "x", "字" * 22):
        assert survey_of_replaced(session, token) is None
    for _ in range(CODE_BY_ADDRESS.failures + 1):  # an old letter is no guess, and closes no door
        with pytest.raises(ReplacedCodeError) as fault:
            open_by(session, clock, old_code)
        assert fault.value.survey == survey
    assert session.query(FailedAttempt).count() == 0
    assert open_by(session, clock, code_of(case)) == token_of(case)


def test_the_receipt_and_what_came_later(session: Session, case: Case, clock: FakeClock) -> None:
    common = {"case_id": case.id, "mode": Mode.QR, "received_at": clock.now}
    session.add(
        Response(
            **common,
            instrument_version="1",
            opened_at=clock.now,
            content_digest="0" * 64,
            receipt_code="ABCDEFGHJ",
        )
    )
    session.commit()
    found = find_case(session, token_of(case))
    assert found is not None
    assert found.receipt is not None
    assert (found.receipt.receipt_code, found.receipt.received_at) == ("ABCDEFGHJ", clock.now)
    assert not found.receipt.later_kept
    session.add(LaterSubmission(**common, content_digest="1" * 64, content={}))
    session.commit()
    found = find_case(session, token_of(case))
    assert found is not None
    assert found.receipt is not None
    assert found.receipt.later_kept


def test_open_until_the_closing_moment(session: Session, case: Case, clock: FakeClock) -> None:
    case.round.closes_at = clock.now
    session.commit()
    found = find_case(session, token_of(case))
    assert found is not None
    assert found.is_open(clock.now)
    assert not found.is_open(clock.now + timedelta(seconds=1))


def test_a_code_leads_to_its_link_however_it_is_typed(session: Session, case: Case, clock: FakeClock) -> None:
    code = code_of(case)
    for typed in (code, code.lower(), f" {code[:4]} {code[4:]} ", f"{code[:4]}-{code[4:]}"):
        assert open_by(session, clock, typed) == token_of(case)
    session.commit()


def test_what_cannot_be_a_code_is_not_counted(session: Session, case: Case, clock: FakeClock) -> None:
    for _ in range(20):
        with pytest.raises(MalformedCodeError):
            open_by(session, clock, "ABC")
    assert session.query(FailedAttempt).count() == 0
    assert open_by(session, clock, code_of(case)) == token_of(case)


def test_the_door_closes_for_an_address_and_opens_again(
    session: Session, case: Case, clock: FakeClock
) -> None:
    for n in range(CODE_BY_ADDRESS.failures):
        if n == 2:
            open_by(session, clock, code_of(case))  # owning one code doesn't buy more tries
            session.commit()
        with pytest.raises(UnknownCodeError):
            open_by(session, clock, wrong_code(n))
    with pytest.raises(TooManyTriesError) as fault:
        open_by(session, clock, code_of(case))
    assert (fault.value.retry_after, fault.value.over_all) == (CODE_BY_ADDRESS.window, False)
    clock.advance(timedelta(minutes=4))
    with pytest.raises(TooManyTriesError) as fault:
        open_by(session, clock, code_of(case))
    assert fault.value.retry_after == CODE_BY_ADDRESS.window - timedelta(minutes=4)
    assert "请过 6 分钟再试" in str(fault.value)
    clock.advance(timedelta(minutes=-4))
    session.rollback()
    assert open_by(session, clock, code_of(case), "203.0.113.10") == token_of(case)
    session.rollback()
    clock.advance(CODE_BY_ADDRESS.window + timedelta(seconds=1))
    assert open_by(session, clock, code_of(case)) == token_of(case)


def test_the_door_closes_over_all(session: Session, case: Case, clock: FakeClock) -> None:
    for n in range(CODE_OVER_ALL.failures):
        if n == ALARMING - 1:
            assert guessing(session, KEYS.throttle, clock.now) == 0
        with pytest.raises(UnknownCodeError):
            open_by(session, clock, wrong_code(n), f"10.0.{n // 4}.1")
    with pytest.raises(TooManyTriesError) as fault:
        open_by(session, clock, code_of(case), "192.0.2.1")
    assert fault.value.over_all
    assert guessing(session, KEYS.throttle, clock.now) == CODE_OVER_ALL.failures
    assert guessing(session, KEYS.throttle, clock.now + CODE_OVER_ALL.window) == 0


def test_no_address_is_stored(session: Session, case: Case, clock: FakeClock) -> None:
    with pytest.raises(UnknownCodeError):
        open_by(session, clock, wrong_code(1))
    assert all(HERE not in f"{row.key_hash}{row.scope}" for row in session.query(FailedAttempt))
    assert session.query(FailedAttempt).count() == 2
