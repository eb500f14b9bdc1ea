"""Response rates from the database: each enterprise asked about each unit is counted once, by its outcome."""

from fractions import Fraction

from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition, Family
from survey_app.domain.message import MessageState
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.message import Message
from survey_app.models.response import Answer, LaterSubmission
from survey_app.services.response_rates import RoundRates, response_rates
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import build_answers

I, R, NC, O = Family.COMPLETE, Family.REFUSAL, Family.NON_CONTACT, Family.OTHER  # noqa: E741
UH, UO, NE = Family.UNKNOWN_HOUSEHOLD, Family.UNKNOWN_OTHER, Family.NOT_ELIGIBLE


def counts(found: RoundRates) -> list[dict[Family, int]]:
    """By unit, then of the enterprises, without the families that are empty."""
    shown = [*(each.outcomes for each in found.units), found.enterprises]
    return [{family: each.count(family) for family in Family if each.count(family)} for each in shown]


def test_answers_by_unit_mode_and_what_became_of_them(session: Session, clock: FakeClock) -> None:
    round_, one, other = build_round(session), build_unit(session), build_unit(session)
    sms, phone, nothing, voided, replaced, early = (
        build_case(session, round_, [one, other]) for _ in range(6)
    )
    both = {one.id: "satisfied", other.id: None}
    for case, mode, ratings in (
        (sms, Mode.SMS, both),
        (phone, Mode.PHONE, {one.id: "satisfied", other.id: "dissatisfied"}),
        (nothing, Mode.QR, {one.id: None, other.id: None}),
        (voided, Mode.QR, both),
        (replaced, Mode.QR, both),
        (early, Mode.ONSITE, {one.id: "satisfied"}),  # the other unit was drawn for it afterwards
    ):
        response = build_answers(session, case, ratings, clock.now)
        response.mode = mode
        rated = any(ratings.values())
        case.disposition = Disposition.COMPLETE if rated else Disposition.NO_DEALINGS
        if case in (voided, replaced):
            session.query(Answer).filter_by(response_id=response.id, unit_id=one.id).one().counted = False
        if case is replaced:
            later = LaterSubmission(
                case_id=case.id, mode=Mode.PHONE, received_at=clock.now, content_digest="1" * 64, content={}
            )
            session.add(later)
            session.flush()
            session.add(
                Answer(
                    response_id=response.id, round_id=round_.id, instrument="satisfaction", unit_id=one.id,
                    dealt="yes", rating="dissatisfied", details={}, version=2, later_submission_id=later.id,
                )
            )  # fmt: skip
    _sent(session, sms, MessageState.DELIVERED, clock)
    _sent(session, voided, MessageState.SENT, clock)
    _sent(session, phone, MessageState.FAILED, clock)
    phone.attempts = voided.attempts = 1
    session.flush()
    found = response_rates(session, round_.id, "satisfaction")
    assert counts(found) == [
        {I: 4, O: 1, NE: 1},
        {I: 1, UO: 1, NE: 4},
        {I: 4, O: 1, NE: 1},
    ]
    assert found.units[0].modes == {Mode.SMS: 1, Mode.PHONE: 2, Mode.ONSITE: 1}
    by_mode = {each.mode: (each.completes, each.tried, each.won) for each in found.modes}
    assert by_mode == {
        Mode.QR: (1, None, 0), Mode.SMS: (1, 2, 1), Mode.PHONE: (1, 2, 1), Mode.ONSITE: (1, None, 0)
    }  # fmt: skip


def test_unanswered_cases_by_what_their_calls_came_to(session: Session, clock: FakeClock) -> None:
    round_, unit = build_round(session), build_unit(session)
    caller = build_account(session, Role.INTERVIEWER)
    for disposition, outcomes in (
        (Disposition.NOT_CONTACTED, ()),
        (Disposition.MAX_ATTEMPTS, ("no_answer", "busy")),
        (Disposition.MAX_ATTEMPTS, ("person_away", "no_answer")),
        (Disposition.NO_ANSWER, ("soft_refusal", "no_answer")),
        (Disposition.WRONG_NUMBER, ("wrong_number",)),
        (Disposition.APPOINTMENT, ("soft_refusal", "appointment")),
    ):
        case = build_case(session, round_, [unit])
        case.disposition, case.attempts = disposition, len(outcomes)
        for outcome in outcomes:
            session.add(
                ContactAttempt(
                    case_id=case.id,
                    interviewer_id=caller.id,
                    phone="1",
                    started_at=clock.now,
                    outcome=outcome,
                )
            )
    build_case(session, round_, [unit], instrument="mass_appraisal")
    build_case(session, build_round(session, "2022-Q1"), [unit])
    session.flush()
    found = response_rates(session, round_.id, "satisfaction")
    assert counts(found) == [{R: 1, NC: 2, UH: 1, UO: 2}] * 2
    called = next(each for each in found.modes if each.mode is Mode.PHONE)
    assert (called.tried, called.won, called.completed_share) == (5, 0, Fraction(0))
    assert called.outcomes is not None
    assert called.outcomes.total == 5


def test_a_round_without_a_draw_has_no_rates(session: Session) -> None:
    found = response_rates(session, build_round(session).id, "satisfaction")
    assert (found.units, found.enterprises.total) == ((), 0)
    assert {each.share for each in found.modes} == {None}


def _sent(session: Session, case: Case, state: MessageState, clock: FakeClock) -> None:
    session.add(
        Message(
            id=case.public_id, case_id=case.id, purpose="invitation", template_key="invitation",
            phone="13800138000", state=state, run_at=clock.now, created_at=clock.now,
        )
    )  # fmt: skip
