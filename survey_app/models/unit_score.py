"""得分: a unit's frozen score."""

from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, ExactDecimal
from survey_app.models.unit import Unit


class UnitScore(Base):
    """得分 — what a unit got in a version: `data` is its part of the scored bundle, whose order the ids keep."""

    __tablename__ = "unit_score"
    __table_args__ = (
        UniqueConstraint("round_id", "unit_id", "version"),
        ForeignKeyConstraint(["round_id", "version"], ["result_version.round_id", "result_version.version"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    version: Mapped[int]
    total: Mapped[Decimal] = mapped_column(ExactDecimal)
    rank: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    # SHA-256 of the whole round's bundle, the same for all units of a version.
    digest: Mapped[str] = mapped_column(String(64))

    unit: Mapped[Unit] = relationship()
