"""整改任务: what a unit is asked to put right, without who complained of it, and all that was done about it."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.config import COUNTY_ZONE
from survey_app.db import Base, UtcDateTime, choice, code
from survey_app.domain.rectification import CallBack, Course, Move, Step, TaskState, course_of
from survey_app.domain.text import Name
from survey_app.models.account import Account
from survey_app.models.round import Round
from survey_app.models.unit import Unit


class RectificationTask(Base):
    """整改任务 — one reason that was named about a unit in a round; never how often, by whom, or when.

    The reason's name is the questionnaire's when the task was issued. `state` and `due_on` are what the events
    lead to; `version` is their number, by which two people at once are told apart.
    """

    __tablename__ = "rectification_task"
    __table_args__ = (UniqueConstraint("round_id", "unit_id", "instrument", "reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    instrument: Mapped[str] = mapped_column(code(30))
    reason: Mapped[str] = mapped_column(code(50))
    reason_zh: Mapped[str] = mapped_column(Text)
    reason_en: Mapped[str] = mapped_column(Text)
    state: Mapped[TaskState] = mapped_column(choice(TaskState, 10))
    due_on: Mapped[date] = mapped_column(Date)
    version: Mapped[int] = mapped_column(default=1)

    round: Mapped[Round] = relationship()
    unit: Mapped[Unit] = relationship()
    events: Mapped[list["RectificationEvent"]] = relationship(
        back_populates="task", order_by="RectificationEvent.number"
    )

    @property
    def name(self) -> Name:
        """The reason's name in both languages."""
        return Name(self.reason_zh, self.reason_en)

    @property
    def course(self) -> Course:
        """Where the events have led."""
        return course_of([event.step for event in self.events])


class RectificationEvent(Base):
    """办理记录 — one move of a task; rows are only added.

    `text` is for the unit's eyes too: guidance, a reply, why it was sent back. `note` stays with the office.
    """

    __tablename__ = "rectification_event"
    __table_args__ = (UniqueConstraint("task_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("rectification_task.id"))
    number: Mapped[int]
    move: Mapped[Move] = mapped_column(choice(Move, 10))
    text: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    call_back: Mapped[CallBack | None] = mapped_column(choice(CallBack, 20))
    due_on: Mapped[date | None] = mapped_column(Date)
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    task: Mapped[RectificationTask] = relationship(back_populates="events")
    by: Mapped[Account] = relationship()

    @property
    def step(self) -> Step:
        """The move as the domain knows it; its day is the county's."""
        return Step(self.move, self.at.astimezone(COUNTY_ZONE).date(), self.due_on, self.call_back)
