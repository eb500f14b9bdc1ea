"""Claiming, calling and moving cases, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Response
from survey_app.models.round import Round
from survey_app.schemes.calling import load_calling_rules
from survey_app.services import interviews
from survey_app.services.case_phones import phones_of
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.interviews import HoldLostError, InvalidOutcomeError
from survey_app.services.waiting_cases import open_attempt
from tests.builders import (
    build_account,
    build_case,
    build_enterprise,
    build_frame_entry,
    build_round,
    build_unit,
)

D = Disposition
NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in the county
RULES_OF_CALLS = load_calling_rules("fangcheng-2022")
LEASE, MAX_ATTEMPTS = RULES_OF_CALLS.lease, RULES_OF_CALLS.max_attempts
CLOSES = datetime(2022, 6, 30, 10, 0, tzinfo=UTC)


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session, closes_at=CLOSES)


@pytest.fixture
def alice(session: Session) -> int:
    return build_account(session, Role.INTERVIEWER).id


@pytest.fixture
def bob(session: Session) -> int:
    return build_account(session, Role.INTERVIEWER).id


def make_cases(session: Session, round_: Round, count: int) -> list[Case]:
    unit = build_unit(session)
    cases = [build_case(session, round_, [unit], phone=f"138001380{n:02}") for n in range(count)]
    session.commit()
    return cases


def answer(session: Session, case: Case, now: datetime = NOW) -> None:
    """As the enterprise does by its link."""
    session.add(
        Response(
            case_id=case.id,
            mode=Mode.QR,
            instrument_version="1",
            opened_at=now,
            received_at=now,
            content_digest="0" * 64,
            receipt_code=f"R{case.id}",
        )
    )
    session.commit()


def call(session: Session, case: Case, who: int, outcome: Disposition, now: datetime = NOW, **more: object):
    """Take the case up if it isn't held, dial, and report."""
    if case.held_by_id != who:
        assert interviews.next_case(session, who, now, "seed").id == case.id
    place = next(n for n, phone in enumerate(phones_of(session, case)) if not phone.is_wrong)
    interviews.begin_call(session, case.id, who, place, now)
    values = {"note": "说明", "appointment_at": None, **more}
    return interviews.record_outcome(session, case.id, who, outcome, now=now, **values)


