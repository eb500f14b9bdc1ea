"""回避: which supervisors may not rate which units."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime
from survey_app.models.account import Account
from survey_app.models.unit import Unit


class RaterConflict(Base):
    """回避 — a supervisor's conflict of interests with a unit, standing until it is withdrawn.

    While it stands, the supervisor's marks of the unit are kept and count in no round that isn't frozen.
    """

    __tablename__ = "rater_conflict"

    id: Mapped[int] = mapped_column(primary_key=True)
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    reason: Mapped[str] = mapped_column(Text)
    declared_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")

    supervisor: Mapped[Account] = relationship(foreign_keys=supervisor_id)
    declared_by: Mapped[Account] = relationship(foreign_keys=declared_by_id)
    unit: Mapped[Unit] = relationship()

    # One stands at a time, whoever declares it.
    __table_args__ = (
        Index(
            "uq_rater_conflict_standing",
            "supervisor_id",
            "unit_id",
            unique=True,
            sqlite_where=withdrawn_at.is_(None),
            postgresql_where=withdrawn_at.is_(None),
        ),
    )
