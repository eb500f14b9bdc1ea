"""加减分: endorsed practices and broken promises, entered with their evidence and never deleted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.json_object import is_clean
from survey_app.domain.roles import Role
from survey_app.domain.scheme import Bonus, Counting
from survey_app.domain.text import Text
from survey_app.models.account import Account
from survey_app.models.item_entry import BrokenPromise, Endorsement
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.round_locks import hold_for_entry

LONGEST_PRACTICE = 200
LONGEST_TEXT = 1000

Entry = TypeVar("Entry", Endorsement, BrokenPromise)
FieldFault = tuple[str, str]  # the field, and the sentence


class AdjustmentRefusedError(ServiceError):
    """An adjustment that breaks a rule; `faults` are pairs of field and sentence, nothing was stored."""

    def __init__(self, faults: list[FieldFault]) -> None:
        super().__init__(faults[0][1], faults[0][0])
        self.faults = faults


@dataclass(frozen=True)
class EndorsementRow:
    """An endorsement in a round's list: whether it counts, and what staff should look at."""

    entry: Endorsement
    counted: bool
    remarks: tuple[Text, ...]


def practice_key(practice: str) -> str:
    """Return what tells practices apart: their names without blanks, widths and cases."""
    return "".join(normalize("NFKC", practice).split()).casefold()


def endorsements(session: Session, round_: Round) -> list[EndorsementRow]:
    """Return a round's endorsements, withdrawn ones last, each with what to look at."""
    entries = list(
        session.scalars(
            select(Endorsement)
            .options(joinedload(Endorsement.unit))
            .where(Endorsement.round_id == round_.id)
            .order_by(Endorsement.withdrawn_at.is_not(None), Endorsement.id)
        )
    )
    active = [entry for entry in entries if entry.withdrawn_at is None]
    elsewhere = _earlier_claims(session, round_)
    bonus = load_scheme(round_.scheme_key).bonus
    counted = {entry.id for entry in _counted(bonus, active)}
    return [
        EndorsementRow(entry, entry.id in counted, _remarks(entry, active, counted, elsewhere))
        for entry in entries
    ]


