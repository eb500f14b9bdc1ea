"""Cases whose numbers were all wrong wait with whoever asks, and return to the queue with another."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from survey_app.models.account import Account
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.round import Round, SampleEntry
from survey_app.services import added_phones, interviews
from survey_app.services.case_phones import phones_of
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.invitations import best_mobiles
from tests.builders import build_account, build_case, build_enterprise, build_round, build_unit

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in the county
EVENING = datetime(2022, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def office(session: Session) -> Account:
    return build_account(session, Role.OFFICE)


@pytest.fixture
def caller(session: Session) -> int:
    return build_account(session, Role.INTERVIEWER).id


def wrong_number(session: Session, round_: Round, caller: int) -> Case:
    case = build_case(session, round_, [build_unit(session)], phone="13800138000")
    session.commit()
    interviews.next_case(session, caller, NOW, "s")
    interviews.begin_call(session, case.id, caller, 0, NOW)
    interviews.record_outcome(session, case.id, caller, Disposition.WRONG_NUMBER, "是一家饭店", None, NOW)
    return case


def add(session: Session, case: Case, office: Account, number: str = "13900139000", **changes: str) -> None:
    values = {"contact": "李经理", "source": "register", **changes}
    added_phones.add_phone(
        session,
        case.public_id,
        number,
        values["contact"],
        values["source"],
        EVENING,
        office.id,
        office.role,
    )


def test_a_wrong_number_waits_with_the_office_and_returns_as_never_called(
    session: Session, round_: Round, office: Account, caller: int
) -> None:
    case = wrong_number(session, round_, caller)
    (waiting,) = added_phones.without_number(session, round_, Role.OFFICE)
    assert (waiting.case.id, waiting.notes) == (case.id, ("是一家饭店",))
    assert added_phones.without_number(session, round_, Role.COMMISSION) == []
    add(session, case, office)
    session.expire_all()
    assert added_phones.waiting_count(session, round_, "satisfaction") == 0
    assert (case.closed, case.disposition, case.attempts, case.counted_attempts, case.parts_tried) == (
        False,
        Disposition.NOT_CONTACTED,
        1,
        0,
        0,
    )
    assert case.due_at == datetime(2022, 6, 16, 1, 30, tzinfo=UTC)  # the next morning
    assert [(phone.text, phone.contacts, phone.is_wrong) for phone in phones_of(session, case)] == [
        ("13800138000", ("王敏",), True),
        ("13900139000", ("李经理",), False),
    ]
    assert best_mobiles(session, round_.id, "satisfaction") == {case.id: "13900139000"}
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "case.add_phone")).one()
    assert (event.account_id, event.details) == (office.id, {"source": "register"})
    taken = interviews.next_case(session, caller, case.due_at, "s")
    assert taken is not None
    interviews.begin_call(session, case.id, caller, 1, case.due_at)
    done = interviews.record_outcome(session, case.id, caller, Disposition.BUSY, "", None, case.due_at)
    assert not done.closed
    assert (case.attempts, case.counted_attempts) == (2, 1)


@pytest.mark.parametrize(
    ("number", "changes", "field", "sentence"),
    [
        ("", {}, "number", "请填写一个号码"),
        ("123", {}, "number", "123"),
        ("13900139000、13900139001", {}, "number", "请填写一个号码"),
        ("138 0013 8000", {}, "number", "已经拨打过"),
        ("13900139000", {"source": "unit"}, "source", "从哪里来"),
        ("13900139000", {"contact": "字" * 101}, "contact", "不超过 100 字"),
    ],
)
def test_what_is_refused(
    session: Session,
    round_: Round,
    office: Account,
    caller: int,
    number: str,
    changes: dict[str, str],
    field: str,
    sentence: str,
) -> None:
    case = wrong_number(session, round_, caller)
    with pytest.raises(ServiceError, match=sentence) as raised:
        add(session, case, office, number, **changes)
    assert raised.value.field == field
    session.rollback()
    assert case.closed


def test_not_for_others_surveys_nor_for_who_does_not_wait(
    session: Session, round_: Round, office: Account, caller: int
) -> None:
    case = wrong_number(session, round_, caller)
    with pytest.raises(NotFoundError):
        add(session, case, build_account(session, Role.COMMISSION))
    session.rollback()
    place = case.units[0].sample_entry
    session.add(
        SampleEntry(
            sample_id=place.sample_id,
            rank=place.rank + 1,
            frame_entry_id=build_case(session, round_, [build_unit(session)])
            .units[0]
            .sample_entry.frame_entry_id,
            enterprise_id=build_enterprise(session).id,
            replaces_rank=place.rank,
            called_in_reason="空号或错号",
        )
    )
    session.commit()
    assert added_phones.without_number(session, round_, Role.OFFICE) == []
    with pytest.raises(ConflictError, match="备选"):
        add(session, case, office)
    session.rollback()


def test_calls_to_wrong_numbers_do_not_use_up_the_attempts(
    session: Session, round_: Round, caller: int
) -> None:
    case = build_case(session, round_, [build_unit(session)])
    case.units[0].sample_entry.frame_entry.phones = [
        {"number": f"1380013800{n}", "extension": "", "kind": "mobile"} for n in range(3)
    ]
    session.commit()
    interviews.next_case(session, caller, NOW, "s")
    for place, moment in enumerate((NOW, NOW + timedelta(minutes=1))):
        interviews.begin_call(session, case.id, caller, place, moment)
        interviews.record_outcome(session, case.id, caller, Disposition.WRONG_NUMBER, "错", None, moment)
    interviews.begin_call(session, case.id, caller, 2, NOW)
    interviews.record_outcome(session, case.id, caller, Disposition.NO_ANSWER, "", None, NOW)
    assert (case.attempts, case.counted_attempts, case.parts_tried) == (3, 1, 0b01)
