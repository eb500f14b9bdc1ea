"""补充号码: another number of a case, found by whoever asks after the libraries' ones were wrong."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice
from survey_app.domain.phone import PhoneKind
from survey_app.models.account import Account
from survey_app.models.case import Case


class AddedPhone(Base):
    """补充号码 — never asked of the rated unit; `source` says where it was found. Libraries stay as they are."""

    __tablename__ = "added_phone"
    __table_args__ = (UniqueConstraint("case_id", "number", "extension"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    number: Mapped[str] = mapped_column(String(20))
    extension: Mapped[str] = mapped_column(String(10))
    kind: Mapped[PhoneKind] = mapped_column(choice(PhoneKind))
    contact: Mapped[str] = mapped_column(String(100), default="")
    source: Mapped[str] = mapped_column(String(30))
    added_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    case: Mapped[Case] = relationship()
    added_by: Mapped[Account] = relationship()
