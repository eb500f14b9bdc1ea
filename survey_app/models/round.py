"""季度轮次 and 抽样: a quarter's round, and the draw from each unit's library."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice, code
from survey_app.domain.round_state import RoundState
from survey_app.domain.unit_draws import PassedOver
from survey_app.models.draw_announcement import DrawAnnouncement
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
    # What was announced of it; None for draws from before announcements, as are the next two.
    announcement_id: Mapped[int | None] = mapped_column(ForeignKey("draw_announcement.id"))
    # How many every unit was to have; `size` is how many were drawn.
    wanted: Mapped[int | None]
    order_digest: Mapped[str | None] = mapped_column(String(64))

    unit: Mapped[Unit] = relationship()
    announcement: Mapped[DrawAnnouncement | None] = relationship()


class SampleEntry(Base):
    """抽样次序 — one enterprise's place in a draw: asked, passed over for a reason, or a reserve that waits."""

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
    passed_over: Mapped[PassedOver | None] = mapped_column(choice(PassedOver))
    # What the draw went by, as of then: the newest quarter in which the survey had asked the enterprise, and
    # about how many units it was asked in this round before.
    asked_in: Mapped[str | None] = mapped_column(String(7))
    asked_about: Mapped[int] = mapped_column(default=0, server_default="0")

    sample: Mapped[Sample] = relationship()
    frame_entry: Mapped[FrameEntry] = relationship()
    enterprise: Mapped[Enterprise] = relationship()
