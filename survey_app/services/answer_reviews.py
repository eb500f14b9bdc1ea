"""答卷复核: voiding an answer that proved false, or letting a later one stand in its place, by two persons."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.answer_review import ReviewKind, why_not_review
from survey_app.domain.approval import Approval, why_not_decide
from survey_app.domain.instrument_owner import asked_by
from survey_app.models.account import Account
from survey_app.models.answer_review import AnswerReview
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.models.round import Round
from survey_app.services import audit
from survey_app.services.answers import answered_item
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.round_locks import hold_for_entry
from survey_app.services.written_reasons import optional_reason, required_reason


def reviews(session: Session, round_id: int) -> list[AnswerReview]:
    """Return what was asked about a round's answers: what waits first, then the newest."""
    return list(
        session.scalars(
            select(AnswerReview)
            .join(Answer, Answer.id == AnswerReview.answer_id)
            .options(
                joinedload(AnswerReview.answer).joinedload(Answer.unit),
                joinedload(AnswerReview.entered_by),
                joinedload(AnswerReview.decided_by),
            )
            .where(Answer.round_id == round_id)
            .order_by(AnswerReview.approval != Approval.WAITING, AnswerReview.id.desc())
        )
    )


def waiting_reviews(session: Session, round_id: int) -> Sequence[AnswerReview]:
    """Return what is asked about a round's answers and not decided, which keeps its scores from being final."""
    return [each for each in reviews(session, round_id) if each.approval is Approval.WAITING]


def ask_review(
    session: Session,
    round_: Round,
    answer_id: int,
    kind: ReviewKind,
    reason: str,
    account_id: int,
    now: datetime,
    later_submission_id: int | None = None,
) -> AnswerReview:
    """Ask to have an answer voided, or replaced by a later submission of the same enterprise; commits.

    Nothing changes until another person approves. Raises ServiceError for a missing reason, a frozen round or
    another's questionnaire, ConflictError when somebody asked already, NotFoundError for an unknown answer.
    """
    hold_for_entry(session, round_)
    answer = _answer(session, round_, answer_id)
    _require_owner(session, round_, answer, account_id)
    waiting = session.scalar(
        select(AnswerReview.id).where(
            AnswerReview.answer_id == answer_id, AnswerReview.approval == Approval.WAITING
        )
    )
    refused = why_not_review(answer.counted, waiting is not None)
    if refused:
        raise ConflictError(str(refused))
    reason = required_reason(reason, "理由", missing="请填写理由：回访怎样查明这份答卷不实")
    if kind is ReviewKind.REPLACE:
        _later_rating(session, answer, later_submission_id)
    review = AnswerReview(
        answer_id=answer_id,
        kind=kind,
        later_submission_id=later_submission_id if kind is ReviewKind.REPLACE else None,
        reason=reason,
        entered_by_id=account_id,
        entered_at=now,
    )
    session.add(review)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise ConflictError("这份答卷刚刚已有人申请复核，请刷新页面") from None
    audit.record(
        session, now, account_id, f"answer.ask_{kind.value}", "answer", answer_id, round=round_.quarter
    )
    session.commit()
    return review


def decide_review(
    session: Session,
    round_: Round,
    review_id: int,
    decision: Approval,
    reason: str,
    account_id: int,
    now: datetime,
) -> AnswerReview:
    """Approve or return what another person asked about an answer; commits.

    Approved, the answer doesn't count any more, and the later one does where it was asked for; both stay in
    the record. Raises ServiceError for one's own request, a return without a reason, a frozen round or
    another's questionnaire, ConflictError when it was decided already.
    """
    hold_for_entry(session, round_)
    review = session.get(AnswerReview, review_id, populate_existing=True)
    if review is None:
        raise NotFoundError("没有这条复核申请：请从列表重新进入")
    answer = _answer(session, round_, review.answer_id)
    _require_owner(session, round_, answer, account_id)
    refused = why_not_decide(review.approval, review.entered_by_id, account_id)
    if refused:
        raise ConflictError(str(refused))
    reason = optional_reason(reason, "复核意见")
    if decision is Approval.RETURNED and not reason:
        raise ServiceError("退回须写明理由", "reason")
    decided = session.execute(
        update(AnswerReview)
        .where(AnswerReview.id == review_id, AnswerReview.approval == Approval.WAITING)
        .values(approval=decision, decided_by_id=account_id, decided_at=now, decision_reason=reason)
        .execution_options(synchronize_session=False)
    )
    if decided.rowcount != 1:  # type: ignore[attr-defined]
        session.rollback()
        raise ConflictError("这一条已经审核过，请刷新列表")
    if decision is Approval.APPROVED:
        answer.counted = False
        if review.kind is ReviewKind.REPLACE:
            _put_in_place(session, answer, review.later_submission_id)
    audit.record(
        session, now, account_id, f"answer.{decision.value}", "answer", answer.id,
        round=round_.quarter, review=review_id,
    )  # fmt: skip
    session.commit()
    session.refresh(review)
    return review


def _put_in_place(session: Session, answer: Answer, later_submission_id: int | None) -> None:
    said = _later_rating(session, answer, later_submission_id)
    session.add(
        Answer(
            response_id=answer.response_id,
            round_id=answer.round_id,
            instrument=answer.instrument,
            unit_id=answer.unit_id,
            dealt=said["dealt"],
            rating=said["rating"],
            details=said["details"],
            version=answer.version + 1,
            later_submission_id=later_submission_id,
        )
    )


def _answer(session: Session, round_: Round, answer_id: int) -> Answer:
    answer = session.get(Answer, answer_id, populate_existing=True)
    if answer is None or answer.round_id != round_.id:
        raise NotFoundError("这一轮没有这份答卷：请从评分表重新进入")
    return answer


def _require_owner(session: Session, round_: Round, answer: Answer, account_id: int) -> None:
    account = session.get(Account, account_id)
    item = answered_item(round_, answer.instrument)
    if account is None or account.role is not asked_by(item):
        raise ServiceError(f"「{item.title}」的答卷不由您的账号复核")


def _later_rating(session: Session, answer: Answer, later_submission_id: int | None) -> dict[str, object]:
    """What a later submission of the answer's enterprise says of the same unit; ServiceError without a rating."""
    later = session.scalar(
        select(LaterSubmission)
        .join(Response, Response.case_id == LaterSubmission.case_id)
        .where(LaterSubmission.id == later_submission_id, Response.id == answer.response_id)
    )
    said: dict[str, object] = (later.content if later else {}).get(str(answer.unit_id), {})
    if not said.get("rating"):
        raise ServiceError("请选择同一企业后到的、对本单位有评价的答复", "later")
    return said
