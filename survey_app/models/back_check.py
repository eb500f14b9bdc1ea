"""质量复核: an interview that another person calls back, and the calls to do so."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice, code
from survey_app.domain.back_check import BackCheckReason, BackCheckState, Called
from survey_app.models.account import Account
from survey_app.models.case import Case
from survey_app.models.response import Response
from survey_app.models.round import Round


class BackCheck(Base):
    """质量复核 — one call-back of an interview; the database refuses whoever made the interview.

    `in_sample`: it belongs to the random draw, of which rates are made; one that was added for a flag and is
    drawn later belongs to it too. `number` counts the call-backs of one interview. `held_by_id` is unique as a
    case's is. `answers` holds what was said, {unit id as text: {"dealt": …, "rating": …}}, once it is DONE.
    """

    __tablename__ = "back_check"
    __table_args__ = (
        UniqueConstraint("response_id", "number"),
        CheckConstraint("held_by_id IS NULL OR held_by_id <> interviewer_id", "another_holds"),
        CheckConstraint("checker_id IS NULL OR checker_id <> interviewer_id", "another_checks"),
        Index("ix_back_check_queue", "state", "due_at"),
        Index("ix_back_check_survey", "round_id", "instrument", "interviewer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(default=1)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    instrument: Mapped[str] = mapped_column(code(30))
    interviewer_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[BackCheckReason] = mapped_column(choice(BackCheckReason))
    in_sample: Mapped[bool] = mapped_column(default=False)
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[BackCheckState] = mapped_column(choice(BackCheckState), default=BackCheckState.WAITING)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    called: Mapped[Called | None] = mapped_column(choice(Called, 10))
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    response: Mapped[Response] = relationship()
    case: Mapped[Case] = relationship()
    round: Mapped[Round] = relationship()
    interviewer: Mapped[Account] = relationship(foreign_keys=interviewer_id)
    checker: Mapped[Account | None] = relationship(foreign_keys=checker_id)
    calls: Mapped[list["BackCheckCall"]] = relationship(
        back_populates="back_check", order_by="BackCheckCall.id"
    )


class BackCheckCall(Base):
    """复核电话 — one call of a call-back, written before it is dialled; no part of its case's contact history.

    A response rate counts what was done to get an answer; this was done after there was one.
    """

    __tablename__ = "back_check_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    back_check_id: Mapped[int] = mapped_column(ForeignKey("back_check.id", ondelete="CASCADE"), index=True)
    checker_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    phone: Mapped[str] = mapped_column(String(30))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(30))
    note: Mapped[str] = mapped_column(Text, default="")

    back_check: Mapped[BackCheck] = relationship(back_populates="calls")
    checker: Mapped[Account] = relationship()
