"""短信: a message as a row, from the moment it was decided on to what the carrier said of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice
from survey_app.domain.message import MessageState
from survey_app.models.case import Case


class Message(Base):
    """短信 — queued in the transaction that caused it; a case gets one for each purpose, by a constraint.

    The text is not stored, since it carries the link: it is rendered again from the template key and the case.
    `run_at` is when it may be sent and, once claimed, when the claim's lease ends.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("case_id", "purpose"),
        Index("ix_message_queue", "state", "run_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    purpose: Mapped[str] = mapped_column(String(30))
    template_key: Mapped[str] = mapped_column(String(30))
    phone: Mapped[str] = mapped_column(String(20))
    state: Mapped[MessageState] = mapped_column(choice(MessageState), default=MessageState.QUEUED)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(100))
    gateway: Mapped[str | None] = mapped_column(String(20))
    provider_id: Mapped[str | None] = mapped_column(String(64), index=True)
    segments: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(30))
    error: Mapped[str | None] = mapped_column(String(200))
    # The provider reported that the number wants no more messages.
    opted_out: Mapped[bool] = mapped_column(default=False)
    # How many listings of the provider's messages did not show an unknown message, and when the last was.
    absences: Mapped[int] = mapped_column(default=0)
    looked_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    case: Mapped[Case] = relationship()


class MessageEvent(Base):
    """短信回执 — what the provider reported, each once, in whatever order it came."""

    __tablename__ = "message_event"
    __table_args__ = (UniqueConstraint("message_id", "provider_id", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("message.id"))
    provider_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(30))
    error_code: Mapped[str | None] = mapped_column(String(30))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
