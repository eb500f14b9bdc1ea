"""承诺时限: what each unit has promised for its matters, entered by the office, read beside the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.points import plain
from survey_app.domain.promise import MATTER, PROMISE_KINDS, Promise, read_promise
from survey_app.domain.text import Name
from survey_app.models.service_promise import ServicePromise
from survey_app.models.unit import Unit
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import scheme_keys
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.round_units import active_units

_INSTRUMENT = "satisfaction"
_CONFLICT = "这个单位的承诺时限刚刚由他人改过：请打开最新的内容，再决定怎么改；您填写的内容还在下面"


class PromiseRefusedError(ServiceError):
    """Promises with faults; `faults` are pairs of field and sentence, nothing was stored."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(faults[0][1], faults[0][0])
        self.faults = faults


@dataclass(frozen=True)
class Typed:
    """What was typed for a matter: the texts by their keys, and the version that they were typed over, 0 for none."""

    texts: Mapping[str, str]
    version: int


@dataclass(frozen=True)
class UnitPromises:
    """A unit of the list: for how many matters it has promised something, and when that was last entered."""

    unit: Unit
    promised: int
    entered_at: datetime | None


def field_name(matter: str, key: str) -> str:
    """Return the name of the form's field for a number or the source of a matter."""
    return f"{matter}-{key}"


def matters() -> dict[str, Name]:
    """Return the matters that the schemes' questionnaires name, by key, in their order; 其他 is none to promise for."""
    found: dict[str, Name] = {}
    for scheme_key in scheme_keys():
        for question in load_instrument(scheme_key, _INSTRUMENT).questions:
            if question.id == MATTER:
                for option in question.options:
                    if not option.takes_text:
                        found.setdefault(option.value, option.text)
    return found


def list_promises(session: Session) -> list[UnitPromises]:
    """Return the active units in their order, with what they have promised."""
    rows: dict[int, list[ServicePromise]] = {}
    for row in session.scalars(select(ServicePromise).execution_options(populate_existing=True)):
        rows.setdefault(row.unit_id, []).append(row)
    units = active_units(session)
    return [
        UnitPromises(
            unit,
            sum(row.promise != Promise() for row in rows.get(unit.id, ())),
            max((row.entered_at for row in rows.get(unit.id, ())), default=None),
        )
        for unit in units
    ]


def find_unit(session: Session, unit_id: int) -> Unit:
    """Return a unit; raise NotFoundError when there is none."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFoundError("没有这个责任单位：请从承诺时限的列表进入")
    return unit


def promises_of(session: Session, unit_id: int) -> dict[str, ServicePromise]:
    """Return the rows of a unit by matter, in the questionnaires' order."""
    rows = {
        row.matter: row
        for row in session.scalars(
            select(ServicePromise)
            .options(joinedload(ServicePromise.entered_by))
            .where(ServicePromise.unit_id == unit_id)
            .execution_options(populate_existing=True)
        )
    }
    return {key: rows[key] for key in matters() if key in rows}


def as_typed(row: ServicePromise | None) -> dict[str, str]:
    """Return a row as it would be typed into the form, empty where nothing is promised."""
    return _texts(row.promise if row else Promise())


def save_promises(
    session: Session, unit_id: int, typed: Mapping[str, Typed], account_id: int, now: datetime
) -> int:
    """Store what was typed for a unit's matters, by their keys, and return how many changed; commits.

    Raises NotFoundError, PromiseRefusedError with every fault, ConflictError when another changed one of the
    rows since it was read; nothing is stored then.
    """
    unit = find_unit(session, unit_id)
    names, rows = matters(), promises_of(session, unit_id)
    faults: list[tuple[str, str]] = []
    changes: list[tuple[str, Typed, Promise]] = []
    for matter, given in typed.items():
        if matter not in names:
            raise NotFoundError("问卷里没有这个办理事项：请重新打开本页")
        promise, found = read_promise(given.texts)
        faults += [(field_name(matter, key), f"{names[matter]}：{sentence}") for key, sentence in found]
        row = rows.get(matter)
        if promise != (row.promise if row else Promise()):
            changes.append((matter, given, promise))
    if faults:
        raise PromiseRefusedError(faults)
    try:
        for matter, given, promise in changes:
            _store(session, unit.id, matter, given.version, promise, account_id, now)
            audit.record(
                session,
                now,
                account_id,
                "promise.change",
                "unit",
                unit.id,
                matter=matter,
                before=as_typed(rows.get(matter)),
                after=_texts(promise),
            )
        session.commit()
    except (IntegrityError, ConflictError) as error:
        session.rollback()
        raise ConflictError(_CONFLICT) from error
    return len(changes)


def _texts(promise: Promise) -> dict[str, str]:
    limits = {kind.key: promise.limit(kind) for kind in PROMISE_KINDS}
    return {
        **{key: "" if limit is None else plain(limit) for key, limit in limits.items()},
        "source": promise.source,
    }


def _store(
    session: Session,
    unit_id: int,
    matter: str,
    version: int,
    promise: Promise,
    account_id: int,
    now: datetime,
) -> None:
    values = {
        "days": promise.days,
        "documents": promise.documents,
        "fee": promise.fee,
        "source": promise.source,
        "version": version + 1,
        "entered_by_id": account_id,
        "entered_at": now,
    }
    if version == 0:
        session.add(ServicePromise(unit_id=unit_id, matter=matter, **values))
        session.flush()
        return
    changed = session.execute(
        update(ServicePromise)
        .where(
            ServicePromise.unit_id == unit_id,
            ServicePromise.matter == matter,
            ServicePromise.version == version,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise ConflictError(_CONFLICT)
