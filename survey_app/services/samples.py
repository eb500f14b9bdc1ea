"""抽样: drawing each unit's sample from its library, and making a case of every enterprise drawn."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.cell_text import comparable
from survey_app.domain.disposition import Disposition
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_state import RoundState
from survey_app.domain.sampling import Draw, draw
from survey_app.models.case import Case, CaseUnit
from survey_app.models.enterprise import Enterprise, FrameEntry
from survey_app.models.response import Response
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.collaborators import Keys
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.personal_links import make_links
from survey_app.services.round_locks import hold_for_freezing
from survey_app.services.round_units import active_units
from survey_app.services.surveys import require_asker, survey_title
from survey_app.services.waiting_cases import SATISFACTION

LONGEST_SEED = 200
LARGEST_SIZE = 10_000
_CHUNK = 1000


@dataclass(frozen=True)
class DrawnSample:
    """One unit's draw; `drawn` are the keys and names of the sample in rank order.

    `size` falls short of `wanted` where the library is smaller. `ended` counts the drawn whose case was
    answered or closed before this draw, so that they can't be asked about this unit any more.
    """

    unit: str
    wanted: int
    size: int
    frame_size: int
    frame_digest: str
    drawn: tuple[tuple[str, str], ...]
    ended: int = 0

    @property
    def shortfall(self) -> int:
        """How many enterprises the library is short of."""
        return self.wanted - self.size


@dataclass(frozen=True)
class DrawResult:
    """All units' draws, how many cases they made, and the units left out: without library, drawn before."""

    samples: tuple[DrawnSample, ...]
    new_cases: int
    without_library: tuple[str, ...]
    drawn_before: tuple[str, ...]


@dataclass(frozen=True)
class _Listed:
    """An entry of a library that is drawn from."""

    entry_id: int
    enterprise_id: int
    key: str
    name: str


def draw_samples(
    session: Session,
    keys: Keys,
    round_: Round,
    size: int,
    seed: str,
    now: datetime,
    *,
    instrument: str = SATISFACTION,
    units: Sequence[str] | None = None,
    account_id: int | None = None,
) -> DrawResult:
    """Draw `size` enterprises for each unit (None: every unit that has a library and no draw yet); commits.

    The sample depends on the unit's name, the keys of its library and the seed (without outer blanks), and on
    nothing else. Every enterprise drawn gets one case in the round, whatever the number of units that drew
    it. Raises ServiceError for a size, seed, unit or state of the round that won't do, and for an account
    that doesn't ask with this questionnaire; nothing is stored then.
    """
    if not 1 <= size <= LARGEST_SIZE:
        raise ServiceError(f"每个单位的抽样数应为 1 至 {LARGEST_SIZE}，不是 {size}", "size")
    seed = seed.strip()
    if not 1 <= len(seed) <= LONGEST_SEED:
        raise ServiceError(f"请填写事先公布或封存的种子，1 至 {LONGEST_SEED} 个字符", "seed")
    held = hold_for_freezing(session, round_)
    try:
        require_asker(session, held, instrument, account_id)
        _require_drawable(held, now)
        _require_own_seed(session, held, instrument, seed)
        result = _draw_all(session, keys, held, size, seed, now, instrument, units, account_id)
        session.commit()
    except ServiceError:
        session.rollback()
        raise
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("同时有人在抽样，这次没有保存：请刷新后再看") from error
    return result


def has_library(session: Session) -> bool:
    """Whether any unit that is rated has a library to draw from."""
    listed = select(FrameEntry.id).join(Unit, Unit.id == FrameEntry.unit_id).where(Unit.active)
    return session.scalar(listed.limit(1)) is not None


