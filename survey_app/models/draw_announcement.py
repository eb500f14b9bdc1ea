"""抽样公告: what a draw will go by, stored and published before it is made."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, code
from survey_app.models.unit import Unit


class DrawAnnouncement(Base):
    """抽样公告 — numbered within a round and survey, never changed but for the draw that follows it, never deleted.

    `sealed` are 256 random bits in hex that have a part in the draw and stay secret while answers are taken;
    None: the seed alone decides.
    """

    __tablename__ = "draw_announcement"
    __table_args__ = (UniqueConstraint("round_id", "instrument", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    instrument: Mapped[str] = mapped_column(code(30))
    number: Mapped[int]
    seed: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int]
    rest_quarters: Mapped[int]
    units_cap: Mapped[int]
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime)
    announced_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    drawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result_digest: Mapped[str | None] = mapped_column(String(64))

    libraries: Mapped[list["AnnouncedLibrary"]] = relationship(order_by="AnnouncedLibrary.position")


class AnnouncedLibrary(Base):
    """公告的样本库 — a unit's library as it was when its draw was announced, under the name it had then."""

    __tablename__ = "announced_library"

    announcement_id: Mapped[int] = mapped_column(ForeignKey("draw_announcement.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    position: Mapped[int]
    unit_name: Mapped[str] = mapped_column(String(100))
    frame_size: Mapped[int]
    frame_digest: Mapped[str] = mapped_column(String(64))

    unit: Mapped[Unit] = relationship()