def endorsements_by_unit(session: Session, round_: Round) -> dict[int, list[Endorsement]]:
    """Return the endorsements in force, by unit id."""
    rows = session.scalars(
        select(Endorsement)
        .where(Endorsement.round_id == round_.id, Endorsement.withdrawn_at.is_(None))
        .order_by(Endorsement.id)
    )
    found: dict[int, list[Endorsement]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(row)
    return found


def broken_promises(session: Session, round_: Round) -> list[BrokenPromise]:
    """Return a round's broken promises, withdrawn ones last."""
    return list(
        session.scalars(
            select(BrokenPromise)
            .options(joinedload(BrokenPromise.unit))
            .where(BrokenPromise.round_id == round_.id)
            .order_by(BrokenPromise.withdrawn_at.is_not(None), BrokenPromise.id)
        )
    )


def enter_endorsement(
    session: Session,
    round_: Round,
    unit_id: int | None,
    practice: str,
    level: str,
    source: str,
    endorsed_on: date | None,
    account_id: int,
    now: datetime,
) -> Endorsement:
    """Enter an endorsed practice of a unit; commits.

    Raises AdjustmentRefusedError with every fault, ServiceError for another role or a frozen round.
    """
    _require_office(session, account_id)
    hold_for_entry(session, round_)
    practice, source = " ".join(practice.split()), source.strip()
    faults = _unit_faults(session, unit_id)
    faults += _text_faults("practice", "工作做法", practice, LONGEST_PRACTICE)
    bonus = load_scheme(round_.scheme_key).bonus
    if bonus.level(level) is None:
        faults.append(("level", f"请选择批示的级别（{'、'.join(str(each.name) for each in bonus.levels)}）"))
    faults += _text_faults("source", "批示依据", source, LONGEST_TEXT)
    faults += _date_faults("endorsed_on", "批示日期", endorsed_on, now)
    if faults or unit_id is None or endorsed_on is None:
        raise AdjustmentRefusedError(faults)
    same = endorsements_by_unit(session, round_).get(unit_id, [])
    if any(practice_key(each.practice) == practice_key(practice) and each.level == level for each in same):
        raise AdjustmentRefusedError([("practice", f"「{practice}」已按这一级别登记过，不必重复登记")])
    entry = Endorsement(
        round_id=round_.id,
        unit_id=unit_id,
        practice=practice,
        level=level,
        source=source,
        endorsed_on=endorsed_on,
        entered_by_id=account_id,
        entered_at=now,
    )
    return _store(session, entry, round_, account_id, now)


def enter_broken_promise(
    session: Session,
    round_: Round,
    unit_id: int | None,
    description: str,
    verified_on: date | None,
    account_id: int,
    now: datetime,
) -> BrokenPromise:
    """Enter a verified case of a promise that a unit broke; commits.

    Raises AdjustmentRefusedError with every fault, ServiceError for another role or a frozen round.
    """
    _require_office(session, account_id)
    hold_for_entry(session, round_)
    description = description.strip()
    faults = _unit_faults(session, unit_id)
    faults += _text_faults("description", "不兑现的情况", description, LONGEST_TEXT)
    faults += _date_faults("verified_on", "查实日期", verified_on, now)
    if faults or unit_id is None or verified_on is None:
        raise AdjustmentRefusedError(faults)
    same = select(BrokenPromise.id).where(
        BrokenPromise.round_id == round_.id,
        BrokenPromise.unit_id == unit_id,
        BrokenPromise.description == description,
        BrokenPromise.verified_on == verified_on,
        BrokenPromise.withdrawn_at.is_(None),
    )
    if session.scalar(same) is not None:
        raise AdjustmentRefusedError([("description", "同一天查实的这一情况已登记过，不必重复登记")])
    entry = BrokenPromise(
        round_id=round_.id,
        unit_id=unit_id,
        description=description,
        verified_on=verified_on,
        entered_by_id=account_id,
        entered_at=now,
    )
    return _store(session, entry, round_, account_id, now)


def withdraw_endorsement(
    session: Session, round_: Round, entry_id: int, reason: str, account_id: int, now: datetime
) -> None:
    """Withdraw an endorsement, which stays in the record with the reason; commits."""
    _withdraw(session, Endorsement, round_, entry_id, reason, account_id, now)


def withdraw_broken_promise(
    session: Session, round_: Round, entry_id: int, reason: str, account_id: int, now: datetime
) -> None:
    """Withdraw a broken promise, which stays in the record with the reason; commits."""
    _withdraw(session, BrokenPromise, round_, entry_id, reason, account_id, now)


def find_endorsement(session: Session, round_: Round, entry_id: int) -> Endorsement:
    """Return an endorsement of the round; raise NotFoundError when there is none."""
    return _found(session, Endorsement, round_, entry_id)


def find_broken_promise(session: Session, round_: Round, entry_id: int) -> BrokenPromise:
    """Return a broken promise of the round; raise NotFoundError when there is none."""
    return _found(session, BrokenPromise, round_, entry_id)


def _found(session: Session, kind: type[Entry], round_: Round, entry_id: int) -> Entry:
    entry = session.get(kind, entry_id)
    if entry is None or entry.round_id != round_.id:
        raise NotFoundError("没有这条记录：请从列表重新进入")
    return entry


def _withdraw(
    session: Session,
    kind: type[Entry],
    round_: Round,
    entry_id: int,
    reason: str,
    account_id: int,
    now: datetime,
) -> None:
    _require_office(session, account_id)
    hold_for_entry(session, round_)
    entry = _found(session, kind, round_, entry_id)
    reason = reason.strip()
    faults = _text_faults("reason", "撤销原因", reason, LONGEST_TEXT)
    if faults:
        raise AdjustmentRefusedError(faults)
    if entry.withdrawn_at is not None:
        raise ConflictError("这条记录已经撤销过，请刷新列表")
    entry.withdrawn_at, entry.withdrawn_reason = now, reason
    audit.record(
        session, now, account_id, f"{kind.__tablename__}.withdraw", "unit", entry.unit_id,
        round=round_.quarter, entry=entry.id,
    )  # fmt: skip
    session.commit()


def _store(session: Session, entry: Entry, round_: Round, account_id: int, now: datetime) -> Entry:
    session.add(entry)
    session.flush()
    audit.record(
        session, now, account_id, f"{entry.__tablename__}.enter", "unit", entry.unit_id,
        round=round_.quarter, entry=entry.id,
    )  # fmt: skip
    session.commit()
    return entry


def _require_office(session: Session, account_id: int) -> None:
    account = session.get(Account, account_id)
    if account is None or account.role is not Role.OFFICE:
        raise ServiceError("加减分由营商办登记，您的账号不能填")


def _unit_faults(session: Session, unit_id: int | None) -> list[FieldFault]:
    known = unit_id is not None and session.scalar(select(Unit.id).where(Unit.id == unit_id, Unit.active))
    return [] if known else [("unit", "请选择责任单位")]


def _text_faults(field: str, name: str, text: str, longest: int) -> list[FieldFault]:
    if not text:
        return [(field, f"请填写{name}")]
    if len(text) > longest:
        return [(field, f"{name}不超过 {longest} 字，现有 {len(text)} 字")]
    if not all(is_clean(line) for line in re.split(r"\r?\n", text)):
        return [(field, f"{name}里有看不见的控制字符，请重新输入")]
    return []


def _date_faults(field: str, name: str, day: date | None, now: datetime) -> list[FieldFault]:
    if day is None:
        return [(field, f"请填写{name}，写成 2022-03-31 的样子")]
    if day > now.astimezone(COUNTY_ZONE).date():
        return [(field, f"{name} {day} 还没有到，请核对")]
    return []


def _counted(bonus: Bonus, active: Sequence[Endorsement]) -> list[Endorsement]:
    """Which of a round's endorsements earn points: of a unit's practice the highest, or every one."""
    if bonus.counting is Counting.EVERY:
        return list(active)
    points = {level.key: level.points for level in bonus.levels}
    highest: dict[tuple[int, str], Endorsement] = {}
    for entry in active:
        place = (entry.unit_id, practice_key(entry.practice))
        if place not in highest or points[entry.level] > points[highest[place].level]:
            highest[place] = entry
    return list(highest.values())


def _earlier_claims(session: Session, round_: Round) -> dict[str, list[tuple[str, str]]]:
    """The practices of all other quarters: by their key, the quarters and units that claimed them."""
    rows = session.execute(
        select(Endorsement.practice, Round.quarter, Unit.name)
        .join(Round, Round.id == Endorsement.round_id)
        .join(Unit, Unit.id == Endorsement.unit_id)
        .where(Endorsement.round_id != round_.id, Endorsement.withdrawn_at.is_(None))
        .order_by(Round.quarter, Unit.position)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for practice, quarter, unit in rows:
        claims = found.setdefault(practice_key(practice), [])
        if (quarter, unit) not in claims:
            claims.append((quarter, unit))
    return found


def _remarks(
    entry: Endorsement,
    active: Sequence[Endorsement],
    counted: set[int],
    elsewhere: dict[str, list[tuple[str, str]]],
) -> tuple[Text, ...]:
    if entry.withdrawn_at is not None:
        return ()
    key = practice_key(entry.practice)
    remarks = [] if entry.id in counted else [Text("同一做法已按最高级别计，这一条不另加分")]
    same = [each for each in active if practice_key(each.practice) == key]
    others = {each.unit.name for each in same if each.unit_id != entry.unit_id}
    if others:
        remarks.append(Text("本轮还有%(units)s登记了同一做法，请核实", {"units": "、".join(sorted(others))}))
    for quarter, unit in elsewhere.get(key, []):
        remarks.append(
            Text("%(quarter)s 已由%(unit)s登记过同一做法，请核实", {"quarter": quarter, "unit": unit})
        )
    return tuple(remarks)
