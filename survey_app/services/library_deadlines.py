"""报送期限: until when a round takes libraries from the units, and a unit's extension, set by the office."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_state import RoundState
from survey_app.models.library import LibraryDeadline
from survey_app.models.round import Round, Sample
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.errors import ServiceError
from survey_app.services.round_locks import hold_for_freezing
from survey_app.services.written_reasons import required_reason


@dataclass(frozen=True)
class Deadlines:
    """A round's deadline (None: not set yet), and the extensions that reach beyond it, by unit id."""

    due_at: datetime | None
    extensions: dict[int, LibraryDeadline]

    def of_unit(self, unit_id: int) -> datetime | None:
        """Return until when a unit may hand in; None while the round has no deadline."""
        extension = self.extensions.get(unit_id)
        return extension.due_at if extension else self.due_at


def deadlines_of(session: Session, round_id: int) -> Deadlines:
    """Return what holds in a round: the newest deadline, and each unit's newest extension if it is later."""
    general: datetime | None = None
    extensions: dict[int, LibraryDeadline] = {}
    for row in history(session, round_id):
        if row.unit_id is None:
            general = row.due_at
        else:
            extensions[row.unit_id] = row
    later = {unit: row for unit, row in extensions.items() if general is not None and row.due_at > general}
    return Deadlines(general, later)


def open_until(session: Session, round_id: int, now: datetime) -> datetime | None:
    """Return when the last unit of a round may no longer hand in; None where nobody may any more."""
    deadlines = deadlines_of(session, round_id)
    ends = [row.due_at for row in deadlines.extensions.values()]
    ends += [deadlines.due_at] if deadlines.due_at else []
    return max((end for end in ends if end >= now), default=None)


def history(session: Session, round_id: int) -> list[LibraryDeadline]:
    """Return every deadline that was ever set in a round, the oldest first."""
    return list(
        session.scalars(
            select(LibraryDeadline)
            .options(joinedload(LibraryDeadline.set_by))
            .where(LibraryDeadline.round_id == round_id)
            .order_by(LibraryDeadline.id)
        )
    )


def drawn_units(session: Session, round_id: int) -> set[int]:
    """Return the units of which a sample was drawn in a round, whoever asks: their libraries are closed."""
    return set(session.scalars(select(Sample.unit_id).where(Sample.round_id == round_id)))


def set_deadline(
    session: Session, round_: Round, due_at: datetime, now: datetime, account_id: int | None
) -> datetime:
    """Set until when all units may hand in; commits. Raises ServiceError, naming the field."""
    held = hold_for_freezing(session, round_)
    _require_possible(held, due_at, now, "due_day")
    before = deadlines_of(session, held.id).due_at
    session.add(LibraryDeadline(round_id=held.id, due_at=due_at, set_by_id=account_id, set_at=now))
    audit.record(
        session,
        now,
        account_id,
        "library.deadline",
        "round",
        held.id,
        before=before.isoformat() if before else None,
        after=due_at.isoformat(),
    )
    session.commit()
    return due_at


def extend(
    session: Session,
    round_: Round,
    unit_id: int | None,
    due_at: datetime,
    reason: str,
    now: datetime,
    account_id: int | None,
) -> Unit:
    """Let one unit hand in until later than the others, for a reason; commits. Raises ServiceError."""
    held = hold_for_freezing(session, round_)
    unit = session.get(Unit, unit_id) if unit_id else None
    if unit is None or not unit.active:
        raise ServiceError("请选择要延期的责任单位", "unit")
    written = required_reason(reason, "延期的原因")
    general = deadlines_of(session, held.id).due_at
    if general is None:
        raise ServiceError("本轮还没有定报送期限：请先定全部单位的期限", "due_day")
    _require_possible(held, due_at, now, "extended_day")
    if due_at <= general:
        raise ServiceError("延期应晚于全部单位的期限", "extended_day")
    if unit.id in drawn_units(session, held.id):
        raise ServiceError(f"{unit.name}本轮已经抽样，样本库不能再改", "unit")
    session.add(
        LibraryDeadline(
            round_id=held.id, unit_id=unit.id, due_at=due_at, reason=written, set_by_id=account_id, set_at=now
        )
    )
    audit.record(
        session, now, account_id, "library.extend", "round", held.id, unit=unit.id, after=due_at.isoformat()
    )
    session.commit()
    return unit


def _require_possible(round_: Round, due_at: datetime, now: datetime, field: str) -> None:
    title = parse_quarter(round_.quarter).title
    if round_.state is not RoundState.PREPARING:
        raise ServiceError(f"{title}已经开始回访，不能再定样本库的报送期限", field)
    if due_at <= now:
        raise ServiceError("报送期限应在现在以后", field)
    if round_.closes_at is not None and due_at >= round_.closes_at:
        raise ServiceError("报送期限应早于回访的截止日期：报送以后还要抽样、回访", field)
