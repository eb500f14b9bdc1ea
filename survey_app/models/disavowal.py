"""否认作答: an enterprise's saying that a response wasn't its own, and what staff found out about it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime, choice
from survey_app.domain.disavowal import DisavowalState, DisavowalWay
from survey_app.models.account import Account
from survey_app.models.response import Response


class Disavowal(Base):
    """否认作答 — one for a response, however often it is said; it never changes what counts."""

    __tablename__ = "disavowal"

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), unique=True)
    state: Mapped[DisavowalState] = mapped_column(choice(DisavowalState, 20), default=DisavowalState.NEW)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)

    response: Mapped[Response] = relationship()
    entries: Mapped[list["DisavowalEntry"]] = relationship(
        back_populates="disavowal", order_by="DisavowalEntry.number"
    )


class DisavowalEntry(Base):
    """否认作答记录 — what was said or found out, numbered from 1 and never changed.

    `way` is how the enterprise said it, null for a step that staff took; `state` is what that step led to, null
    where the enterprise spoke. `account` is who took the step or noted a call.
    """

    __tablename__ = "disavowal_entry"
    __table_args__ = (UniqueConstraint("disavowal_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    disavowal_id: Mapped[int] = mapped_column(ForeignKey("disavowal.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    way: Mapped[DisavowalWay | None] = mapped_column(choice(DisavowalWay, 10))
    state: Mapped[DisavowalState | None] = mapped_column(choice(DisavowalState, 20))
    note: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(String(20), default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    disavowal: Mapped[Disavowal] = relationship(back_populates="entries")
    account: Mapped[Account | None] = relationship()
