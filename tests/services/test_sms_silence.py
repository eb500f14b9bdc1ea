"""An invited case waits for its SMS before it is called, unless the SMS failed or there is none."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.message import MessageState
from survey_app.domain.roles import Role
from survey_app.integrations.sms.gateway import Rejected, StatusReport
from survey_app.models.case import Case
from survey_app.models.message import Message
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import sms_refusals, sms_silence
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.interviews import next_case
from survey_app.services.invitations import INVITATION, REMINDER, invite, message_variables, plan
from survey_app.services.message_reports import record_callback
from survey_app.services.messages import claim_next, record_outcome
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock

SURVEY, APPRAISAL = "satisfaction", "mass_appraisal"
LEASE = timedelta(minutes=2)
DAY = timedelta(days=1)


@pytest.fixture
def collaborators(app: Flask) -> Collaborators:
    found = app.extensions["collaborators"]
    assert isinstance(found, Collaborators)
    return found


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session, closes_at=datetime(2022, 6, 24, 16, 0, tzinfo=UTC))


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "县税务局")


@pytest.fixture
def invited(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> Case:
    case = build_case(session, round_, [unit])
    session.commit()
    assert invite(session, collaborators, round_, INVITATION, clock.now) == 1
    return case


def due(session: Session, clock: FakeClock) -> Case | None:
    """The case that an interviewer is given now; nothing of it is kept."""
    caller = build_account(session, Role.INTERVIEWER).id
    session.commit()
    found = next_case(session, caller, clock.now, "种子")
    if found is not None:
        found.held_by_id = found.held_until = None
        session.commit()
    return found


def send(session: Session, clock: FakeClock) -> Message:
    message = claim_next(session, "w", "twilio", clock.now, LEASE)
    assert message is not None
    return message


def test_an_invited_case_is_called_when_its_silence_is_over(
    session: Session, invited: Case, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    by_phone_only = build_case(session, round_, [unit], phone="0377-67230000")
    session.commit()
    first = due(session, clock)
    assert first is not None
    assert first.id == by_phone_only.id
    by_phone_only.closed = True
    session.commit()
    assert due(session, clock) is None
    until = sms_silence.waits_until(session, invited, clock.now)
    assert until == datetime(2022, 6, 17, 2, 0, tzinfo=UTC)  # two days later, a Friday
    assert sms_silence.waiting_count(session, round_.id, clock.now, SURVEY) == 1
    assert sms_silence.waiting_count(session, round_.id, clock.now, APPRAISAL) == 0
    session.commit()
    clock.now = until
    called = due(session, clock)
    assert called is not None
    assert called.id == invited.id
    assert sms_silence.waits_until(session, invited, clock.now) is None


@pytest.mark.parametrize("by_callback", [False, True])
def test_a_case_whose_sms_failed_is_called_from_the_next_calling_hour(
    session: Session, invited: Case, clock: FakeClock, by_callback: bool
) -> None:
    clock.now = datetime(2022, 6, 15, 12, 0, tzinfo=UTC)  # 20:00 in the county
    message = send(session, clock)
    if by_callback:
        report = StatusReport("SM1", "undelivered", MessageState.FAILED, "30005", "号码不存在")
        record_callback(session, message.id, report, clock.now)
    else:
        record_outcome(session, message.id, 1, Rejected("21211", "号码无效"), "文", clock.now, 0.0)
    assert due(session, clock) is None
    clock.now = datetime(2022, 6, 16, 1, 30, tzinfo=UTC)
    assert due(session, clock) is not None


def test_a_case_that_was_called_goes_on_as_its_calls_have_it(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    case = build_case(session, round_, [unit])
    case.attempts, before = 1, case.due_at
    session.commit()
    assert invite(session, collaborators, round_, INVITATION, clock.now) == 1
    session.refresh(case)
    assert case.due_at == before


def test_near_the_end_of_a_round_nobody_waits(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    build_case(session, round_, [unit])
    session.commit()
    clock.now = datetime(2022, 6, 23, 2, 0, tzinfo=UTC)
    assert invite(session, collaborators, round_, INVITATION, clock.now) == 1
    assert due(session, clock) is not None


def test_two_surveys_keep_a_day_apart_and_tell_nothing_of_whom(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    """The office's messages all leave a day after the commission's, its own enterprises or not."""
    build_case(session, round_, [unit], instrument=APPRAISAL, phone="13800000001")
    for phone in ("13800000001", "13800000002"):
        build_case(session, round_, [unit], phone=phone)
    session.commit()
    assert invite(session, collaborators, round_, INVITATION, clock.now, instrument=APPRAISAL) == 1
    sent, clock.now = clock.now, clock.now + timedelta(hours=1)
    planned = plan(session, collaborators, round_, INVITATION, clock.now, SURVEY)
    assert (len(planned.recipients), planned.held_back, planned.leaves_at) == (2, (), sent + DAY)
    assert invite(session, collaborators, round_, INVITATION, clock.now) == 2
    leaving = select(Message.run_at).join(Case).where(Case.instrument == SURVEY)
    assert set(session.scalars(leaving)) == {sent + DAY}
    clock.now = datetime(2022, 6, 24, 12, 0, tzinfo=UTC)
    for message in session.scalars(select(Message)):
        message.sent_at = clock.now - timedelta(hours=1)
    session.commit()
    with pytest.raises(ServiceError, match="本轮就截止了"):
        plan(session, collaborators, round_, REMINDER, clock.now, SURVEY)


def test_a_refused_number_gets_no_message_of_who_was_told(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, invited: Case, clock: FakeClock
) -> None:
    office = build_account(session, Role.OFFICE).id
    session.commit()
    for typed, reason, field in (
        ("座机", "来电", "phone"),
        ("0377-67230000", "来电", "phone"),
        ("13800138000", " ", "reason"),
    ):
        with pytest.raises(ServiceError) as caught:
            sms_refusals.refuse(session, collaborators.keys, Role.OFFICE, typed, reason, clock.now, office)
        assert caught.value.field == field
    for _ in range(2):
        listed = sms_refusals.refuse(
            session, collaborators.keys, Role.OFFICE, "+86 138-0013-8000", "企业来电", clock.now, office
        )
        session.commit()
    assert (listed.phone_mask, len(sms_refusals.refusals(session, Role.OFFICE))) == ("138****8000", 1)
    assert "13800138000" not in listed.phone_hash
    assert sms_refusals.refusals(session, Role.COMMISSION) == []
    # What was queued before is not sent any more.
    with pytest.raises(ServiceError, match="已谢绝短信"):
        message_variables(collaborators)(session.scalars(select(Message)).one())
    clock.advance(2 * DAY)
    planned = plan(session, collaborators, round_, REMINDER, clock.now, SURVEY)
    assert (len(planned.refused), planned.recipients) == (1, ())
    build_case(session, round_, [unit], instrument=APPRAISAL)
    session.commit()
    assert len(plan(session, collaborators, round_, INVITATION, clock.now, APPRAISAL).recipients) == 1
    with pytest.raises(NotFoundError):
        sms_refusals.allow_again(session, Role.COMMISSION, listed.id, clock.now, office)
    session.rollback()
    assert sms_refusals.allow_again(session, Role.OFFICE, listed.id, clock.now, office) == "138****8000"
    assert len(plan(session, collaborators, round_, REMINDER, clock.now, SURVEY).recipients) == 1


def test_a_number_that_opted_out_at_the_provider_gets_no_more(
    session: Session, collaborators: Collaborators, round_: Round, unit: Unit, invited: Case, clock: FakeClock
) -> None:
    message = send(session, clock)
    gone = Rejected("21610", "对方已退订短信", opted_out=True)
    record_outcome(session, message.id, 1, gone, "文", clock.now, 0.0)
    build_case(session, round_, [unit])
    session.commit()
    clock.advance(2 * DAY)
    planned = plan(session, collaborators, round_, INVITATION, clock.now, SURVEY)
    assert (len(planned.refused), planned.recipients) == (1, ())
    assert sms_refusals.opted_out_numbers(session, Role.OFFICE) == ["13800138000"]
    assert sms_refusals.opted_out_numbers(session, Role.COMMISSION) == []
