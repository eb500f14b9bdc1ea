"""访问复核: a supervisor clears an interview, has it called back once more, or asks two persons to void it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.answer_review import ReviewKind
from survey_app.domain.approval import Approval
from survey_app.domain.back_check import BackCheckState
from survey_app.domain.interview_review import InterviewDecision
from survey_app.domain.mode import Mode
from survey_app.models.answer_review import AnswerReview
from survey_app.models.back_check import BackCheck
from survey_app.models.case import Case
from survey_app.models.interview_check import InterviewReview
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.services import audit
from survey_app.services.answer_reviews import ask_review
from survey_app.services.back_check_draws import return_interview
from survey_app.services.errors import ConflictError, NotFoundError
from survey_app.services.round_locks import hold_for_entry
from survey_app.services.surveys import require_asker
from survey_app.services.written_reasons import required_reason


def interview_of(session: Session, round_: Round, instrument: str, response_id: int) -> Response:
    """Return a telephone interview of a survey; raise NotFoundError for anything else."""
    response = session.scalar(
        select(Response)
        .join(Case, Case.id == Response.case_id)
        .where(
            Response.id == response_id,
            Response.mode == Mode.PHONE,
            Response.interviewer_id.is_not(None),
            Case.round_id == round_.id,
            Case.instrument == instrument,
        )
    )
    if response is None:
        raise NotFoundError("这一轮没有这份电话访问：请从「质量复核」重新进入")
    return response


def review_interview(
    session: Session,
    round_: Round,
    instrument: str,
    response_id: int,
    decision: InterviewDecision,
    note: str,
    account_id: int,
    now: datetime,
) -> InterviewReview:
    """Record a decision on an interview, with its reason, and do what follows from it; commits.

    FINE changes nothing. RETURNED queues a call-back by another person; the answers go on counting. VOID asks
    the review of answers to void each that counts, which another person has to approve there. Raises
    ServiceError for a missing reason, another's survey or a frozen round, ConflictError when there is nothing
    left to return or to void.
    """
    require_asker(session, round_, instrument, account_id)
    hold_for_entry(session, round_)
    response = interview_of(session, round_, instrument, response_id)
    note = required_reason(note, "说明", "note", missing="请写明查到了什么、为什么这样处理")
    review = InterviewReview(
        response_id=response_id, decision=decision, note=note, decided_by_id=account_id, decided_at=now
    )
    voided: list[int] = []
    if decision is InterviewDecision.RETURNED:
        if _has_waiting_check(session, response_id):
            raise ConflictError("这一份已在等待复核，不用再退回")
        return_interview(session, response, now)
    elif decision is InterviewDecision.VOID:
        voided = _answers_to_void(session, response_id)
        if not voided:
            raise ConflictError("这一份的答卷都已不计入得分，或已申请作废")
    session.add(review)
    audit.record(
        session, now, account_id, f"interview.{decision.value}", "response", response_id,
        round=round_.quarter,
    )  # fmt: skip
    # The first request commits what was written above; each later one stands for itself, and what is missing
    # after a breakdown in between is asked for by deciding once more.
    for answer_id in voided:
        ask_review(session, round_, answer_id, ReviewKind.VOID, note, account_id, now)
    session.commit()
    return review


def _has_waiting_check(session: Session, response_id: int) -> bool:
    return (
        session.scalar(
            select(BackCheck.id).where(
                BackCheck.response_id == response_id, BackCheck.state == BackCheckState.WAITING
            )
        )
        is not None
    )


def _answers_to_void(session: Session, response_id: int) -> list[int]:
    """The answers of an interview that count and that nobody asked to void yet."""
    asked = select(AnswerReview.answer_id).where(AnswerReview.approval == Approval.WAITING)
    return list(
        session.scalars(
            select(Answer.id)
            .where(Answer.response_id == response_id, Answer.counted, Answer.id.not_in(asked))
            .order_by(Answer.id)
        )
    )
