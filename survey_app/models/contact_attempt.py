"""联系记录: each call, written before it is dialled and completed after."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime
from survey_app.models.account import Account
from survey_app.models.case import Case


class ContactAttempt(Base):
    """联系记录 — one call to one number of a case; without an outcome it was begun and not ended.

    `consent` is what was said to the opening (yes, later, no), recorded the moment it was said, with the
    version of the script that was read; None: nobody was asked.
    """

    __tablename__ = "contact_attempt"
    __table_args__ = (
        Index("ix_contact_attempt_interviewer", "interviewer_id", "started_at"),
        Index("ix_contact_attempt_time", "started_at", "outcome", "interviewer_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    interviewer_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    phone: Mapped[str] = mapped_column(String(30))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(30))
    note: Mapped[str] = mapped_column(Text, default="")
    consent: Mapped[str | None] = mapped_column(String(10))
    script_version: Mapped[str | None] = mapped_column(String(20))
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    case: Mapped[Case] = relationship()
    interviewer: Mapped[Account] = relationship()