class TestClaiming:
    def test_gives_the_held_case_back_with_a_new_lease(self, session, round_, alice) -> None:
        make_cases(session, round_, 3)
        first = interviews.next_case(session, alice, NOW, "a")
        later = NOW + 2 * LEASE  # a break; nobody else took it
        again = interviews.next_case(session, alice, later, "b")
        assert again.id == first.id
        assert again.held_until == later + LEASE

    def test_appointments_come_first_then_the_longest_due(self, session, round_, alice) -> None:
        new, old, promised = make_cases(session, round_, 3)
        new.due_at, old.due_at = NOW - timedelta(hours=1), NOW - timedelta(days=3)
        promised.due_at, promised.appointment_at = NOW - timedelta(minutes=5), NOW + timedelta(minutes=10)
        session.commit()
        order = []
        for _n in range(3):
            case = interviews.next_case(session, alice, NOW, "seed")
            order.append(case.id)
            call(session, case, alice, D.HARD_REFUSAL)
        assert order == [promised.id, old.id, new.id]
        assert interviews.next_case(session, alice, NOW, "seed") is None

    def test_seeds_mix_cases_that_fell_due_together(self, session, round_, alice, bob) -> None:
        make_cases(session, round_, 12)
        first = {}
        for n in range(12):
            case = interviews.next_case(session, alice, NOW, f"seed {n}")
            first[f"seed {n}"] = case.id
            case.held_by_id = None
            session.commit()
        assert len(set(first.values())) > 3

    @pytest.mark.parametrize("state", [s for s in RoundState if s is not RoundState.OPEN])
    def test_only_open_rounds(self, session, alice, state) -> None:
        make_cases(session, build_round(session, state=state), 1)
        assert interviews.next_case(session, alice, NOW, "seed") is None

    def test_not_after_closing_time_nor_before_it_is_due(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        assert interviews.next_case(session, alice, CLOSES, "seed") is None
        case.due_at = NOW + timedelta(minutes=1)
        session.commit()
        assert interviews.next_case(session, alice, NOW, "seed") is None

    def test_cases_of_all_surveys_are_in_one_queue(self, session, round_, alice) -> None:
        build_case(session, round_, [build_unit(session)], instrument="mass_appraisal")
        session.commit()
        assert interviews.next_case(session, alice, NOW, "seed").instrument == "mass_appraisal"

    def test_never_a_case_that_has_its_answer(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        answer(session, case)
        assert interviews.next_case(session, alice, NOW, "seed") is None

    def test_a_held_case_that_was_answered_is_freed_for_the_next(self, session, round_, alice) -> None:
        make_cases(session, round_, 2)
        first = interviews.next_case(session, alice, NOW, "seed")
        answer(session, first)
        second = interviews.next_case(session, alice, NOW, "seed")
        assert second.id != first.id
        session.refresh(first)
        assert first.held_by_id is None

    def test_a_lease_that_ended_lets_another_take_over(self, session, round_, alice, bob) -> None:
        (case,) = make_cases(session, round_, 1)
        interviews.next_case(session, alice, NOW, "seed")
        assert interviews.next_case(session, bob, NOW + LEASE, "seed") is None  # still within it
        taken = interviews.next_case(session, bob, NOW + LEASE + timedelta(seconds=1), "seed")
        assert taken.id == case.id
        with pytest.raises(NotFoundError):
            interviews.held_case(session, case.public_id, alice)
        assert interviews.held_case(session, case.public_id, bob).id == case.id
        with pytest.raises(HoldLostError):
            interviews.begin_call(session, case.id, alice, 0, NOW + LEASE)
        with pytest.raises(HoldLostError):
            interviews.release_case(session, case.id, alice, NOW + LEASE)


class TestCalling:
    def test_the_call_is_written_before_its_outcome(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        interviews.next_case(session, alice, NOW, "seed")
        later = NOW + timedelta(minutes=2)
        attempt = interviews.begin_call(session, case.id, alice, 0, later)
        session.expire_all()
        assert (attempt.phone, attempt.outcome, attempt.ended_at) == ("13800138000", None, None)
        assert (case.attempts, case.held_until) == (1, later + LEASE)
        twice = interviews.begin_call(session, case.id, alice, 0, later)
        assert (twice.id, case.attempts) == (attempt.id, 1)

    def test_what_cannot_be_dialled(self, session, round_, alice) -> None:
        case = self.with_two_numbers(session, round_)
        interviews.next_case(session, alice, NOW, "seed")
        for place in (-1, 2):
            with pytest.raises(ServiceError, match="没有这个号码"):
                interviews.begin_call(session, case.id, alice, place, NOW)
            session.rollback()
        interviews.begin_call(session, case.id, alice, 0, NOW)
        with pytest.raises(ServiceError, match="还没有登记结果"):
            interviews.begin_call(session, case.id, alice, 1, NOW)
        session.rollback()
        assert session.query(ContactAttempt).count() == 1

    def test_not_when_answered_meanwhile_or_closed(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        interviews.next_case(session, alice, NOW, "seed")
        with pytest.raises(ConflictError, match="截止"):
            interviews.begin_call(session, case.id, alice, 0, CLOSES)
        session.rollback()
        answer(session, case)
        with pytest.raises(ConflictError, match="自行提交"):
            interviews.begin_call(session, case.id, alice, 0, NOW)

    @staticmethod
    def with_two_numbers(session: Session, round_: Round) -> Case:
        """One enterprise that two units know under two numbers, one of them with both."""
        one, two = build_unit(session), build_unit(session)
        enterprise = build_enterprise(session)
        case = build_case(session, round_, [one, two], enterprise, phone="13800138000")
        entries = [unit.sample_entry.frame_entry for unit in case.units]
        landline = {"number": "0377-67230000", "extension": "801", "kind": "landline"}
        entries[1].phones = [*entries[1].phones, landline]
        entries[1].contact = "李经理"
        session.commit()
        return case

    def test_numbers_of_all_units_each_once(self, session, round_, alice) -> None:
        case = self.with_two_numbers(session, round_)
        unasked = build_unit(session)
        build_frame_entry(session, unasked, case.enterprise, "13900139000")  # not in this case's draw
        call(session, case, alice, D.NO_ANSWER)
        first, second = phones_of(session, case)
        assert (first.text, first.contacts, first.outcomes) == (
            "13800138000",
            ("王敏", "李经理"),
            (D.NO_ANSWER,),
        )
        assert (second.text, second.contacts, second.outcomes) == ("0377-67230000转801", ("李经理",), ())
        assert second.address == "tel:037767230000;ext=801"

    def test_a_wrong_number_goes_on_with_the_next(self, session, round_, alice) -> None:
        case = self.with_two_numbers(session, round_)
        result = call(session, case, alice, D.WRONG_NUMBER)
        assert result.stay_on_case
        assert (case.held_by_id, case.closed) == (alice, False)
        result = call(session, case, alice, D.WRONG_NUMBER)
        assert (result.closed, case.disposition, case.held_by_id) == (True, D.WRONG_NUMBER, None)
        assert [phone.is_wrong for phone in phones_of(session, case)] == [True, True]


class TestOutcomes:
    def test_no_answer_is_due_again_and_free(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        call(session, case, alice, D.NO_ANSWER)
        session.expire_all()
        assert (case.disposition, case.closed, case.held_by_id, case.held_until) == (
            D.NO_ANSWER,
            False,
            None,
            None,
        )
        assert case.due_at == datetime(2022, 6, 15, 7, 0, tzinfo=UTC)  # 15:00, after the break
        attempt = session.scalars(select(ContactAttempt)).one()
        assert (attempt.outcome, attempt.note, attempt.ended_at) == ("no_answer", "说明", NOW)

    def test_an_appointment_comes_up_for_anybody(self, session, round_, alice, bob) -> None:
        (case,) = make_cases(session, round_, 1)
        when = NOW + timedelta(hours=5)
        call(session, case, alice, D.APPOINTMENT, appointment_at=when)
        early = when - timedelta(minutes=16)
        assert interviews.next_case(session, bob, early, "seed") is None
        assert interviews.next_case(session, bob, when - timedelta(minutes=15), "seed").id == case.id
        call(session, case, bob, D.BUSY, when)
        assert case.appointment_at is None

    def test_the_fifth_attempt_is_the_last(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        now = NOW
        for n in range(1, MAX_ATTEMPTS + 1):
            result = call(session, case, alice, D.NO_ANSWER, now)
            assert result.closed is (n == MAX_ATTEMPTS)
            now = case.due_at
        assert case.disposition is D.MAX_ATTEMPTS
        assert session.query(ContactAttempt).filter_by(outcome="no_answer").count() == MAX_ATTEMPTS

    def test_a_soft_refusal_goes_to_another_and_then_ends(self, session, round_, alice, bob) -> None:
        (case,) = make_cases(session, round_, 1)
        call(session, case, alice, D.SOFT_REFUSAL)
        week = NOW + timedelta(days=7)
        assert case.due_at == week
        assert interviews.next_case(session, alice, week, "seed") is None
        result = call(session, case, bob, D.SOFT_REFUSAL, week)
        assert (result.closed, case.disposition) == (True, D.SOFT_REFUSAL)

    def test_faults_change_nothing(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        interviews.next_case(session, alice, NOW, "seed")
        with pytest.raises(ServiceError, match="还没有拨打"):
            interviews.record_outcome(session, case.id, alice, D.BUSY, "", None, NOW)
        session.rollback()
        interviews.begin_call(session, case.id, alice, 0, NOW)
        with pytest.raises(InvalidOutcomeError) as raised:
            interviews.record_outcome(session, case.id, alice, D.APPOINTMENT, "字" * 501, None, NOW)
        assert [field for field, _sentence in raised.value.faults] == ["note", "appointment_at"]
        session.rollback()
        assert case.held_by_id == alice
        assert open_attempt(session, case.id, alice, NOW) is not None

    def test_an_outcome_after_the_hold_was_lost_is_kept_and_moves_nothing(
        self, session, round_, alice, bob
    ) -> None:
        (case,) = make_cases(session, round_, 1)
        interviews.next_case(session, alice, NOW, "seed")
        interviews.begin_call(session, case.id, alice, 0, NOW)
        late = NOW + LEASE + timedelta(minutes=1)
        interviews.next_case(session, bob, late, "seed")
        result = interviews.record_outcome(session, case.id, alice, D.HARD_REFUSAL, "", None, late)
        assert result.hold_lost
        session.expire_all()
        assert (case.held_by_id, case.closed) == (bob, False)
        assert session.scalars(select(ContactAttempt)).one().outcome == "hard_refusal"
        with pytest.raises(HoldLostError):
            interviews.record_outcome(session, case.id, alice, D.HARD_REFUSAL, "", None, late)

    def test_an_outcome_of_a_case_answered_meanwhile_frees_it(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        interviews.next_case(session, alice, NOW, "seed")
        interviews.begin_call(session, case.id, alice, 0, NOW)
        answer(session, case)
        result = interviews.record_outcome(session, case.id, alice, D.SOFT_REFUSAL, "", None, NOW)
        assert result.disposition is D.COMPLETE
        session.expire_all()
        assert (case.held_by_id, case.disposition) == (None, D.NOT_CONTACTED)  # the response's to set

    def test_putting_back_rests_the_case_and_is_on_record(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        interviews.next_case(session, alice, NOW, "seed")
        interviews.begin_call(session, case.id, alice, 0, NOW)
        interviews.release_case(session, case.id, alice, NOW)
        assert interviews.next_case(session, alice, NOW, "seed") is None
        assert interviews.next_case(session, alice, NOW + timedelta(minutes=15), "seed").id == case.id
        assert case.attempts == 1  # the call that was begun still counts
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "interview.release")).one()
        assert (event.account_id, event.subject_id) == (alice, str(case.id))

    def test_putting_back_keeps_a_promise(self, session, round_, alice) -> None:
        (case,) = make_cases(session, round_, 1)
        case.appointment_at = NOW
        session.commit()
        interviews.next_case(session, alice, NOW, "seed")
        interviews.release_case(session, case.id, alice, NOW)
        assert case.due_at <= NOW
