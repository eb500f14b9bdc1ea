"""平板: a browser in a service hall that opens the questionnaire and nothing else, and what was sent from it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, code
from survey_app.models.account import Account


class Tablet(Base):
    """平板 — one tablet at one place, for one survey of a round, until it expires or somebody ends it."""

    __tablename__ = "tablet"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    instrument: Mapped[str] = mapped_column(code(30))
    place: Mapped[str] = mapped_column(String(50))
    started_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    started_by: Mapped[Account] = relationship()


class TabletSubmission(Base):
    """平板来件 — a form that was sent from a tablet, counted or not; `at` is the moment that it was received."""

    __tablename__ = "tablet_submission"

    id: Mapped[int] = mapped_column(primary_key=True)
    tablet_id: Mapped[int] = mapped_column(ForeignKey("tablet.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
