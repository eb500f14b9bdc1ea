"""代拨: a call that a bridge was asked to make, and what was reported of it; its state is derived from both."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice
from survey_app.domain.call_bridge import Asked, Leg, LegStatus
from survey_app.models.contact_attempt import ContactAttempt


class BridgeCall(Base):
    """代拨 — committed before the provider is asked; `interviewer_phone` is where the interviewer answers.

    `number` counts the calls of an attempt from 1.
    """

    __tablename__ = "bridge_call"
    __table_args__ = (UniqueConstraint("attempt_id", "number"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("contact_attempt.id"))
    number: Mapped[int]
    interviewer_phone: Mapped[str] = mapped_column(String(30))
    asked: Mapped[Asked] = mapped_column(choice(Asked))
    provider_id: Mapped[str | None] = mapped_column(String(64))
    error_code: Mapped[str | None] = mapped_column(String(30))
    error: Mapped[str | None] = mapped_column(String(200))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)

    attempt: Mapped[ContactAttempt] = relationship()
    reports: Mapped[list["BridgeReport"]] = relationship(order_by="BridgeReport.id")


class BridgeReport(Base):
    """代拨回报 — what the provider reported of one of the two telephones, each once."""

    __tablename__ = "bridge_report"
    __table_args__ = (UniqueConstraint("call_id", "leg", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("bridge_call.id"))
    leg: Mapped[Leg] = mapped_column(choice(Leg))
    status: Mapped[LegStatus] = mapped_column(choice(LegStatus))
    seconds: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
