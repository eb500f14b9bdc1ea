"""Drawing, calling back, comparing and reviewing interviews, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.agreement import Asked
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.back_check import BackCheckReason, BackCheckState, Called
from survey_app.domain.disposition import Disposition
from survey_app.domain.instrument import Dealt
from survey_app.domain.interview_flags import Flag
from survey_app.domain.interview_review import InterviewDecision
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.models.answer_review import AnswerReview
from survey_app.models.back_check import BackCheck
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import back_checks, interview_lists
from survey_app.services.back_check_draws import check_interviews
from survey_app.services.back_checks import CheckLostError
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.interview_lists import Shown
from survey_app.services.interview_quality import survey_quality
from survey_app.services.interview_reviews import review_interview
from survey_app.services.scores import scores_of
from tests.builders import build_account, build_case, build_round, build_unit
from tests.score_builders import build_answers

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
KEY = b"hidden"
OWN = "satisfaction"


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session)


def interview(
    session: Session,
    round_: Round,
    unit: Unit,
    who: int,
    at: datetime = NOW,
    seconds: int = 120,
    **details: object,
) -> Response:
    case = build_case(session, round_, [unit])
    response = build_answers(session, case, {unit.id: "satisfied"}, at, **details)
    response.mode, response.interviewer_id = Mode.PHONE, who
    response.opened_at = at - timedelta(seconds=seconds)
    session.add(
        ContactAttempt(
            case_id=case.id,
            interviewer_id=who,
            phone="13800138000",
            started_at=response.opened_at,
            ended_at=at,
            outcome="complete",
        )
    )
    case.attempts, case.closed, case.disposition = 1, True, Disposition.COMPLETE
    session.commit()
    return response


def take(session: Session, who: int, now: datetime = NOW) -> BackCheck:
    check = back_checks.next_back_check(session, KEY, who, now)
    assert check is not None
    back_checks.begin_check_call(session, check.id, who, 0, now)
    return check


def test_from_the_draw_to_the_agreement(session: Session, round_: Round, unit: Unit) -> None:
    alice, bob = (build_account(session, Role.INTERVIEWER).id for _ in range(2))
    for n in range(20):
        interview(session, round_, unit, alice, NOW + timedelta(minutes=5 * n))
    later = NOW + timedelta(hours=3)
    assert check_interviews(session, KEY, later) == 2
    assert check_interviews(session, KEY, later) == 0
    before = scores_of(session, round_)
    # Whoever made the interviews gets none of them, and the database wouldn't take it.
    assert back_checks.next_back_check(session, KEY, alice, later) is None
    check = take(session, bob, later)
    with pytest.raises(CheckLostError):
        back_checks.check_in_hand(session, check.public_id, alice, later)
    case = check.case
    check.held_by_id = alice
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
    said = {unit.id: UnitAnswer(Dealt.YES, "dissatisfied")}
    back_checks.complete_check(session, check.id, bob, Called.YES, said, later)
    second = take(session, bob, later)
    back_checks.complete_check(
        session, second.id, bob, Called.YES, {unit.id: UnitAnswer(Dealt.YES, "satisfied")}, later
    )
    found = survey_quality(session, round_, OWN)
    assert (found.drawn, found.completed, found.unnoted) == (2, 20, 0)
    assert (found.agreement[Asked.RATING].agreed, found.agreement[Asked.RATING].compared) == (1, 2)
    assert found.agreement[Asked.CALLED].agreed == 2
    (one,) = found.interviewers
    assert (one.name, one.disagreeing, one.calls) == (found.interviewers[0].name, 1, 20)
    (day,) = interview_lists.work_days(session, round_, OWN, alice)
    assert one.worked == day.worked == timedelta(minutes=19 * 5 + 2)
    # The case and the score know nothing of it.
    session.refresh(case)
    assert (case.attempts, case.disposition) == (1, Disposition.COMPLETE)
    assert scores_of(session, round_) == before
    assert session.scalar(select(func.count()).select_from(ContactAttempt)) == 20


def test_flags_add_call_backs_beside_the_random_ones(session: Session, round_: Round, unit: Unit) -> None:
    alice = build_account(session, Role.INTERVIEWER).id
    remark = {"reasons-text": "窗口排队时间实在太长了"}
    short = [interview(session, round_, unit, alice, NOW + timedelta(hours=n), seconds=5) for n in range(3)]
    alike = [
        interview(session, round_, unit, alice, NOW + timedelta(hours=4 + n), **remark) for n in range(2)
    ]
    check_interviews(session, KEY, NOW + timedelta(hours=6))
    checks = session.scalars(select(BackCheck)).all()
    assert {check.response_id for check in checks} >= {each.id for each in (*short, *alike)}
    assert all(check.in_sample is (check.reason is BackCheckReason.RANDOM) for check in checks)
    flags = interview_lists.flags_of(session, [each.id for each in (*short, *alike)])
    assert [each.flag for each in flags[short[0].id]] == [Flag.TOO_SHORT]
    (same,) = flags[alike[1].id]
    assert (same.flag, same.number, same.other_response_id) == (Flag.SAME_REMARK, 100, alike[0].id)
    # When calling ends each block has its one of the random draw, flagged before or not.
    round_.closes_at = NOW + timedelta(hours=7)
    session.commit()
    check_interviews(session, KEY, NOW + timedelta(hours=8))
    session.expire_all()
    assert survey_quality(session, round_, OWN).drawn == 1
    rows, paging = interview_lists.listed_interviews(session, round_, OWN, Shown.TOO_SHORT, alice, 1)
    assert paging.total == len(rows) == 3


def test_calls_without_answers_end_after_some_tries(session: Session, round_: Round, unit: Unit) -> None:
    alice, bob = (build_account(session, Role.INTERVIEWER).id for _ in range(2))
    interview(session, round_, unit, alice, seconds=1)
    now = NOW
    for tries in range(3):
        check = take(session, bob, now)
        with pytest.raises(ServiceError, match="请选择"):
            back_checks.record_check_outcome(session, check.id, bob, Disposition.COMPLETE, "", now)
        state = back_checks.record_check_outcome(session, check.id, bob, Disposition.NO_ANSWER, "", now)
        assert state is (BackCheckState.UNREACHABLE if tries == 2 else BackCheckState.WAITING)
        assert back_checks.next_back_check(session, KEY, bob, now) is None
        now += timedelta(hours=4)


def test_a_lost_lease_lets_another_take_over_but_not_twice(
    session: Session, round_: Round, unit: Unit
) -> None:
    alice, bob, carol = (build_account(session, Role.INTERVIEWER).id for _ in range(3))
    interview(session, round_, unit, alice, seconds=1)
    check = take(session, bob)
    assert back_checks.next_back_check(session, KEY, carol, NOW) is None
    later = NOW + timedelta(hours=1)
    take(session, carol, later)
    back_checks.complete_check(session, check.id, bob, Called.UNSURE, {}, later)
    with pytest.raises(ConflictError, match="其他人完成"):
        back_checks.complete_check(session, check.id, carol, Called.YES, {}, later)


def test_a_supervisor_returns_and_voids(session: Session, round_: Round, unit: Unit) -> None:
    alice, bob, carol = (build_account(session, Role.INTERVIEWER).id for _ in range(3))
    office, commission = build_account(session).id, build_account(session, Role.COMMISSION).id
    response = interview(session, round_, unit, alice, seconds=1)
    first = take(session, bob)
    back_checks.complete_check(session, first.id, bob, Called.NO, {}, NOW)

    def decide(decision: InterviewDecision, note: str = "电话里说没有接到过", who: int = office) -> None:
        review_interview(session, round_, OWN, response.id, decision, note, who, NOW)

    with pytest.raises(ServiceError, match="查到了什么"):
        decide(InterviewDecision.FINE, " ")
    session.rollback()
    with pytest.raises(ServiceError, match="不由您单位组织"):
        decide(InterviewDecision.FINE, who=commission)
    session.rollback()
    with pytest.raises(NotFoundError):
        review_interview(
            session, round_, "mass_appraisal", response.id, InterviewDecision.FINE, "x", commission, NOW
        )
    session.rollback()
    decide(InterviewDecision.RETURNED)
    with pytest.raises(ConflictError, match="已在等待复核"):
        decide(InterviewDecision.RETURNED)
    session.rollback()
    # Neither who interviewed nor who called back before calls again.
    assert back_checks.next_back_check(session, KEY, alice, NOW) is None
    assert back_checks.next_back_check(session, KEY, bob, NOW) is None
    assert take(session, carol).number == 2
    answer = session.scalars(select(Answer).where(Answer.response_id == response.id)).one()
    decide(InterviewDecision.VOID)
    asked = session.scalars(select(AnswerReview)).one()
    assert (asked.answer_id, asked.entered_by_id, asked.reason) == (answer.id, office, "电话里说没有接到过")
    session.refresh(answer)
    assert answer.counted
    with pytest.raises(ConflictError, match="已申请作废"):
        decide(InterviewDecision.VOID)
