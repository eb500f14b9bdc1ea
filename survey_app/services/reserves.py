"""备选: what a round's draws look like now, and the next reserve in order for who could not be asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from survey_app.domain.disposition import RULES, Disposition, Family
from survey_app.domain.roles import Role
from survey_app.domain.text import N_
from survey_app.domain.unit_draws import PassedOver, Shortfall
from survey_app.models.case import Case, CaseUnit
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.asked_before import units_asked_about
from survey_app.services.collaborators import Keys
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.round_locks import hold_for_freezing
from survey_app.services.sampled_cases import ensure_cases
from survey_app.services.surveys import require_asker, require_instrument
from survey_app.services.waiting_cases import SATISFACTION, round_takes_calls

# A reserve that was neither asked nor passed over yet.
_WAITS = SampleEntry.asked.is_(False) & SampleEntry.passed_over.is_(None)
NO_DEALINGS = N_("未办理业务或记不清")
ANSWERED_BEFORE = N_("抽中前已答复")
_NOT_ELIGIBLE = [code for code, rule in RULES.items() if rule.family is Family.NOT_ELIGIBLE]


@dataclass(frozen=True)
class SampleSummary:
    """One unit's draw as it stands: how many are asked (reserves included), wait, or are to be replaced.

    `short` says why it was drawn smaller than wanted; false where it was not, or is from before announcements.
    """

    sample: Sample
    unit: Unit
    asked: int
    called_in: int
    left: int
    replaceable: int
    short: Shortfall

    @property
    def fillable(self) -> int:
        """How many of those to be replaced the reserve suffices for."""
        return min(self.replaceable, self.left)


@dataclass(frozen=True)
class Replaced:
    """What replacing all did: how many reserves stepped in, and the units whose reserve did not suffice."""

    called_in: int
    used_up: tuple[str, ...]


@dataclass(frozen=True)
class AskedEntry:
    """An enterprise of a sample: its place in the draw and how it came to be asked.

    `why_replaceable` says why the next reserve may step in for it, "" where it may not; `replaced_by` is the
    rank of who did.
    """

    rank: int
    enterprise: str
    called_in_reason: str
    replaces_rank: int | None
    case: Case
    answered: bool
    why_replaceable: str
    replaced_by: int | None


def summaries(session: Session, round_: Round, instrument: str = SATISFACTION) -> list[SampleSummary]:
    """Return every unit's draw in a round, in the units' order."""
    samples = session.execute(
        select(Sample, Unit)
        .join(Unit, Unit.id == Sample.unit_id)
        .where(Sample.round_id == round_.id, Sample.instrument == instrument)
        .order_by(Unit.position, Unit.id)
    ).all()
    ids = [sample.id for sample, _ in samples]
    asked = _counts(session, ids, SampleEntry.asked.is_(True))
    gaps = _gaps(session, round_.id, instrument)
    left = _counts(session, ids, _WAITS)
    rested = _counts(session, ids, SampleEntry.passed_over == PassedOver.REST)
    capped = _counts(session, ids, SampleEntry.passed_over == PassedOver.CAP)
    found = []
    for sample, unit in samples:
        found.append(
            SampleSummary(
                sample,
                unit,
                asked.get(sample.id, 0),
                asked.get(sample.id, 0) - sample.size,
                left.get(sample.id, 0),
                gaps.get(sample.id, 0),
                Shortfall(
                    sample.size if sample.wanted is None else sample.wanted,
                    sample.size,
                    sample.frame_size,
                    rested.get(sample.id, 0),
                    capped.get(sample.id, 0),
                ),
            )
        )
    return found


def sample_of(session: Session, round_: Round, unit_id: int, role: Role) -> Sample:
    """Return a unit's draw for the survey that a role asks with; raise NotFoundError when there is none."""
    instrument = require_instrument(round_, role)
    sample = session.scalar(
        select(Sample).where(
            Sample.round_id == round_.id, Sample.unit_id == unit_id, Sample.instrument == instrument
        )
    )
    if sample is None:
        raise NotFoundError("这个责任单位在本轮还没有抽样")
    return sample


def passed_over(session: Session, sample: Sample) -> list[tuple[int, str, PassedOver]]:
    """Return who was passed over so far in a sample: rank, enterprise and the reason, in the order of the draw."""
    rows = session.execute(
        select(SampleEntry.rank, Enterprise.name, SampleEntry.passed_over)
        .join(Enterprise, Enterprise.id == SampleEntry.enterprise_id)
        .where(SampleEntry.sample_id == sample.id, SampleEntry.passed_over.is_not(None))
        .order_by(SampleEntry.rank)
    )
    return [(rank, name, reason) for rank, name, reason in rows if reason is not None]


