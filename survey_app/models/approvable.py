"""审核: the columns of everything that one person enters and another approves."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from survey_app.db import UtcDateTime, choice
from survey_app.domain.approval import Approval
from survey_app.models.account import Account


class Approvable:
    """待审核的内容 — who entered it and when, who decided on it, and why it was returned."""

    approval: Mapped[Approval] = mapped_column(choice(Approval, 10), default=Approval.WAITING)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_reason: Mapped[str] = mapped_column(Text, default="")

    @declared_attr
    def entered_by_id(cls) -> Mapped[int]:  # noqa: N805 - a class is declared here
        """Who entered it."""
        return mapped_column(ForeignKey("account.id"))

    @declared_attr
    def decided_by_id(cls) -> Mapped[int | None]:  # noqa: N805
        """Who approved or returned it; never who entered it."""
        return mapped_column(ForeignKey("account.id"))

    @declared_attr
    def entered_by(cls) -> Mapped[Account]:  # noqa: N805
        """The account that entered it."""
        return relationship(foreign_keys=f"{cls.__name__}.entered_by_id")  # type: ignore[attr-defined]

    @declared_attr
    def decided_by(cls) -> Mapped[Account | None]:  # noqa: N805
        """The account that decided on it."""
        return relationship(foreign_keys=f"{cls.__name__}.decided_by_id")  # type: ignore[attr-defined]
