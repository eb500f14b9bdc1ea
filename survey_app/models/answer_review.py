"""答卷复核: two persons' decision that an answer doesn't count, or that a later one stands in its place."""

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, choice
from survey_app.domain.answer_review import ReviewKind
from survey_app.models.approvable import Approvable
from survey_app.models.response import Answer, LaterSubmission


class AnswerReview(Approvable, Base):
    """答卷复核 — asked for by one person with a reason, decided by another; one at a time for an answer.

    `later_submission` is what is to stand in the answer's place, null where it is only voided.
    """

    __tablename__ = "answer_review"
    __table_args__ = (
        Index(
            "uq_answer_review_waiting",
            "answer_id",
            unique=True,
            sqlite_where=text("approval = 'waiting'"),
            postgresql_where=text("approval = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answer.id"), index=True)
    kind: Mapped[ReviewKind] = mapped_column(choice(ReviewKind, 10))
    later_submission_id: Mapped[int | None] = mapped_column(ForeignKey("later_submission.id"))
    reason: Mapped[str] = mapped_column(Text)

    answer: Mapped[Answer] = relationship()
    later_submission: Mapped[LaterSubmission | None] = relationship()
