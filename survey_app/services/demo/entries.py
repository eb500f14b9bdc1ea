"""What the office, the supervisors and the commission enter for a quarter of the demonstration county."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval
from survey_app.models.account import Account
from survey_app.models.round import Round, Sample
from survey_app.models.unit import Unit
from survey_app.services.approvals import decide_entries, waiting_entries
from survey_app.services.items import Change, enter_items
from survey_app.services.marks import save_marks
from survey_app.services.rater_conflicts import declare_conflict
from survey_app.services.waiting_cases import SATISFACTION

_CONFLICT = ("农商银行", "近亲属在该行任职")


def enter_office_items(
    session: Session, round_: Round, account_id: int, now: datetime, random: Random, complete: bool
) -> None:
    """Enter the office's items for every unit; with `complete` False some are left for later."""
    samples = dict(
        session.execute(
            select(Sample.unit_id, Sample.size).where(
                Sample.round_id == round_.id, Sample.instrument == SATISFACTION
            )
        ).all()
    )
    changes: dict[tuple[int, str], Change] = {}
    for unit in _units(session):
        for item, data in _items(samples.get(unit.id, 0), random).items():
            if complete or random.random() < 0.6:
                changes[unit.id, item] = Change(data, "", 0)
    enter_items(session, round_, changes, account_id, now)


def enter_mass_appraisal(
    session: Session, round_: Round, account_id: int, now: datetime, random: Random
) -> None:
    """Hand in the commission's totals of 群众评 for every unit."""
    changes = {}
    for unit in _units(session):
        counts = {
            "satisfied": random.randint(35, 60),
            "basically_satisfied": random.randint(0, 5),
            "dissatisfied": random.choices((0, 1, 2, 3), (55, 28, 12, 5))[0],
        }
        data = {level: str(count) for level, count in counts.items()}
        changes[unit.id, "mass_appraisal"] = Change(data, "县纪委监委第一季度群众评汇总", 0)
    enter_items(session, round_, changes, account_id, now)


def approve(session: Session, round_: Round, account_id: int, now: datetime, leave: int = 0) -> None:
    """Approve what others of an account's role entered, but for the last `leave`, which still wait."""
    role = session.get_one(Account, account_id).role
    waiting = waiting_entries(session, round_, role)
    done = waiting[: len(waiting) - leave]
    decisions = {each.entry.id: (Approval.APPROVED, "") for each in done}
    decide_entries(session, round_, decisions, account_id, now)


def stand_back(session: Session, supervisor_id: int, now: datetime) -> None:
    """Let a supervisor declare a conflict of interests."""
    name, reason = _CONFLICT
    unit_id = session.scalars(select(Unit.id).where(Unit.name == name)).one()
    declare_conflict(session, supervisor_id, unit_id, reason, supervisor_id, now)


def enter_marks(
    session: Session, round_: Round, supervisors: Sequence[int], now: datetime, random: Random
) -> None:
    """Let each supervisor mark every unit."""
    units = _units(session)
    level = {unit.id: random.choice((4, 5, 6, 6, 7, 7)) for unit in units}
    for supervisor in supervisors:
        marks: dict[int, int | Decimal | None] = {
            unit.id: max(1, min(8, level[unit.id] + random.choice((-1, 0, 0, 1)))) for unit in units
        }
        save_marks(session, round_, supervisor, marks, now)


def _units(session: Session) -> list[Unit]:
    return list(session.scalars(select(Unit).order_by(Unit.position, Unit.id)))


def _items(sampled: int, random: Random) -> Mapping[str, Mapping[str, str]]:
    revisited = sampled if random.random() < 0.85 else max(0, sampled - random.randint(1, 3))
    raised = random.choice((0, 0, 1, 2, 3))
    solved = raised if random.random() < 0.9 else max(0, raised - 1)
    found = random.choice((0, 1, 1, 2, 4))
    fixed = found if random.random() < 0.85 else max(0, found - 1)
    items: dict[str, Mapping[str, str]] = {
        "revisits": {"sampled": str(sampled), "revisited": str(revisited)},
        "problems": {"raised": str(raised), "solved": str(solved)},
        "rectification": {"found": str(found), "fixed_on_time": str(fixed)},
        "innovation_highlight": {"points": _half(random, 2, 10)},
        "innovation_effect": {"points": _half(random, 1, 6)},
        "assigned_tasks": {"points": _half(random, 12, 16)},
        "publicity": {
            "national": str(random.choices((0, 1), (85, 15))[0]),
            "provincial": str(random.choices((0, 1, 2), (60, 30, 10))[0]),
            "municipal": str(random.randint(0, 9)),
        },
    }
    if random.random() < 0.7:
        items["indicator_tasks"] = {"result": str(Decimal(random.randint(1500, 1990)) / 20)}
    return items


def _half(random: Random, low: int, high: int) -> str:
    """Return points in steps of a half, `low` to `high` halves, as they are typed."""
    points = Decimal(random.randint(low, high)) / 2
    return format(points.normalize(), "f")