def asked_entries(session: Session, sample: Sample) -> list[AskedEntry]:
    """Return who is asked about the sample's unit, in the order of the draw."""
    replaced = dict(
        session.execute(
            select(SampleEntry.replaces_rank, SampleEntry.rank).where(
                SampleEntry.sample_id == sample.id, SampleEntry.replaces_rank.is_not(None)
            )
        ).all()
    )
    rows = session.execute(
        select(SampleEntry, Enterprise.name, Case, Response.id, Answer.id, Answer.rating)
        .join(CaseUnit, CaseUnit.sample_entry_id == SampleEntry.id)
        .join(Case, Case.id == CaseUnit.case_id)
        .join(Enterprise, Enterprise.id == SampleEntry.enterprise_id)
        .outerjoin(Response, Response.case_id == Case.id)
        .outerjoin(
            Answer,
            (Answer.response_id == Response.id) & (Answer.unit_id == sample.unit_id) & (Answer.version == 1),
        )
        .where(SampleEntry.sample_id == sample.id)
        .order_by(SampleEntry.rank)
    )
    return [
        AskedEntry(
            entry.rank,
            name,
            entry.called_in_reason,
            entry.replaces_rank,
            case,
            response is not None,
            _why_replaceable(case, response is not None, answer is not None, rating),
            replaced.get(entry.rank),
        )
        for entry, name, case, response, answer, rating in rows
    ]


def call_in_reserve(
    session: Session, keys: Keys, sample: Sample, rank: int, now: datetime, account_id: int | None = None
) -> tuple[int, str]:
    """Let the next reserve step in for the enterprise at `rank`; commits. Returns its rank and the reason.

    Only for who turned out not to be of the unit's clients, or not to exist: the reason is the case's own
    result, so that nobody is replaced for what they answered. Reserves step in strictly in order; one who rests,
    is asked about as many units as an enterprise may be, or whose part in the round is over already is passed
    over, which is noted. Raises ServiceError.
    """
    round_ = hold_for_freezing(session, session.get_one(Round, sample.round_id))
    try:
        require_asker(session, round_, sample.instrument, account_id)
        reserve, reason = _next_reserve(session, keys, round_, sample, rank, now)
        audit.record(
            session,
            now,
            account_id,
            "sample.reserve",
            "sample",
            sample.id,
            replaced=rank,
            by=reserve,
            reason=reason,
        )
        session.commit()
    except ServiceError:
        session.rollback()
        raise
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("备选刚刚由他人启用：请刷新后再看") from error
    return reserve, reason


def replace_all(
    session: Session,
    keys: Keys,
    round_: Round,
    now: datetime,
    account_id: int | None = None,
    instrument: str = SATISFACTION,
) -> Replaced:
    """Let reserves step in for all who may be replaced and are not yet, in the order of the draws; commits.

    By the same rule as `call_in_reserve`; where a unit's reserve ends, the rest of its gaps stay. Raises
    ServiceError when the round doesn't take calls, or the account doesn't ask with this questionnaire.
    """
    held = hold_for_freezing(session, round_)
    called_in, used_up = 0, []
    try:
        require_asker(session, held, instrument, account_id)
        _require_calls(held, now)
        for summary in summaries(session, held, instrument):
            replaced, gaps = _fill_gaps(session, keys, held, summary.sample, now)
            called_in += len(replaced)
            if len(replaced) < gaps:
                used_up.append(summary.unit.name)
            if replaced:
                audit.record(
                    session,
                    now,
                    account_id,
                    "sample.replace_all",
                    "sample",
                    summary.sample.id,
                    replaced=replaced,
                )
        session.commit()
    except ServiceError:
        session.rollback()
        raise
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("备选刚刚由他人启用：请刷新后再看") from error
    return Replaced(called_in, tuple(used_up))


def _counts(session: Session, sample_ids: list[int], condition: ColumnElement[bool]) -> dict[int, int]:
    rows = session.execute(
        select(SampleEntry.sample_id, func.count())
        .where(SampleEntry.sample_id.in_(sample_ids), condition)
        .group_by(SampleEntry.sample_id)
    )
    return dict(rows.all())


