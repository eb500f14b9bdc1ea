"""得分版本: a round's result as it was frozen, with all that is needed to check it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime
from survey_app.models.account import Account


class ResultVersion(Base):
    """得分版本 — one freezing of a round's scores; a correction is a further version, never an overwrite.

    `dossier` is what `digest` seals. `reason` says why there is another version; it is empty for the first.
    """

    __tablename__ = "result_version"
    __table_args__ = (UniqueConstraint("round_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    # Large, and needed only where it is checked or handed out.
    dossier: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Not known of results that were frozen before versions were kept.
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    # The last day, in the county, on which units may object; fixed when it is published.
    objections_until: Mapped[date | None]

    frozen_by: Mapped[Account | None] = relationship(foreign_keys=frozen_by_id)
    published_by: Mapped[Account | None] = relationship(foreign_keys=published_by_id)
