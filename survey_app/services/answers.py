"""答卷: the answers behind a unit's points, without their enterprises, and how each of them came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.disposition import Disposition
from survey_app.domain.message import MessageState
from survey_app.domain.mode import Mode
from survey_app.domain.scheme import Answered, Deductions, ScoreItem
from survey_app.models.answer_review import AnswerReview
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.message import Message
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services.errors import NotFoundError
from survey_app.services.tallies import answer_mode


@dataclass(frozen=True)
class AnonymousAnswer:
    """An answer without its enterprise; no rating where the enterprise had no dealings with the unit.

    `deduction` is what it takes off the item's points, None where the item's points aren't made so.
    `reviews` are what was asked and decided about it, oldest first.
    """

    id: int
    unit_id: int
    instrument: str
    rating: str | None
    details: dict[str, Any]
    mode: Mode
    received_at: datetime
    counted: bool
    version: int
    deduction: Decimal | None
    reviews: tuple[AnswerReview, ...]


@dataclass(frozen=True)
class LaterRating:
    """A later submission of the same enterprise, and what it says of the unit."""

    id: int
    rating: str
    mode: Mode
    received_at: datetime


@dataclass(frozen=True)
class AnswerTrail:
    """How an answer came about: the calls and messages to its enterprise, and what it sent later.

    Each call and message is its moment with what came of it, in order.
    """

    answer: AnonymousAnswer
    calls: tuple[tuple[datetime, Disposition | None], ...]
    messages: tuple[tuple[datetime, str, MessageState], ...]
    later: tuple[LaterRating, ...]


def anonymous_answers(
    session: Session, round_: Round, unit_id: int, instrument: str
) -> Sequence[AnonymousAnswer]:
    """Return the answers about a unit: those that count, the worst of the scheme's levels first, then others."""
    item = answered_item(round_, instrument)
    assert isinstance(item.settings, Answered)
    rows = session.execute(
        _rows()
        .where(Answer.round_id == round_.id, Answer.instrument == instrument, Answer.unit_id == unit_id)
        .order_by(Response.received_at, Answer.version)
    )
    found = list(rows)
    reviews = _reviews(session, [row[0].id for row in found])
    answers = [_anonymous(item, reviews, *row) for row in found]
    worst_first = [*(level.key for level in reversed(item.settings.levels)), None]
    return sorted(answers, key=lambda each: (not each.counted, worst_first.index(each.rating)))


def answer_trail(session: Session, round_: Round, answer_id: int) -> AnswerTrail:
    """Return an answer of the round and how it came about; raise NotFoundError when there is none."""
    row = session.execute(_rows().where(Answer.id == answer_id, Answer.round_id == round_.id)).one_or_none()
    if row is None:
        raise NotFoundError("这一轮没有这份答卷：请从评分表重新进入")
    answer, case_id = row[0], row[1].case_id
    calls = session.execute(
        select(ContactAttempt.started_at, ContactAttempt.outcome)
        .where(ContactAttempt.case_id == case_id)
        .order_by(ContactAttempt.started_at)
    )
    messages = session.execute(
        select(Message.created_at, Message.template_key, Message.state)
        .where(Message.case_id == case_id)
        .order_by(Message.created_at)
    )
    later = session.scalars(
        select(LaterSubmission)
        .where(LaterSubmission.case_id == case_id)
        .order_by(LaterSubmission.received_at)
    )
    return AnswerTrail(
        _anonymous(answered_item(round_, answer.instrument), _reviews(session, [answer_id]), *row),
        tuple((at, Disposition(outcome) if outcome else None) for at, outcome in calls),
        tuple((at, key, state) for at, key, state in messages),
        tuple(
            LaterRating(each.id, rating, each.mode, each.received_at)
            for each in later
            if (rating := each.content.get(str(answer.unit_id), {}).get("rating"))
        ),
    )


def answered_item(round_: Round, instrument: str) -> ScoreItem:
    """Return the item that a questionnaire's answers decide; raise NotFoundError when there is none."""
    for item in load_scheme(round_.scheme_key).items:
        if item.id == instrument and isinstance(item.settings, Answered):
            return item
    raise NotFoundError("评分方案没有由这份问卷计分的项")


def _rows() -> Select[Answer, Response, Mode, datetime]:
    received_at = func.coalesce(
        LaterSubmission.received_at, Response.received_at, type_=Response.received_at.type
    )
    return (
        select(Answer, Response, answer_mode, received_at)
        .join(Response, Response.id == Answer.response_id)
        .outerjoin(LaterSubmission, LaterSubmission.id == Answer.later_submission_id)
    )


def _reviews(session: Session, answer_ids: Sequence[int]) -> dict[int, list[AnswerReview]]:
    rows = session.scalars(
        select(AnswerReview)
        .options(joinedload(AnswerReview.entered_by), joinedload(AnswerReview.decided_by))
        .where(AnswerReview.answer_id.in_(answer_ids))
        .order_by(AnswerReview.id)
    )
    found: dict[int, list[AnswerReview]] = {}
    for review in rows:
        found.setdefault(review.answer_id, []).append(review)
    return found


def _anonymous(
    item: ScoreItem,
    reviews: dict[int, list[AnswerReview]],
    answer: Answer,
    response: Response,
    mode: Mode,
    received_at: datetime,
) -> AnonymousAnswer:
    deduction = None
    if isinstance(item.settings, Deductions) and answer.rating is not None:
        deduction = item.settings.per.get(answer.rating, Decimal(0))
    return AnonymousAnswer(
        id=answer.id,
        unit_id=answer.unit_id,
        instrument=answer.instrument,
        rating=answer.rating,
        details=answer.details,
        mode=mode,
        received_at=received_at,
        counted=answer.counted,
        version=answer.version,
        deduction=deduction,
        reviews=tuple(reviews.get(answer.id, ())),
    )
