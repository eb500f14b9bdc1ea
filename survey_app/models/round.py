"""季度轮次 and 抽样: a quarter's round, and the draw from each unit's library."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice, code
from survey_app.domain.round_state import RoundState
from survey_app.models.enterprise import Enterprise, FrameEntry
from survey_app.models.unit import Unit


class Round(Base):
    """季度轮次 — one quarter under one scheme, pinned by the digest of its file."""

    __tablename__ = "round"

    id: Mapped[int] = mapped_column(primary_key=True)
    quarter: Mapped[str] = mapped_column(String(7), unique=True)
    scheme_key: Mapped[str] = mapped_column(String(50))
    scheme_digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[RoundState] = mapped_column(choice(RoundState))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Of the newest freezing and the newest publication; each version keeps its own (ResultVersion).
    finalised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Sample(Base):
    """抽样 — one unit's draw in a round: the seed and the frame's digest let anyone repeat it."""

    __tablename__ = "sample"
    __table_args__ = (UniqueConstraint("round_id", "unit_id", "instrument"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    instrument: Mapped[str] = mapped_column(code(30))
    seed: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    frame_size: Mapped[int]
    frame_digest: Mapped[str] = mapped_column(String(64))
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()


class SampleEntry(Base):
    """抽样次序 — one enterprise's place in a draw; ranks up to the sample's size are asked, the rest wait."""

    __tablename__ = "sample_entry"
    __table_args__ = (
        UniqueConstraint("sample_id", "rank"),
        UniqueConstraint("sample_id", "frame_entry_id"),
        UniqueConstraint("sample_id", "replaces_rank"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("sample.id"))
    rank: Mapped[int]
    frame_entry_id: Mapped[int] = mapped_column(ForeignKey("frame_entry.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    # Why a reserve was called in; empty for the sample itself and for a reserve that still waits.
    called_in_reason: Mapped[str] = mapped_column(String(100), default="")
    # The place that a reserve stepped in for; nobody is replaced twice, by the constraint.
    replaces_rank: Mapped[int | None]
    asked: Mapped[bool] = mapped_column(default=False)

    sample: Mapped[Sample] = relationship()
    frame_entry: Mapped[FrameEntry] = relationship()
    enterprise: Mapped[Enterprise] = relationship()
