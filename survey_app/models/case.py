"""回访任务: one enterprise in one round, and the units it is asked about."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice, code
from survey_app.domain.disposition import Disposition
from survey_app.models.enterprise import Enterprise
from survey_app.models.round import Round, SampleEntry
from survey_app.models.unit import Unit


class Case(Base):
    """回访任务 — an enterprise's part in a round; one link, one code, one counted answer.

    The link's token and the code are derived from `public_id` and `link_version`; here are their hashes only.
    `held_by_id` is unique: an interviewer holds one case, and a case has one holder. `attempts` are all calls
    ever made; `counted_attempts` those to numbers not known to be wrong, which were in the parts of the day
    that `parts_tried` has bits for. The queue reads its index in order: cases that fell due at the same moment
    are mixed in it, since `public_id` is random.
    """

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("round_id", "instrument", "enterprise_id"),
        Index(
            "ix_case_queue", "round_id", "closed", "parts_tried", "counted_attempts", "due_at", "public_id"
        ),
        Index("ix_case_appointment", "round_id", "closed", "appointment_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    instrument: Mapped[str] = mapped_column(code(30))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    link_version: Mapped[int] = mapped_column(default=1)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    disposition: Mapped[Disposition] = mapped_column(
        choice(Disposition, 30), default=Disposition.NOT_CONTACTED
    )
    closed: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    counted_attempts: Mapped[int] = mapped_column(default=0)
    parts_tried: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    appointment_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    round: Mapped[Round] = relationship()
    enterprise: Mapped[Enterprise] = relationship()
    units: Mapped[list["CaseUnit"]] = relationship(back_populates="case")


class ReplacedLink(Base):
    """换掉的链接 — the hashes of a link and code that a case had before, so that they can say they were replaced."""

    __tablename__ = "replaced_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseUnit(Base):
    """被访单位 — a unit that a case is asked about, and the place in the draw that put it there."""

    __tablename__ = "case_unit"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, index=True)
    sample_entry_id: Mapped[int] = mapped_column(ForeignKey("sample_entry.id"), unique=True)

    case: Mapped[Case] = relationship(back_populates="units")
    unit: Mapped[Unit] = relationship()
    sample_entry: Mapped[SampleEntry] = relationship()
