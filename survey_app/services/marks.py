"""监督员评分: each supervisor's own marks of the units, and what the office sees of them all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.item_inputs import read_item
from survey_app.domain.json_object import Fault, JsonObject
from survey_app.domain.points import round_half_up
from survey_app.domain.roles import Role
from survey_app.domain.round_inputs import Mark
from survey_app.domain.round_state import RoundState
from survey_app.domain.scheme import Scheme, ScoreItem, Tiers, TierSource
from survey_app.models.account import Account
from survey_app.models.item_entry import SupervisorMark
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.rater_conflicts import standing_conflicts, stands_back
from survey_app.services.round_locks import hold_for_entry


@dataclass(frozen=True)
class MarkSummary:
    """What the office sees of a unit's marks: how many count, their mean to two places (None without any).

    `set_aside` is how many were given by supervisors who stand back by now.
    """

    count: int
    mean: Decimal | None
    set_aside: int = 0


@dataclass(frozen=True)
class FewMarks:
    """A unit that too few supervisors marked, and that has no confirmed points instead."""

    unit: str
    item: ScoreItem
    count: int
    least: int


def marked_item(scheme: Scheme) -> ScoreItem | None:
    """Return the item that supervisors' marks decide, None where the scheme has none."""
    return next(
        (
            item
            for item in scheme.items
            if isinstance(item.settings, Tiers) and item.settings.source is TierSource.MARKS
        ),
        None,
    )


def rounds_to_mark(session: Session) -> list[Round]:
    """Return the rounds in which supervisors may mark now, the newest first."""
    return list(
        session.scalars(
            select(Round)
            .where(Round.state.in_((RoundState.OPEN, RoundState.CLOSED, RoundState.CORRECTING)))
            .order_by(Round.quarter.desc())
        )
    )


def own_marks(session: Session, round_id: int, supervisor_id: int) -> dict[int, Decimal]:
    """Return a supervisor's own marks of a round, by unit id."""
    rows = session.execute(
        select(SupervisorMark.unit_id, SupervisorMark.mark).where(
            SupervisorMark.round_id == round_id, SupervisorMark.supervisor_id == supervisor_id
        )
    )
    return dict(rows.all())


def marks_by_unit(session: Session, round_id: int) -> dict[int, list[Mark]]:
    """Return the marks of a round that count, by unit id, highest first: their order doesn't tell who gave them."""
    found: dict[int, list[Decimal]] = {}
    rows = session.execute(
        select(SupervisorMark.unit_id, SupervisorMark.mark).where(
            SupervisorMark.round_id == round_id, ~stands_back(session, session.get_one(Round, round_id))
        )
    )
    for unit_id, mark in rows:
        found.setdefault(unit_id, []).append(mark)
    return {
        unit_id: [_plain(mark) for mark in sorted(marks, reverse=True)] for unit_id, marks in found.items()
    }


def mark_summaries(session: Session, round_id: int) -> dict[int, MarkSummary]:
    """Return the number and the mean of each unit's marks, by unit id, without who gave them."""
    aside = Counter(
        session.scalars(
            select(SupervisorMark.unit_id).where(
                SupervisorMark.round_id == round_id, stands_back(session, session.get_one(Round, round_id))
            )
        )
    )
    marks = marks_by_unit(session, round_id)
    return {
        unit_id: MarkSummary(len(marks.get(unit_id, [])), _mean(marks.get(unit_id, [])), aside[unit_id])
        for unit_id in marks.keys() | aside.keys()
    }


def least_raters(item: ScoreItem) -> int:
    """Return how many marks the item needs before they alone can make a unit's score final."""
    return item.settings.least_raters if isinstance(item.settings, Tiers) else 1


def few_marks(scheme: Scheme, bundle: Mapping[str, Any]) -> list[FewMarks]:
    """Return the units of a bundle with fewer marks than the scheme asks for and no confirmed points."""
    item = marked_item(scheme)
    if item is None:
        return []
    found = []
    for unit in bundle["units"]:
        given = unit.get(item.id) or {}
        count = len(given.get("marks", []))
        if count < least_raters(item) and "points" not in given:
            found.append(FewMarks(unit["unit"], item, count, least_raters(item)))
    return found


def save_marks(
    session: Session,
    round_: Round,
    supervisor_id: int,
    marks: Mapping[int, int | Decimal | None],
    now: datetime,
) -> int:
    """Set a supervisor's own marks, by unit id (None takes one back); commits. Returns how many changed.

    Raises ServiceError for a mark outside the scheme's range, a unit that the supervisor stands back from, a
    round that is not open for marks, or an account that is no supervisor's; NotFoundError for an unknown unit.
    """
    account = session.get(Account, supervisor_id)
    if account is None or account.role is not Role.SUPERVISOR:
        raise ServiceError("只有特邀监督员可以评分")
    held = hold_for_entry(session, round_)
    if held.state is RoundState.PREPARING:
        raise ServiceError("这一轮还没有开始，暂不能评分")
    item = marked_item(load_scheme(round_.scheme_key))
    if item is None:
        raise ServiceError("本轮的评分方案没有特邀监督员评分")
    known = dict(session.execute(select(Unit.id, Unit.name).where(Unit.active)).all())
    standing = standing_conflicts(session, supervisor_id, held)
    stored = {
        row.unit_id: row
        for row in session.scalars(
            select(SupervisorMark).where(
                SupervisorMark.round_id == round_.id, SupervisorMark.supervisor_id == supervisor_id
            )
        )
    }
    changes = {
        unit_id: mark
        for unit_id, mark in marks.items()
        if unit_id not in known or (stored[unit_id].mark if unit_id in stored else None) != mark
    }
    for unit_id, mark in changes.items():
        if unit_id not in known:
            raise NotFoundError(f"没有编号为 {unit_id} 的责任单位")
        if unit_id in standing:
            raise ServiceError(f"您对{known[unit_id]}已经回避，不能评分：请把这个单位留空，再保存其他单位")
        if mark is not None:
            _check(item, mark)
    for unit_id, mark in changes.items():
        row = stored.get(unit_id)
        if mark is None:
            session.delete(row)
        elif row is None:
            session.add(
                SupervisorMark(
                    round_id=round_.id,
                    unit_id=unit_id,
                    supervisor_id=supervisor_id,
                    mark=Decimal(mark),
                    marked_at=now,
                )
            )
        else:
            row.mark, row.marked_at = Decimal(mark), now
    if changes:
        audit.record(
            session, now, supervisor_id, "marks.save", "round", round_.id,
            round=round_.quarter, units=len(changes),
        )  # fmt: skip
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise ConflictError("您刚刚在另一个窗口保存过评分，请刷新后再保存") from None
    return len(changes)


def _check(item: ScoreItem, mark: int | Decimal) -> None:
    faults: list[Fault] = []
    read_item(JsonObject({item.id: {"marks": [mark]}}, "", item.id, faults), item)
    if faults:
        raise ServiceError(faults[0].reason.replace("marks 第 1 个", "评分"))


def _mean(marks: list[Mark]) -> Decimal | None:
    if not marks:
        return None
    return round_half_up(sum((Fraction(str(mark)) for mark in marks), Fraction(0)) / len(marks), 2)


def _plain(mark: Decimal) -> Mark:
    return int(mark) if mark == mark.to_integral_value() else float(mark)
