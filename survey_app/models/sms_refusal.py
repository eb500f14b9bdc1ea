"""谢绝短信: numbers whose owners asked for no more messages."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base, UtcDateTime, choice
from survey_app.domain.roles import Role


class SmsRefusal(Base):
    """谢绝短信 — one number on one asker's list; the number itself is not kept, only its keyed hash and a mask.

    Each of those who ask has a list of its own: a shared one would show whom the other one wrote to.
    """

    __tablename__ = "sms_refusal"
    __table_args__ = (UniqueConstraint("asker", "phone_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    asker: Mapped[Role] = mapped_column(choice(Role))
    phone_hash: Mapped[str] = mapped_column(String(64))
    phone_mask: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(100))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
