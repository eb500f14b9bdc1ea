"""更正: reopening a round whose scores are frozen, asked for by one person and confirmed by another."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime
from survey_app.models.account import Account
from survey_app.models.approvable import Approvable


class Correction(Approvable, Base):
    """更正 — the `number`th of a round; once ended it has led to a version, or was given up.

    `version` is the result that it is to correct.
    """

    __tablename__ = "correction"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        ForeignKeyConstraint(["round_id", "version"], ["result_version.round_id", "result_version.version"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    # The version that it led to; none where it was given up.
    led_to: Mapped[int | None]

    ended_by: Mapped[Account | None] = relationship(foreign_keys=ended_by_id)
