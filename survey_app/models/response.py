"""回访结果: an enterprise's counted response, its answer about each unit, and what came later."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice, code
from survey_app.domain.mode import Mode
from survey_app.models.case import Case
from survey_app.models.unit import Unit


class Response(Base):
    """回访结果 — the first complete response of a case, whatever channel it came by; `case_id` is unique.

    `notice_version` is of what the enterprise was told about its personal data: the notice on the page or the
    paper form, on the telephone the script that was read out; null in answers from before this was kept.
    """

    __tablename__ = "response"
    __table_args__ = (Index("ix_response_interviewer", "interviewer_id", "received_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    mode: Mapped[Mode] = mapped_column(choice(Mode, 10))
    interviewer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    instrument_version: Mapped[str] = mapped_column(String(20))
    notice_version: Mapped[str | None] = mapped_column(String(20))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content_digest: Mapped[str] = mapped_column(String(64))
    receipt_code: Mapped[str] = mapped_column(String(16), unique=True)

    case: Mapped[Case] = relationship()
    answers: Mapped[list["Answer"]] = relationship(back_populates="response")


class Answer(Base):
    """单位评价 — what a response says of one unit.

    `rating` is the key of one of the scheme's levels, or null where the enterprise had no dealings with the
    unit. `details` holds the other questions by their ids. An answer that two persons voided isn't `counted`
    any more and stays; what replaced it is the next `version`, taken from a later submission. What a tally
    asks for stands together in an index that covers it.
    """

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("response_id", "unit_id", "version"),
        Index("ix_answer_tally", "round_id", "instrument", "counted", "unit_id", "rating"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    instrument: Mapped[str] = mapped_column(code(30))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    dealt: Mapped[str] = mapped_column(String(10))
    rating: Mapped[str | None] = mapped_column(code(20))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    counted: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    later_submission_id: Mapped[int | None] = mapped_column(ForeignKey("later_submission.id"))

    response: Mapped[Response] = relationship(back_populates="answers")
    unit: Mapped[Unit] = relationship()


class LaterSubmission(Base):
    """后到的回访 — a second, different submission: kept and shown to staff, never counted."""

    __tablename__ = "later_submission"
    __table_args__ = (UniqueConstraint("case_id", "content_digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    mode: Mapped[Mode] = mapped_column(choice(Mode, 10))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content_digest: Mapped[str] = mapped_column(String(64))
    # {unit id as text: {"dealt": …, "rating": …, "details": {…}}}
    content: Mapped[dict[str, Any]] = mapped_column(JSON)

    case: Mapped[Case] = relationship()
