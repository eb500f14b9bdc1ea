"""访问草稿: what an interviewer has taken down in a call that isn't finished."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base, UtcDateTime
from survey_app.models.contact_attempt import ContactAttempt


class InterviewDraft(Base):
    """访问草稿 — the fields of a questionnaire as a form names them; never an answer, and counted nowhere.

    `revision` grows with every save, so that an older one that comes late changes nothing.
    """

    __tablename__ = "interview_draft"

    attempt_id: Mapped[int] = mapped_column(
        ForeignKey("contact_attempt.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    fields: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    revision: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    attempt: Mapped[ContactAttempt] = relationship()
