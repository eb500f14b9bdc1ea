"""Disowned responses: taken down from the page, the SMS or a call; they void nothing, and each body sees its own."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.answer import UnitAnswer
from survey_app.domain.disavowal import MOST_REPORTS, DisavowalState, DisavowalWay
from survey_app.domain.instrument import Dealt
from survey_app.domain.mode import Mode
from survey_app.domain.receipt import disown_token
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.case import Case
from survey_app.models.disavowal import Disavowal, DisavowalEntry
from survey_app.models.message import Message
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.services import disavowals
from survey_app.services.disavowal_pages import counts, own_disavowals, seen_disavowals
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.respondent_cases import TooManyTriesError
from survey_app.services.responses import RoundClosedError, submit
from survey_app.services.tallies import live_tally
from tests.builders import KEYS, build_account, build_case, build_enterprise, build_round, build_unit
from tests.conftest import FakeClock

BAD = UnitAnswer(Dealt.YES, "dissatisfied", {"reasons": ["slow"]})
FIRM = "方城县宏达农业有限公司"
Say = Callable[..., None]


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def case(session: Session, round_: Round, clock: FakeClock) -> Case:
    made = build_case(session, round_, [build_unit(session)], build_enterprise(session, FIRM))
    session.commit()
    answer(session, made, clock)
    return made


def answer(session: Session, case: Case, clock: FakeClock, mode: Mode = Mode.QR) -> str:
    said = {each.unit_id: BAD for each in case.units}
    return submit(session, case.id, mode, said, clock.now, clock.now, "2022-1").receipt_code


@pytest.fixture
def say(session: Session, case: Case, clock: FakeClock) -> Say:
    def say(note: str = "", phone: str = "", address: str = "10.0.0.1", way: str = "page") -> None:
        code = session.query(Response.receipt_code).filter_by(case_id=case.id).scalar()
        found = disavowals.response_of(session, KEYS.disavowals, disown_token(KEYS.disavowals, code))
        assert found is not None
        disavowals.report(
            session, KEYS.throttle, found, DisavowalWay(way), note, phone, address, clock.now
        )  # fmt: skip

    return say


def entries(session: Session) -> list[tuple[int, str | None, str | None, str, str]]:
    found = session.query(DisavowalEntry).order_by(DisavowalEntry.number)
    return [(each.number, each.way, each.state, each.note, each.phone) for each in found]


def test_every_first_answer_queues_one_receipt_to_the_registered_mobile(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    for mode in Mode:
        case = build_case(session, round_, [build_unit(session)], phone="13912345678")
        session.commit()
        answer(session, case, clock, mode)
        answer(session, case, clock)  # the same again
        other = {case.units[0].unit_id: UnitAnswer(Dealt.NO)}
        submit(session, case.id, Mode.QR, other, clock.now, clock.now, "2022-1")
        (queued,) = session.query(Message).filter_by(case_id=case.id).all()
        assert (queued.purpose, queued.phone) == ("receipt", "13912345678")


def test_a_refused_answer_and_a_landline_queue_none(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    landline = build_case(session, round_, [build_unit(session)], phone="0377-67230000")
    session.commit()
    answer(session, landline, clock)
    closed = build_round(session, "2022-Q1", RoundState.FINALISED)
    late = build_case(session, closed, [build_unit(session)])
    session.commit()
    with pytest.raises(RoundClosedError):
        answer(session, late, clock)
    assert session.query(Message).count() == 0


def test_an_answer_that_is_not_stored_queues_none(
    session: Session, round_: Round, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = build_case(session, round_, [build_unit(session)])
    session.commit()

    def broken() -> None:
        raise RuntimeError("power off")

    monkeypatch.setattr(session, "commit", broken)
    with pytest.raises(RuntimeError):
        answer(session, case, clock)
    monkeypatch.undo()
    session.rollback()
    assert (session.query(Response).count(), session.query(Message).count()) == (0, 0)


def test_saying_so_voids_nothing_and_is_written_down_once(session: Session, round_: Round, say: Say) -> None:
    before = live_tally(session, round_.id, "satisfaction")
    session.rollback()
    say("不是我们填的", "139 1234 5678", way="sms")
    say("不是我们填的", "13912345678")  # the same again
    say("请尽快核实")
    assert entries(session) == [
        (1, "sms", None, "不是我们填的", "13912345678"),
        (2, "page", None, "请尽快核实", ""),
    ]
    assert session.query(Disavowal).one().state is DisavowalState.NEW
    assert live_tally(session, round_.id, "satisfaction") == before
    assert session.query(Answer).one().counted


def test_it_cannot_be_flooded(session: Session, say: Say, clock: FakeClock) -> None:
    for number in range(MOST_REPORTS + 3):
        say(f"第 {number} 次")
    assert len(entries(session)) == MOST_REPORTS
    for number in range(20 - MOST_REPORTS - 3):
        say(f"又第 {number} 次")
    with pytest.raises(TooManyTriesError):
        say("还是我")
    session.rollback()
    say("另一处", address="10.0.0.2")  # the town's other addresses may still report
    clock.advance(timedelta(hours=2))
    say("过后")


def test_what_cannot_be_kept_is_named_by_its_field(session: Session, say: Say) -> None:
    for note, phone, field in (("长" * 201, "", "note"), ("", "12", "phone"), ("\x07!", "", "note")):
        with pytest.raises(ServiceError) as caught:
            say(note, phone)
        assert caught.value.field == field
        session.rollback()
    assert entries(session) == []


def test_staff_call_back_and_settle_it_with_notes_in_order(
    session: Session, round_: Round, say: Say, clock: FakeClock
) -> None:
    say("不是我")
    office = build_account(session, Role.OFFICE).id
    session.commit()
    only = session.query(Disavowal.id).scalar()

    def step(state: DisavowalState, note: str, seen: int, who: int = office) -> None:
        disavowals.take_step(session, round_, only, state, note, seen, who, clock.now)

    with pytest.raises(ServiceError, match="请写明"):
        step(DisavowalState.CALLED, " ", 1)
    step(DisavowalState.CALLED, "没人接", 1)
    with pytest.raises(ConflictError):
        step(DisavowalState.THEIRS, "别人先记了", 1)
    assert own_disavowals(session, round_, "satisfaction")[0].answers == ()
    step(DisavowalState.NOT_THEIRS, "法人说没填", 2)
    ((answer_id, _unit),) = own_disavowals(session, round_, "satisfaction")[0].answers
    assert answer_id == session.query(Answer.id).scalar()
    assert session.query(Answer).one().counted  # settled, and still two persons' deed to void
    step(DisavowalState.THEIRS, "会计填的", 3)
    assert [(way, state) for _, way, state, *_ in entries(session)] == [
        ("page", None),
        (None, "called"),
        (None, "not_theirs"),
        (None, "theirs"),
    ]
    say("真的不是我")  # what was found to be its own is looked at anew
    assert session.query(Disavowal).one().state is DisavowalState.NEW
    commission = build_account(session, Role.COMMISSION).id
    session.commit()
    with pytest.raises(NotFoundError):
        step(DisavowalState.CALLED, "越界", 5, commission)


def test_a_call_is_taken_down_by_its_receipt_of_ones_own_survey_only(
    session: Session, round_: Round, case: Case, clock: FakeClock
) -> None:
    code = session.query(Response.receipt_code).scalar()
    office, commission = (build_account(session, role).id for role in (Role.OFFICE, Role.COMMISSION))
    session.commit()
    for typed, who in ((code, commission), ("ZZZZZZZZZ", office), ("x", office)):
        with pytest.raises(ServiceError, match="本轮没有这个回执号") as caught:
            disavowals.note_call(session, round_, typed, "来电否认", "", who, clock.now)
        assert caught.value.field == "receipt"
        session.rollback()
    disavowals.note_call(session, round_, code.lower(), "来电否认", "", office, clock.now)
    assert entries(session) == [(1, "phone", None, "来电否认", "")]


def test_the_commission_sees_the_offices_without_enterprises_and_the_office_a_number(
    session: Session, round_: Round, say: Say, clock: FakeClock
) -> None:
    say(f"我是{FIRM}的，电话 13912345678，没填过", "13912345678")
    (seen,) = seen_disavowals(session, round_, "satisfaction", Role.COMMISSION)
    (text,) = seen.said
    assert "没填过" in text
    assert not any(word in text for word in (FIRM, "宏达", "139"))
    theirs = build_case(session, round_, [build_unit(session)], instrument="mass_appraisal")
    session.commit()
    code = answer(session, theirs, clock)
    found = disavowals.response_of(session, KEYS.disavowals, disown_token(KEYS.disavowals, code))
    assert found is not None
    disavowals.report(session, KEYS.throttle, found, DisavowalWay.SMS, "也不是", "", "10.0.0.9", clock.now)
    assert seen_disavowals(session, round_, "mass_appraisal", Role.OFFICE) == []
    assert [
        (each.instrument, each.is_own, each.total, each.open) for each in counts(session, round_, Role.OFFICE)
    ] == [("satisfaction", True, 1, 1), ("mass_appraisal", False, 1, 1)]
