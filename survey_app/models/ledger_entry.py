"""台账: the entries that prove a unit's points, each entered by one person and approved by another."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice, code
from survey_app.domain.ledger import LedgerKind
from survey_app.models.account import Account
from survey_app.models.approvable import Approvable
from survey_app.models.unit import Unit


class LedgerEntry(Approvable, Base):
    """台账条目 — one visit, article, endorsement …; nothing is deleted, withdrawn ones stay with their reason.

    `data` has the ledger's fields as text. The keys are digests by which the same article or practice is found
    wherever it is claimed. A withdrawal that was asked for takes effect when a second person confirms it.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (Index("ix_ledger_entry_place", "round_id", "item", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    item: Mapped[str] = mapped_column(code(50))
    kind: Mapped[LedgerKind] = mapped_column(choice(LedgerKind))
    data: Mapped[dict[str, str]] = mapped_column(JSON)
    name_key: Mapped[str] = mapped_column(code(64), index=True)
    link_key: Mapped[str | None] = mapped_column(code(64), index=True)
    withdrawal_reason: Mapped[str] = mapped_column(Text, default="")
    withdrawal_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawal_asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    unit: Mapped[Unit] = relationship()
    withdrawal_asked_by: Mapped[Account | None] = relationship(foreign_keys=withdrawal_asked_by_id)
    withdrawn_by: Mapped[Account | None] = relationship(foreign_keys=withdrawn_by_id)

    @property
    def withdrawal_waits(self) -> bool:
        """Whether somebody asked for its withdrawal and nobody has decided on that yet."""
        return self.withdrawal_asked_at is not None and self.withdrawn_at is None
