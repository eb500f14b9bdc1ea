"""样本库报送: a unit hands in its own library, gets a receipt, and can look at nothing but its own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, undefer

from survey_app.domain.cell_text import comparable, quote
from survey_app.domain.frame import FrameReading, FrameRow
from survey_app.domain.round_state import RoundState
from survey_app.models.enterprise import FrameEntry
from survey_app.models.library import LibrarySubmission
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import audit, frames
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.frame_uploads import Upload
from survey_app.services.library_deadlines import deadlines_of, drawn_units
from survey_app.services.round_locks import hold_for_entry

# Every submission keeps its file for good, so that there must be an end to them.
MOST_SUBMISSIONS = 50
CLOSED = "本轮样本库报送已经截止，没有保存：确有需要的，请联系营商办"
_ROWS_NAMED = 5


class LibraryState(StrEnum):
    """Whether a unit may hand in its library now."""

    NO_ROUND = "no_round"  # no quarter is being prepared
    NO_DEADLINE = "no_deadline"  # one is, and the office has not said until when
    OPEN = "open"
    CLOSED = "closed"  # the deadline is over, or the library is needed as it is


@dataclass(frozen=True)
class LibraryStanding:
    """Where a unit stands: for which round it may hand in, and until when, both None where there is none."""

    state: LibraryState
    round: Round | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class OwnChanges:
    """What handing a reading in would do to the unit's own library, in enterprises."""

    added: int
    known: int
    left_out: int


def standing_of(session: Session, unit_id: int | None, now: datetime) -> LibraryStanding:
    """Return where a unit stands in the earliest round that it may hand in for, else in the latest prepared.

    It tells nothing of a draw: a unit that was drawn is closed, as one that is late is.
    """
    unit = session.get(Unit, unit_id) if unit_id else None
    if unit is None or not unit.active:
        return LibraryStanding(LibraryState.NO_ROUND)
    prepared = session.scalars(
        select(Round).where(Round.state == RoundState.PREPARING).order_by(Round.quarter)
    ).all()
    found = LibraryStanding(LibraryState.NO_ROUND)
    for round_ in prepared:
        found = _standing_in(session, round_, unit.id, now)
        if found.state is LibraryState.OPEN:
            break
    return found


def unit_name(session: Session, unit_id: int | None) -> str:
    """Return the name of an account's unit; raise NotFoundError for an account that has none."""
    unit = session.get(Unit, unit_id) if unit_id else None
    if unit is None:
        raise NotFoundError("您的账号不属于任何责任单位：请联系系统管理员")
    return unit.name


def foreign_rows(reading: FrameReading, unit: str) -> str | None:
    """Return a sentence that names the rows of other units in a unit's own file; None where all are its own."""
    foreign: dict[str, list[FrameRow]] = {}
    for row in reading.accepted:
        if comparable(row.unit) != comparable(unit):
            foreign.setdefault(row.unit, []).append(row)
    if not foreign:
        return None
    told = "；".join(f"{quote(name)} {_places(rows)}" for name, rows in foreign.items())
    return (
        f"只能报送本单位（{unit}）的样本库，文件里有写着其他责任单位的行：{told}。"
        "请删去这些行；如果都是本单位的企业，请把工作表的名称或“责任单位”一列改成本单位的名称"
    )


def changes_of(session: Session, unit_id: int, reading: FrameReading) -> OwnChanges:
    """Return what handing in would do; stores nothing, and says nothing of whom anybody asks."""
    (change,) = frames.changes_of(session, reading) or (None,)
    size = session.scalar(select(func.count()).where(FrameEntry.unit_id == unit_id)) or 0
    if change is None:
        return OwnChanges(0, 0, size)
    return OwnChanges(change.added, change.known, size - change.known)


