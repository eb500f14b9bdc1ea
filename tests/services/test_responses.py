"""The one door for a response: the first counts, by a constraint; the same again is welcome; later ones are kept."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.access_code import ALPHABET
from survey_app.domain.answer import UnitAnswer, content_digest
from survey_app.domain.disposition import Disposition
from survey_app.domain.instrument import Dealt
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.domain.round_state import GRACE, RoundState
from survey_app.models.case import Case
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.models.unit import Unit
from survey_app.services import responses
from survey_app.services.errors import NotFoundError
from survey_app.services.respondent_cases import Receipt
from survey_app.services.responses import RECEIPT_LENGTH, RoundClosedError, submit
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock

GOOD = UnitAnswer(Dealt.YES, "satisfied", {"cost": "0", "duration": {"value": "3", "unit": "workdays"}})
BAD = UnitAnswer(Dealt.YES, "dissatisfied", {"reasons": ["slow"], "cost": "unknown"})
NONE = UnitAnswer(Dealt.NO)


@pytest.fixture
def units(session: Session) -> list[Unit]:
    return [build_unit(session), build_unit(session)]


@pytest.fixture
def case(session: Session, units: list[Unit]) -> Case:
    case = build_case(session, build_round(session), units)
    session.commit()
    return case


def send(
    session: Session,
    case: Case,
    answers: list[UnitAnswer],
    now: datetime,
    mode: Mode = Mode.QR,
    **more: object,
) -> Receipt:
    by_unit = dict(zip([each.unit_id for each in case.units], answers, strict=True))
    opened_at = more.pop("opened_at", now)
    return submit(session, case.id, mode, by_unit, opened_at, now, "2022-1", **more)  # type: ignore[arg-type]


def counts(session: Session) -> tuple[int, int, int]:
    found = tuple(session.query(table).count() for table in (Response, Answer, LaterSubmission))
    session.rollback()
    return found  # type: ignore[return-value]


def test_the_first_response_is_stored_whole(session: Session, case: Case, clock: FakeClock) -> None:
    opened = clock.now - timedelta(minutes=2)
    receipt = send(session, case, [GOOD, NONE], clock.now, Mode.SMS, opened_at=opened)
    assert receipt == Receipt(receipt.receipt_code, clock.now)
    assert len(receipt.receipt_code) == RECEIPT_LENGTH
    assert set(receipt.receipt_code) <= set(ALPHABET)
    stored = session.query(Response).one()
    assert (stored.case_id, stored.mode, stored.opened_at, stored.received_at) == (
        case.id,
        Mode.SMS,
        opened,
        clock.now,
    )
    assert (stored.instrument_version, stored.notice_version) == ("2022-1", "2022-1")
    assert stored.interviewer_id is None
    assert [
        (answer.round_id, answer.instrument, answer.dealt, answer.rating, answer.details)
        for answer in sorted(stored.answers, key=lambda answer: answer.unit_id)
    ] == [
        (case.round_id, "satisfaction", "yes", "satisfied", GOOD.details),
        (case.round_id, "satisfaction", "no", None, {}),
    ]
    session.refresh(case)
    assert (case.disposition, case.closed) == (Disposition.COMPLETE, True)


def test_a_case_in_an_interviewers_hands_is_let_go(session: Session, case: Case, clock: FakeClock) -> None:
    caller = build_account(session, Role.INTERVIEWER)
    case.held_by_id, case.held_until = caller.id, clock.now + timedelta(minutes=30)
    case.appointment_at = clock.now + timedelta(days=1)
    session.commit()
    send(session, case, [GOOD, GOOD], clock.now, Mode.PHONE, interviewer_id=caller.id)
    session.refresh(case)
    assert (case.held_by_id, case.held_until, case.appointment_at) == (None, None, None)
    assert session.query(Response).one().interviewer_id == caller.id


@pytest.mark.parametrize("answers", [[NONE, NONE], [UnitAnswer(Dealt.UNSURE), NONE]])
def test_dealings_with_none_of_the_units(
    session: Session, case: Case, clock: FakeClock, answers: list[UnitAnswer]
) -> None:
    send(session, case, answers, clock.now)
    session.refresh(case)
    assert (case.disposition, case.closed) == (Disposition.NO_DEALINGS, True)
    assert counts(session) == (1, 2, 0)


def test_the_same_again_gets_the_same_receipt(session: Session, case: Case, clock: FakeClock) -> None:
    first = send(session, case, [GOOD, BAD], clock.now)
    clock.advance(timedelta(minutes=3))
    again = send(session, case, [GOOD, BAD], clock.now, Mode.PHONE)
    assert again == Receipt(first.receipt_code, first.received_at, is_first=False, same_content=True)
    assert counts(session) == (1, 2, 0)


def test_different_content_is_kept_once_and_never_counted(
    session: Session, case: Case, clock: FakeClock
) -> None:
    first = send(session, case, [GOOD, NONE], clock.now)
    clock.advance(timedelta(hours=1))
    for _ in range(2):
        later = send(session, case, [BAD, NONE], clock.now, Mode.SMS)
        assert (later.receipt_code, later.received_at) == (first.receipt_code, first.received_at)
        assert (later.is_first, later.same_content, later.later_kept) == (False, False, True)
    assert counts(session) == (1, 2, 1)
    kept = session.query(LaterSubmission).one()
    unit, other = (each.unit_id for each in case.units)
    assert kept.content == {
        str(unit): {"dealt": "yes", "rating": "dissatisfied", "details": BAD.details},
        str(other): {"dealt": "no", "rating": None, "details": {}},
    }
    assert kept.content_digest == content_digest({unit: BAD, other: NONE})
    assert {answer.rating for answer in session.query(Answer)} == {"satisfied", None}


CLOSING = timedelta(minutes=10)  # after the moment that the clock shows


@pytest.mark.parametrize("state", [RoundState.OPEN, RoundState.CLOSED])
@pytest.mark.parametrize(
    ("opened", "sent", "taken"),
    [
        (timedelta(0), CLOSING, True),
        (timedelta(0), CLOSING + GRACE, True),
        (CLOSING, CLOSING + GRACE, True),
        (timedelta(0), CLOSING + GRACE + timedelta(seconds=1), False),
        (CLOSING + timedelta(seconds=1), CLOSING + timedelta(seconds=2), False),
    ],
)
def test_the_thirty_minutes_after_closing(
    session: Session,
    units: list[Unit],
    clock: FakeClock,
    state: RoundState,
    opened: timedelta,
    sent: timedelta,
    taken: bool,
) -> None:
    """Rule: Tallying answers; a form opened before closing and sent within 30 minutes after still counts."""
    case = build_case(session, build_round(session, state=state, closes_at=clock.now + CLOSING), units)
    session.commit()
    opened_at, now = clock.now + opened, clock.now + sent
    if taken:
        assert send(session, case, [GOOD, GOOD], now, opened_at=opened_at).is_first
    else:
        with pytest.raises(RoundClosedError):
            send(session, case, [GOOD, GOOD], now, opened_at=opened_at)
        assert counts(session) == (0, 0, 0)
        session.refresh(case)
        assert (case.disposition, case.closed) == (Disposition.NOT_CONTACTED, False)


@pytest.mark.parametrize(
    "state", [RoundState.PREPARING, RoundState.FINALISED, RoundState.PUBLISHED, RoundState.CORRECTING]
)
def test_rounds_that_take_nothing(
    session: Session, units: list[Unit], clock: FakeClock, state: RoundState
) -> None:
    case = build_case(session, build_round(session, state=state, closes_at=clock.now), units)
    session.commit()
    with pytest.raises(RoundClosedError):
        send(session, case, [GOOD, GOOD], clock.now)
    assert counts(session) == (0, 0, 0)


def test_after_closing_a_repetition_gets_its_receipt_and_a_change_is_refused(
    session: Session, case: Case, clock: FakeClock
) -> None:
    first = send(session, case, [GOOD, GOOD], clock.now)
    case.round.state, case.round.closes_at = RoundState.CLOSED, clock.now
    session.commit()
    opened = clock.now
    clock.advance(timedelta(days=3))
    again = send(session, case, [GOOD, GOOD], clock.now, opened_at=opened)
    assert again.receipt_code == first.receipt_code
    with pytest.raises(RoundClosedError):
        send(session, case, [BAD, GOOD], clock.now, opened_at=opened)
    assert counts(session) == (1, 2, 0)


@pytest.mark.parametrize(
    "answers", [{}, {1: UnitAnswer(Dealt.YES)}, {1: GOOD, 2: UnitAnswer(Dealt.NO, "satisfied")}]
)
def test_answers_that_no_parser_gives(
    session: Session, case: Case, clock: FakeClock, answers: dict[int, UnitAnswer]
) -> None:
    with pytest.raises(ValueError, match="rating"):
        submit(session, case.id, Mode.QR, answers, clock.now, clock.now, "2022-1")


def test_a_case_that_is_not_there(session: Session, clock: FakeClock) -> None:
    with pytest.raises(NotFoundError):
        submit(session, 4711, Mode.QR, {1: GOOD}, clock.now, clock.now, "2022-1")


def test_a_receipt_code_that_is_taken_is_made_again(
    session: Session, case: Case, units: list[Unit], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = build_case(session, case.round, units)
    session.commit()
    symbols = chain("A" * RECEIPT_LENGTH * 2, "B" * RECEIPT_LENGTH)
    monkeypatch.setattr(responses.secrets, "choice", lambda _alphabet: next(symbols))
    assert send(session, case, [GOOD, GOOD], clock.now).receipt_code == "A" * RECEIPT_LENGTH
    assert send(session, other, [GOOD, GOOD], clock.now).receipt_code == "B" * RECEIPT_LENGTH


def at_once(app: Flask, tasks: list[Callable[[Session], Receipt]]) -> list[Receipt]:
    """Run the tasks at the same moment, each with a session of its own, as requests have."""
    with app.app_context():
        engine = db.engine
    start = threading.Barrier(len(tasks))
    receipts: list[Receipt] = []
    faults: list[BaseException] = []

    def work(task: Callable[[Session], Receipt]) -> None:
        try:
            with Session(engine) as own:
                start.wait(30)
                receipts.append(task(own))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    return receipts


def task_of(case: Case, answers: list[UnitAnswer], now: datetime) -> Callable[[Session], Receipt]:
    by_unit = dict(zip([each.unit_id for each in case.units], answers, strict=True))
    return lambda session: submit(session, case.id, Mode.QR, by_unit, now, now, "2022-1")


def test_twenty_at_once_make_one_response(app: Flask, session: Session, case: Case, clock: FakeClock) -> None:
    tasks = [task_of(case, [GOOD, NONE], clock.now)] * 20
    session.commit()
    receipts = at_once(app, tasks)
    assert len({(receipt.receipt_code, receipt.received_at) for receipt in receipts}) == 1
    assert Counter(receipt.is_first for receipt in receipts) == {True: 1, False: 19}
    assert counts(session) == (1, 2, 0)


def test_different_contents_at_once(app: Flask, session: Session, case: Case, clock: FakeClock) -> None:
    contents = [[GOOD, NONE], [BAD, NONE], [NONE, GOOD], [NONE, NONE]]
    tasks = [task_of(case, contents[n % 4], clock.now) for n in range(12)]
    session.commit()
    receipts = at_once(app, tasks)
    assert len({receipt.receipt_code for receipt in receipts}) == 1
    assert counts(session) == (1, 2, 3)
    digests = {session.query(Response).one().content_digest} | {
        later.content_digest for later in session.query(LaterSubmission)
    }
    assert len(digests) == 4