def _gaps(session: Session, round_id: int, instrument: str) -> dict[int, int]:
    """Return how many of each sample's places wait for a reserve, by the rule of `_why_replaceable`."""
    replacing = aliased(SampleEntry)
    rows = session.execute(
        select(SampleEntry.sample_id, func.count())
        .join(CaseUnit, CaseUnit.sample_entry_id == SampleEntry.id)
        .join(Case, Case.id == CaseUnit.case_id)
        .outerjoin(Response, Response.case_id == Case.id)
        .outerjoin(
            Answer,
            (Answer.response_id == Response.id)
            & (Answer.unit_id == CaseUnit.unit_id)
            & (Answer.version == 1),
        )
        .where(
            Case.round_id == round_id,
            Case.instrument == instrument,
            or_(
                Response.id.is_not(None) & Answer.rating.is_(None),
                Response.id.is_(None) & Case.closed & Case.disposition.in_(_NOT_ELIGIBLE),
            ),
            ~exists().where(
                replacing.sample_id == SampleEntry.sample_id, replacing.replaces_rank == SampleEntry.rank
            ),
        )
        .group_by(SampleEntry.sample_id)
    )
    return dict(rows.all())


def _next_reserve(
    session: Session, keys: Keys, round_: Round, sample: Sample, rank: int, now: datetime
) -> tuple[int, str]:
    _require_calls(round_, now)
    dropped = next((entry for entry in asked_entries(session, sample) if entry.rank == rank), None)
    if dropped is None:
        raise NotFoundError("样本里没有这一户：请从列表重新进入")
    if not dropped.why_replaceable:
        raise ServiceError("只有未办理业务、空号错号、已注销的企业才能由备选替换")
    if dropped.replaced_by is not None:
        raise ConflictError(f"第 {rank} 位已经由第 {dropped.replaced_by} 位替换")
    reserve = _step_in(session, keys, round_, sample, dropped, now)
    if reserve is None:
        raise ServiceError("这个单位的备选已经用完")
    return reserve, dropped.why_replaceable


def _fill_gaps(
    session: Session, keys: Keys, round_: Round, sample: Sample, now: datetime
) -> tuple[dict[int, int], int]:
    """Return who stepped in for whom, both as ranks, and how many were to be replaced."""
    gaps = [
        entry
        for entry in asked_entries(session, sample)
        if entry.why_replaceable and entry.replaced_by is None
    ]
    replaced: dict[int, int] = {}
    for dropped in gaps:
        reserve = _step_in(session, keys, round_, sample, dropped, now)
        if reserve is None:
            break
        replaced[dropped.rank] = reserve
    return replaced, len(gaps)


def _require_calls(round_: Round, now: datetime) -> None:
    if not round_takes_calls(round_, now):
        raise ServiceError("本轮不在回访中，不能启用备选")


def _step_in(
    session: Session, keys: Keys, round_: Round, sample: Sample, dropped: AskedEntry, now: datetime
) -> int | None:
    """Ask the next reserve in the order of the draw, and return its rank; None when none is left."""
    waiting = session.execute(
        select(SampleEntry, or_(Case.closed, Response.id.is_not(None)))
        .outerjoin(
            Case,
            (Case.round_id == sample.round_id)
            & (Case.instrument == sample.instrument)
            & (Case.enterprise_id == SampleEntry.enterprise_id),
        )
        .outerjoin(Response, Response.case_id == Case.id)
        .where(
            SampleEntry.sample_id == sample.id,
            _WAITS,
        )
        .order_by(SampleEntry.rank)
    )
    cap = sample.announcement.units_cap if sample.announcement else 0
    for entry, ended in waiting.all():
        if ended:
            entry.passed_over = PassedOver.ENDED
            continue
        if cap and _asked_about(session, sample, entry) >= cap:
            entry.passed_over = PassedOver.CAP_SINCE
            continue
        cases, _ = ensure_cases(session, keys, round_, sample.instrument, [entry.enterprise_id], now)
        entry.asked = True
        entry.called_in_reason = dropped.why_replaceable
        entry.replaces_rank = dropped.rank
        session.add(
            CaseUnit(case_id=cases[entry.enterprise_id], unit_id=sample.unit_id, sample_entry_id=entry.id)
        )
        session.flush()
        return entry.rank
    return None


def _asked_about(session: Session, sample: Sample, entry: SampleEntry) -> int:
    """About how many units the enterprise of an entry is asked in the sample's round and survey."""
    enterprise = entry.enterprise_id
    return units_asked_about(session, sample.round_id, sample.instrument, enterprise).get(enterprise, 0)


def _why_replaceable(case: Case, answered: bool, about_unit: bool, rating: str | None) -> str:
    if answered:
        return "" if rating else (NO_DEALINGS if about_unit else ANSWERED_BEFORE)
    rule = RULES[Disposition(case.disposition)]
    return rule.name if case.closed and rule.family is Family.NOT_ELIGIBLE else ""
