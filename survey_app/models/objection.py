"""异议: what a unit objects to in its published result, and the answers to it."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime
from survey_app.models.account import Account
from survey_app.models.approvable import Approvable
from survey_app.models.unit import Unit


class Objection(Base):
    """异议 — of a unit against an item of its result, or the whole where `item` is empty; one each a version."""

    __tablename__ = "objection"
    __table_args__ = (
        UniqueConstraint("round_id", "unit_id", "version", "item"),
        ForeignKeyConstraint(["round_id", "version"], ["result_version.round_id", "result_version.version"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    version: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    item: Mapped[str] = mapped_column(String(50))
    reason: Mapped[str] = mapped_column(Text)
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    submitted_by: Mapped[Account] = relationship()
    answers: Mapped[list["ObjectionAnswer"]] = relationship(order_by="ObjectionAnswer.number")


class ObjectionAnswer(Approvable, Base):
    """异议答复 — the `number`th answer to an objection; a returned one stays, and another follows it."""

    __tablename__ = "objection_answer"
    __table_args__ = (UniqueConstraint("objection_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"))
    number: Mapped[int]
    upheld: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
