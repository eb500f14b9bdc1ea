"""访问质量: what the system noted of each telephone interview, and what a supervisor decided about it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice, code
from survey_app.domain.interview_flags import Flag
from survey_app.domain.interview_review import InterviewDecision
from survey_app.models.account import Account
from survey_app.models.response import Response


class InterviewProfile(Base):
    """访问概况 — one telephone interview's measures, noted once: seconds taken, and the least that reading takes.

    `remark` is what was written freely, normalised for comparing; empty without one. The response's round,
    survey, interviewer and moment stand here again, so that a page of figures reads one table.
    """

    __tablename__ = "interview_profile"
    __table_args__ = (
        Index(
            "ix_interview_profile_survey",
            "round_id",
            "instrument",
            "interviewer_id",
            "received_at",
            "seconds",
        ),
    )

    response_id: Mapped[int] = mapped_column(
        ForeignKey("response.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    instrument: Mapped[str] = mapped_column(code(30))
    interviewer_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seconds: Mapped[int]
    characters: Mapped[int]
    least_seconds: Mapped[int]
    remark: Mapped[str] = mapped_column(Text, default="")

    response: Mapped[Response] = relationship()
    interviewer: Mapped[Account] = relationship()


class InterviewFlag(Base):
    """复核提示 — one thing about an interview that wants a look, with the number behind it and its threshold.

    TOO_SHORT: seconds, of at least so many. SAME_REMARK: likeness in per cent, with `other_response_id`.
    BURST: interviews within the rules' span.
    """

    __tablename__ = "interview_flag"
    __table_args__ = (
        UniqueConstraint("response_id", "flag"),
        Index("ix_interview_flag_survey", "round_id", "instrument", "interviewer_id", "flag"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    instrument: Mapped[str] = mapped_column(code(30))
    interviewer_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    flag: Mapped[Flag] = mapped_column(choice(Flag))
    number: Mapped[int]
    threshold: Mapped[int]
    other_response_id: Mapped[int | None] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"))


class InterviewReview(Base):
    """访问复核 — a supervisor's decision on an interview, by whom, when and why; rows are only added."""

    __tablename__ = "interview_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), index=True)
    decision: Mapped[InterviewDecision] = mapped_column(choice(InterviewDecision))
    note: Mapped[str] = mapped_column(Text)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)

    decided_by: Mapped[Account] = relationship()
