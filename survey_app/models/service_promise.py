"""承诺时限: what the units have promised for the matters that enterprises are asked about."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, ExactDecimal, UtcDateTime, code
from survey_app.domain.promise import Promise
from survey_app.models.account import Account


class ServicePromise(Base):
    """承诺时限 — of a unit for one matter, an option of the questionnaire; each number may be empty.

    `version` counts the changes, by which two people at once are told apart; what a row said before stays in
    the audit events.
    """

    __tablename__ = "service_promise"
    __table_args__ = (UniqueConstraint("unit_id", "matter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    matter: Mapped[str] = mapped_column(code(50))
    days: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    documents: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    fee: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    source: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    entered_by: Mapped[Account] = relationship()

    @property
    def promise(self) -> Promise:
        """What is promised."""
        return Promise(self.days, self.documents, self.fee, self.source)
