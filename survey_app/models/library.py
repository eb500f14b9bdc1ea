"""样本库报送: by when the units hand in their libraries, what each handed in, and numbers that were replaced."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, code
from survey_app.models.account import Account
from survey_app.models.enterprise import FrameImport
from survey_app.models.round import Round
from survey_app.models.unit import Unit


class LibraryDeadline(Base):
    """报送期限 — until when libraries are taken in a round: for all units, or one unit's extension.

    Rows are only added; of a round, and of a unit in it, the newest one holds.
    """

    __tablename__ = "library_deadline"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)

    set_by: Mapped[Account | None] = relationship()


class LibrarySubmission(Base):
    """样本库报送 — a file that a unit handed in itself, with its very bytes; rows are only added.

    `number` counts a unit's submissions of a round from 1. A digest without the file would prove little.
    """

    __tablename__ = "library_submission"
    __table_args__ = (UniqueConstraint("round_id", "unit_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    number: Mapped[int]
    receipt: Mapped[str] = mapped_column(code(40), unique=True)
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(code(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    frame_import_id: Mapped[int] = mapped_column(ForeignKey("frame_import.id"))
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)

    round: Mapped[Round] = relationship()
    unit: Mapped[Unit] = relationship()
    # Its counts: accepted, duplicates, faults and warnings.
    frame_import: Mapped[FrameImport] = relationship()
    submitted_by: Mapped[Account] = relationship()


class PhonesChange(Base):
    """电话变更 — the numbers that an entry had until an import replaced them.

    `last_given_at` is when an import last gave the old ones, by which a change since an earlier quarter is known.
    """

    __tablename__ = "phones_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    frame_entry_id: Mapped[int] = mapped_column(ForeignKey("frame_entry.id"), index=True)
    old_phones: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    last_given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    frame_import_id: Mapped[int] = mapped_column(ForeignKey("frame_import.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
