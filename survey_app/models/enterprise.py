"""企业 and 样本库: enterprises, and the units' lists in which they are named."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, code
from survey_app.models.unit import Unit


class Enterprise(Base):
    """企业 — known by its credit code, or by name and phone where a library gives no code."""

    __tablename__ = "enterprise"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    credit_code: Mapped[str | None] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(String(200))


class FrameImport(Base):
    """样本库文件 — one library file as a unit sent it: its digest and what came of its rows."""

    __tablename__ = "frame_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    accepted: Mapped[int]
    duplicates: Mapped[int]
    faults: Mapped[int]
    warnings: Mapped[int]
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class FrameEntry(Base):
    """样本库条目 — an enterprise that a unit says it served; a later file updates it, none deletes it."""

    __tablename__ = "frame_entry"
    __table_args__ = (UniqueConstraint("unit_id", "enterprise_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    frame_import_id: Mapped[int] = mapped_column(ForeignKey("frame_import.id"))
    # The name that the unit's file gives, where it is another than the enterprise's.
    other_name: Mapped[str | None] = mapped_column(String(200))
    contact: Mapped[str] = mapped_column(String(100), default="")
    # [{"number": "13800138000", "extension": "", "kind": "mobile"}], best first.
    phones: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    matter: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    enterprise: Mapped[Enterprise] = relationship()


class EntryPhone(Base):
    """条目电话 — one number of a library's entry, a row of its own so that the same number elsewhere is found.

    It repeats what `FrameEntry.phones` says, and is written wherever that is.
    """

    __tablename__ = "entry_phone"
    __table_args__ = (
        Index("ix_entry_phone_number", "number", "extension", "enterprise_id"),
        Index("ix_entry_phone_unit", "unit_id", "kind", "frame_entry_id"),
    )

    frame_entry_id: Mapped[int] = mapped_column(ForeignKey("frame_entry.id"), primary_key=True)
    number: Mapped[str] = mapped_column(code(20), primary_key=True)
    extension: Mapped[str] = mapped_column(code(10), primary_key=True)
    kind: Mapped[str] = mapped_column(code(10))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