def submit(
    session: Session,
    unit_id: int | None,
    upload: Upload,
    reading: FrameReading,
    now: datetime,
    account_id: int,
) -> LibrarySubmission:
    """Store a file that the unit has read through, and its accepted rows, all or nothing; commits.

    The bytes that the unit handed in last, again, give the same submission. Raises ServiceError when libraries
    are closed, no row can be used or one is another unit's; ConflictError when another file came between.
    """
    standing = standing_of(session, unit_id, now)
    if standing.state is not LibraryState.OPEN or standing.round is None or unit_id is None:
        raise ServiceError(CLOSED)
    held = hold_for_entry(session, standing.round)
    # A draw may have been waited for; it closes the library that it drew from.
    if _standing_in(session, held, unit_id, now).state is not LibraryState.OPEN:
        session.rollback()
        raise ServiceError(CLOSED)
    unit = session.get_one(Unit, unit_id)
    fault = foreign_rows(reading, unit.name)
    if fault or not reading.accepted:
        session.rollback()
        raise ServiceError(fault or "文件里没有可用的行，什么都没有保存：请改正后重新报送")
    digest = hashlib.sha256(upload.data).hexdigest()
    last = session.scalar(
        select(LibrarySubmission)
        .where(LibrarySubmission.round_id == held.id, LibrarySubmission.unit_id == unit_id)
        .order_by(LibrarySubmission.number.desc())
        .limit(1)
    )
    if last is not None and last.sha256 == digest:
        session.rollback()
        return last
    number = last.number + 1 if last else 1
    if number > MOST_SUBMISSIONS:
        session.rollback()
        raise ServiceError(f"本轮已经报送 {MOST_SUBMISSIONS} 次，不能再报：请联系营商办")
    try:
        stored = frames.add_reading(session, reading, upload.filename, digest, now, account_id)
        submission = LibrarySubmission(
            round_id=held.id,
            unit_id=unit_id,
            number=number,
            receipt=f"{held.quarter.replace('-', '')}-{unit_id:03}-{number:02}-{digest[:6].upper()}",
            filename=upload.filename[-255:],
            size=len(upload.data),
            sha256=digest,
            content=upload.data,
            frame_import_id=stored.import_id,
            submitted_by_id=account_id,
            submitted_at=now,
        )
        session.add(submission)
        session.flush()
        audit.record(
            session,
            now,
            account_id,
            "library.submit",
            "library_submission",
            submission.id,
            unit=unit_id,
            number=number,
            digest=digest,
        )
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("同时有另一份文件在报送，这份没有保存：请再确认一次") from error
    return submission


def own_submissions(session: Session, unit_id: int | None) -> list[LibrarySubmission]:
    """Return what a unit has handed in, the newest first."""
    return list(
        session.scalars(
            _with_all().where(LibrarySubmission.unit_id == unit_id).order_by(LibrarySubmission.id.desc())
        )
    )


def own_submission(session: Session, unit_id: int | None, submission_id: int) -> LibrarySubmission:
    """Return one of a unit's submissions; raise NotFoundError for another unit's, as for one that isn't there."""
    found = session.scalar(
        _with_all().where(LibrarySubmission.id == submission_id, LibrarySubmission.unit_id == unit_id)
    )
    if found is None:
        raise NotFoundError("没有这份报送：请从“报送样本库”的列表进入")
    return found


def round_submissions(session: Session, round_id: int) -> list[LibrarySubmission]:
    """Return all that was handed in for a round, the newest first."""
    return list(
        session.scalars(
            _with_all().where(LibrarySubmission.round_id == round_id).order_by(LibrarySubmission.id.desc())
        )
    )


def round_submission(session: Session, round_id: int, submission_id: int) -> LibrarySubmission:
    """Return a submission of a round; raise NotFoundError when there is none."""
    found = session.scalar(
        _with_all().where(LibrarySubmission.id == submission_id, LibrarySubmission.round_id == round_id)
    )
    if found is None:
        raise NotFoundError("没有这份报送：请从“样本库报送”的列表进入")
    return found


def content_of(session: Session, submission: LibrarySubmission) -> bytes:
    """Return the very bytes that were handed in."""
    loaded = session.scalars(
        select(LibrarySubmission)
        .options(undefer(LibrarySubmission.content))
        .where(LibrarySubmission.id == submission.id)
        .execution_options(populate_existing=True)
    ).one()
    return loaded.content


def _with_all() -> Select[LibrarySubmission]:
    return select(LibrarySubmission).options(
        joinedload(LibrarySubmission.round),
        joinedload(LibrarySubmission.unit),
        joinedload(LibrarySubmission.frame_import),
        joinedload(LibrarySubmission.submitted_by),
    )


def _standing_in(session: Session, round_: Round, unit_id: int, now: datetime) -> LibraryStanding:
    due_at = deadlines_of(session, round_.id).of_unit(unit_id)
    if round_.state is not RoundState.PREPARING:
        return LibraryStanding(LibraryState.CLOSED, round_, due_at)
    if unit_id in drawn_units(session, round_.id):
        return LibraryStanding(LibraryState.CLOSED, round_, due_at)
    if due_at is None:
        return LibraryStanding(LibraryState.NO_DEADLINE, round_)
    state = LibraryState.OPEN if now <= due_at else LibraryState.CLOSED
    return LibraryStanding(state, round_, due_at)


def _places(rows: Sequence[FrameRow]) -> str:
    named = "、".join(f"{row.sheet}第 {row.row} 行" for row in rows[:_ROWS_NAMED])
    return named if len(rows) <= _ROWS_NAMED else f"{named}等 {len(rows)} 行"
