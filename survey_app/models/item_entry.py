"""评分项填报: entered items and supervisors' marks."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base, ExactDecimal, UtcDateTime
from survey_app.models.approvable import Approvable


class ItemEntry(Approvable, Base):
    """评分项填报 — one version of a unit's input for one item; the newest approved version is in force.

    Rows are only added, and of a row only the decision changes, once. Two people who change the same version
    collide on the constraint, and the second is told. A version that was followed by another before anybody
    decided on it is never decided on. `data` has the shape that a score bundle gives the item (points as
    text), null when it was cleared.
    """

    __tablename__ = "item_entry"
    __table_args__ = (UniqueConstraint("round_id", "unit_id", "item", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    item: Mapped[str] = mapped_column(String(50))
    version: Mapped[int]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text, default="")


class SupervisorMark(Base):
    """监督员评分 — one supervisor's mark of one unit in a round, 1 to 8."""

    __tablename__ = "supervisor_mark"
    __table_args__ = (UniqueConstraint("round_id", "unit_id", "supervisor_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    mark: Mapped[Any] = mapped_column(ExactDecimal)
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)
