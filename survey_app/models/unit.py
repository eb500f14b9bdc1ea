"""责任单位: the units that are rated."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base


class Unit(Base):
    """责任单位 — a rated department or service company; never an element of a sample."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    category: Mapped[str] = mapped_column(String(50))
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
