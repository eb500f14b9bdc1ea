"""计入的答卷: the answers about a unit that counted at a moment, whatever was decided about them later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.answer_review import ReviewKind
from survey_app.domain.approval import Approval
from survey_app.models.answer_review import AnswerReview
from survey_app.models.response import Answer


@dataclass(frozen=True)
class CountedAnswer:
    """An answer without its enterprise and its time: the level's key, and the other questions by their ids."""

    rating: str
    details: Mapping[str, Any]


def counted_answers(
    session: Session, round_id: int, instrument: str, unit_id: int, as_of: datetime | None
) -> Sequence[CountedAnswer]:
    """Return the rated answers about a unit that counted at a moment; None: that count now.

    A result that is frozen stays what it was: who looks at it again while answers are voided or replaced must
    not learn from what has changed which answers these were.
    """
    about = (Answer.round_id == round_id, Answer.instrument == instrument, Answer.unit_id == unit_id)
    answers = session.scalars(select(Answer).where(*about, Answer.rating.is_not(None)).order_by(Answer.id))
    back, not_yet = set(), set()
    if as_of is not None:
        for review, answer in session.execute(
            select(AnswerReview, Answer)
            .join(Answer, Answer.id == AnswerReview.answer_id)
            .where(*about, AnswerReview.approval == Approval.APPROVED, AnswerReview.decided_at > as_of)
        ):
            back.add(answer.id)
            if review.kind is ReviewKind.REPLACE:
                not_yet.add((answer.response_id, answer.version + 1))
    return [
        CountedAnswer(each.rating, each.details)
        for each in answers
        if each.rating is not None
        and (each.counted or each.id in back)
        and (each.response_id, each.version) not in not_yet
    ]