def ensure_cases(
    session: Session, keys: Keys, round_: Round, instrument: str, enterprise_ids: Iterable[int], now: datetime
) -> tuple[dict[int, int], int]:
    """Return the case of each enterprise in the caller's transaction, and how many of them are new."""
    wanted = list(dict.fromkeys(enterprise_ids))
    cases: dict[int, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        found = session.execute(
            select(Case.enterprise_id, Case.id).where(
                Case.round_id == round_.id, Case.instrument == instrument, Case.enterprise_id.in_(chunk)
            )
        )
        cases |= dict(found.all())
    # Chosen at random, and only after the draw: it names the case and has no part in who is drawn.
    new = {str(uuid.uuid4()): enterprise for enterprise in wanted if enterprise not in cases}
    links = make_links(session, keys, dict.fromkeys(new, 1))
    values: list[dict[str, Any]] = [
        {
            "public_id": public_id,
            "round_id": round_.id,
            "instrument": instrument,
            "enterprise_id": enterprise,
            "link_version": links[public_id].version,
            "token_hash": links[public_id].token_hash,
            "code_hash": links[public_id].code_hash,
            "disposition": Disposition.NOT_CONTACTED,
            "due_at": now,
        }
        for public_id, enterprise in new.items()
    ]
    if values:
        cases |= dict(session.execute(insert(Case).returning(Case.enterprise_id, Case.id), values).all())
    return cases, len(values)


def ended_cases(session: Session, round_id: int, instrument: str) -> set[int]:
    """Return the ids of a round's cases that are answered or closed, so that nothing more can be asked."""
    return set(
        session.scalars(
            select(Case.id)
            .outerjoin(Response, Response.case_id == Case.id)
            .where(
                Case.round_id == round_id,
                Case.instrument == instrument,
                Case.closed | Response.id.is_not(None),
            )
        )
    )


def _require_drawable(round_: Round, now: datetime) -> None:
    title = parse_quarter(round_.quarter).title
    if round_.state not in (RoundState.PREPARING, RoundState.OPEN):
        raise ServiceError(f"{title}已经截止，不能再抽样")
    if round_.closes_at is not None and round_.closes_at <= now:
        raise ServiceError(f"{title}的截止日期已过，抽中的企业来不及回答：请先改截止日期")


def _require_own_seed(session: Session, round_: Round, instrument: str, seed: str) -> None:
    """Refuse a seed that another survey of the round was drawn with: both would ask the same enterprises."""
    other = session.scalar(
        select(Sample.instrument)
        .where(Sample.round_id == round_.id, Sample.instrument != instrument, Sample.seed == seed)
        .limit(1)
    )
    if other is not None:
        title = survey_title(round_, other).zh
        raise ServiceError(
            f"本轮的“{title}”已经用这个种子抽过样，再用会抽中同样的企业：请另用一个种子", "seed"
        )


def _draw_all(
    session: Session,
    keys: Keys,
    round_: Round,
    size: int,
    seed: str,
    now: datetime,
    instrument: str,
    names: Sequence[str] | None,
    account_id: int | None,
) -> DrawResult:
    chosen, without, before = _choose_units(session, round_.id, instrument, names)
    ended = ended_cases(session, round_.id, instrument)
    samples, new_cases = [], 0
    for unit, library in chosen:
        by_key = {listed.key: listed for listed in library}
        drawn = draw(list(by_key), size, seed, unit.name)
        order = [by_key[key] for key in drawn.order]
        entry_ids = _store_sample(session, round_, unit, instrument, drawn, order, now)
        asked = order[: drawn.size]
        cases, made = ensure_cases(
            session, keys, round_, instrument, [listed.enterprise_id for listed in asked], now
        )
        new_cases += made
        session.execute(
            insert(CaseUnit),
            [
                {
                    "case_id": cases[listed.enterprise_id],
                    "unit_id": unit.id,
                    "sample_entry_id": entry_ids[listed.entry_id],
                }
                for listed in asked
            ],
        )
        samples.append(
            DrawnSample(
                unit.name,
                size,
                drawn.size,
                len(order),
                drawn.frame_digest,
                tuple((listed.key, listed.name) for listed in asked),
                sum(cases[listed.enterprise_id] in ended for listed in asked),
            )
        )
    audit.record(
        session,
        now,
        account_id,
        "sample.draw",
        "round",
        round_.id,
        instrument=instrument,
        seed=seed,
        size=size,
        units={sample.unit: sample.frame_digest for sample in samples},
        cases=new_cases,
    )
    return DrawResult(tuple(samples), new_cases, without, before)


def _choose_units(
    session: Session, round_id: int, instrument: str, names: Sequence[str] | None
) -> tuple[list[tuple[Unit, list[_Listed]]], tuple[str, ...], tuple[str, ...]]:
    """Return the units to draw for with their libraries, those without one, and those drawn before."""
    active = active_units(session)
    drawn_ids = set(
        session.scalars(
            select(Sample.unit_id).where(Sample.round_id == round_id, Sample.instrument == instrument)
        )
    )
    if names is not None:
        known = {comparable(unit.name): unit for unit in active}
        unknown = [name for name in names if comparable(name) not in known]
        if unknown:
            raise ServiceError(f"没有登记过责任单位「{'」「'.join(unknown)}」：请核对名称", "units")
        active = list(dict.fromkeys(known[comparable(name)] for name in names))
    before = tuple(unit.name for unit in active if unit.id in drawn_ids)
    if before and (names is not None or len(before) == len(active)):
        raise ServiceError(f"{'、'.join(before)}在本轮已经抽过样，不能重抽", "units")
    libraries = [(unit, _library(session, unit)) for unit in active if unit.id not in drawn_ids]
    chosen = [(unit, library) for unit, library in libraries if library]
    without = tuple(unit.name for unit, library in libraries if not library)
    if without and (names is not None or not chosen):
        raise ServiceError(f"{'、'.join(without)}还没有样本库：请先导入", "units")
    if not chosen:
        raise ServiceError("还没有责任单位和样本库：请先导入样本库", "units")
    return chosen, without, before


def _library(session: Session, unit: Unit) -> list[_Listed]:
    rows = session.execute(
        select(FrameEntry.id, Enterprise.id, Enterprise.key, Enterprise.name)
        .join(Enterprise, Enterprise.id == FrameEntry.enterprise_id)
        .where(FrameEntry.unit_id == unit.id)
    )
    return [_Listed(*row) for row in rows]


def _store_sample(
    session: Session,
    round_: Round,
    unit: Unit,
    instrument: str,
    drawn: Draw,
    order: Sequence[_Listed],
    now: datetime,
) -> dict[int, int]:
    """Store a draw with every rank, and return the sample entries' ids by those of the library's."""
    sample = Sample(
        round_id=round_.id,
        unit_id=unit.id,
        instrument=instrument,
        seed=drawn.seed,
        size=drawn.size,
        frame_size=len(order),
        frame_digest=drawn.frame_digest,
        drawn_at=now,
    )
    session.add(sample)
    session.flush()
    stored = session.execute(
        insert(SampleEntry).returning(SampleEntry.frame_entry_id, SampleEntry.id),
        [
            {
                "sample_id": sample.id,
                "rank": rank,
                "frame_entry_id": listed.entry_id,
                "enterprise_id": listed.enterprise_id,
                "asked": rank <= drawn.size,
            }
            for rank, listed in enumerate(order, start=1)
        ],
    )
    return dict(stored.all())
