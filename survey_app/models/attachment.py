"""附件: the files that prove an entry, kept in the database with everything else."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, code
from survey_app.models.account import Account


class Attachment(Base):
    """附件 — a file at a ledger's entry, at a unit's item, or (no unit) at an item of the whole round.

    Nothing is deleted; withdrawn ones stay with their reason. The content is only loaded where it is asked for.
    """

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_place", "round_id", "item", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    item: Mapped[str] = mapped_column(code(50))
    ledger_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(code(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")

    uploaded_by: Mapped[Account] = relationship(foreign_keys=uploaded_by_id)
    withdrawn_by: Mapped[Account | None] = relationship(foreign_keys=withdrawn_by_id)
