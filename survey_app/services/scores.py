"""得分: from a round's entries and answers to its scores, live until they are frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.canonical import canonical_digest
from survey_app.domain.json_object import Fault
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_inputs import Json
from survey_app.domain.round_state import GRACE, RoundState
from survey_app.domain.scheme import Bonus, Penalty, Scheme, ScoreItem
from survey_app.domain.scoring import RoundScore, UnitScore, score_round
from survey_app.domain.text import Name, Text, joined
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.models.unit_score import UnitScore as FrozenUnitScore
from survey_app.schemes.loader import load_scheme, scheme_digest
from survey_app.services import audit
from survey_app.services.attachments import missing_scans
from survey_app.services.bundles import live_inputs
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.items import waiting_places
from survey_app.services.ledgers import waiting_texts
from survey_app.services.marks import FewMarks, few_marks
from survey_app.services.round_locks import hold_for_freezing, is_frozen


@dataclass(frozen=True)
class RoundResult:
    """A round's scores with what they were made of.

    `bundle` gives the same scores anywhere (`survey score`). `unit_ids` are by the units' names. `faults` are
    confirmed points that no longer fit their band: they were left out of the bundle, and block finalising.
    `waiting` are the units' names and items whose newest entry waits for approval, and is not in the bundle.
    `frozen_at` is None while the scores are live.
    """

    score: RoundScore
    bundle: Json
    unit_ids: Mapping[str, int]
    faults: tuple[Fault, ...] = ()
    frozen_at: datetime | None = None
    waiting: frozenset[tuple[str, str]] = frozenset()

    @property
    def digest(self) -> str:
        """The SHA-256 of the bundle's canonical JSON, in hex."""
        return canonical_digest(self.bundle)

    @property
    def pending(self) -> list[tuple[UnitScore, list[Name]]]:
        """The units that wait for something, each with the titles of what it waits for."""
        return [
            (unit, [title_of(self.score.scheme, item) for item in unit.pending])
            for unit in self.score.units
            if unit.pending
        ]

    def unit(self, unit_id: int) -> UnitScore:
        """Return the score of a unit; raise NotFoundError when it takes no part in the round."""
        for name, found in self.unit_ids.items():
            if found == unit_id:
                return self.score.unit(name)
        raise NotFoundError("这一轮没有这个责任单位")


class UnfinishedError(ServiceError):
    """A round that can't be finalised yet; `reasons` says for which unit what is missing or wrong."""

    def __init__(self, reasons: list[Text]) -> None:
        super().__init__(f"还不能核定：{'；'.join(map(str, reasons))}")
        self.reasons = reasons


def title_of(scheme: Scheme, item_id: str) -> Name:
    """Return the title of an item, the bonus or the penalty."""
    named: tuple[ScoreItem | Bonus | Penalty, ...] = (*scheme.items, scheme.bonus, scheme.penalty)
    return next(each.title for each in named if each.id == item_id)


def live_scores(session: Session, round_: Round) -> RoundResult:
    """Score a round as its entries and answers stand now.

    Confirmed points that no longer fit the band, since other units' values moved it, are left out and named
    in `faults`. Raises ServiceError when there is no unit to score.
    """
    inputs = live_inputs(session, round_)
    if not inputs.bundle["units"]:
        raise ServiceError("还没有责任单位：请先建立责任单位，再看得分")
    if inputs.parsed is None:
        raise ServiceError(f"这一轮的数据有误，无法计分：{'；'.join(map(str, inputs.faults))}")
    scheme = load_scheme(round_.scheme_key)
    unit_ids, waits = _unit_ids(session), waiting_places(session, round_.id)
    waiting = frozenset(
        (unit.unit, item.id)
        for unit in inputs.parsed.units
        for item in scheme.items
        if (unit_ids[unit.unit], item.id) in waits
    )
    score = _saying_what_waits(score_round(scheme, inputs.parsed), waiting)
    return RoundResult(score, inputs.bundle, unit_ids, inputs.stale, waiting=waiting)


def frozen_scores(session: Session, round_: Round) -> RoundResult:
    """Return the scores as they were frozen, made again from what was frozen with them.

    Raises NotFoundError when nothing was frozen, ServiceError when the stored inputs, totals or ranks are not
    what the digest and the scheme make of them.
    """
    newest = select(FrozenUnitScore.version).where(FrozenUnitScore.round_id == round_.id)
    rows = list(
        session.scalars(
            select(FrozenUnitScore)
            .options(joinedload(FrozenUnitScore.unit))
            .where(
                FrozenUnitScore.round_id == round_.id,
                FrozenUnitScore.version
                == newest.order_by(FrozenUnitScore.version.desc()).limit(1).scalar_subquery(),
            )
            .order_by(FrozenUnitScore.id)
        )
    )
    if not rows:
        raise NotFoundError(f"{parse_quarter(round_.quarter).title}的得分还没有核定")
    scheme = load_scheme(round_.scheme_key)
    bundle = {"scheme": scheme.key, "round": round_.quarter, "units": [row.data for row in rows]}
    parsed, _ = parse_bundle(bundle, scheme)
    if parsed is not None and all(row.digest == canonical_digest(bundle) for row in rows):
        score = score_round(scheme, parsed)
        again = [(unit.total, unit.rank) for unit in score.units]
        if again == [(row.total, row.rank) for row in rows]:
            unit_ids = {row.data["unit"]: row.unit_id for row in rows}
            return RoundResult(score, bundle, unit_ids, (), rows[0].frozen_at)
    raise ServiceError(
        f"{parse_quarter(round_.quarter).title}已核定的得分与其校验码不符，不能使用：请联系系统管理员核查"
    )


def scores_of(session: Session, round_: Round) -> RoundResult:
    """Return a round's scores: the frozen ones where there are any, else those of this moment."""
    return frozen_scores(session, round_) if is_frozen(round_) else live_scores(session, round_)


def finalise(session: Session, round_: Round, account_id: int, now: datetime) -> RoundResult:
    """Freeze a closed round's scores; commits.

    Raises UnfinishedError naming what is pending or wrong for which unit, ServiceError while the round is not
    closed, late forms may still come in, or the scheme's file is not the one that the round began with.
    """
    held = hold_for_freezing(session, round_)
    reason = why_not_yet(held, now)
    if reason:
        raise ServiceError(str(reason))
    result = live_scores(session, held)
    reasons = unfinished(session, held, result)
    if reasons:
        raise UnfinishedError(reasons)
    for unit, data in zip(result.score.units, result.bundle["units"], strict=True):
        session.add(
            FrozenUnitScore(
                round_id=held.id,
                unit_id=result.unit_ids[unit.unit],
                total=unit.total,
                rank=unit.rank,
                data=data,
                digest=result.digest,
                frozen_at=now,
            )
        )
        session.flush()  # one by one: the rows' ids keep the order of the bundle
    held.state, held.finalised_at = RoundState.FINALISED, now
    audit.record(
        session, now, account_id, "round.finalise", "round", held.id,
        round=held.quarter, units=len(result.score.units), digest=result.digest,
    )  # fmt: skip
    session.commit()
    return result


def why_not_yet(round_: Round, now: datetime) -> Text | None:
    """Return why a round's state does not let it be finalised, or None when it does."""
    if is_frozen(round_):
        return Text("这一轮的得分已经核定")
    if round_.state is not RoundState.CLOSED:
        return Text("回访还没有截止：请先截止回访，再核定得分")
    if round_.closes_at is not None and now <= round_.closes_at + GRACE:
        minutes = int(GRACE.total_seconds() // 60)
        return Text("截止前打开的问卷在截止后 %(n)s 分钟内仍可提交：请过了这段时间再核定", {"n": minutes})
    if round_.scheme_digest != scheme_digest(round_.scheme_key):
        return Text("评分方案的文件在本轮开始后改动过：请恢复原来的文件，再核定得分")
    return None


def unfinished(session: Session, round_: Round, result: RoundResult) -> list[Text]:
    """Return what keeps a result from being final: faults, what is missing, and what nobody has decided on."""
    faults = [
        Text(
            "%(unit)s的%(item)s：%(reason)s",
            {
                "unit": fault.unit,
                "item": title_of(result.score.scheme, fault.item),
                "reason": fault.reason,
            },
        )
        for fault in result.faults
    ]
    few = few_marks(result.score.scheme, result.bundle)
    missing = [reason for unit in result.score.units for reason in _unfinished_of(result, unit, few)]
    return faults + missing + waiting_texts(session, round_) + missing_scans(session, round_)


def publish(session: Session, round_: Round, account_id: int, now: datetime) -> None:
    """Let each unit see its own frozen result; commits. Raises ServiceError unless it is finalised."""
    held = hold_for_freezing(session, round_)
    if held.state is not RoundState.FINALISED:
        done = held.state is RoundState.PUBLISHED
        raise ServiceError("这一轮的结果已经公布" if done else "得分还没有核定：请先核定，再公布")
    frozen_scores(session, held)
    held.state, held.published_at = RoundState.PUBLISHED, now
    audit.record(session, now, account_id, "round.publish", "round", held.id, round=held.quarter)
    session.commit()


def published_rounds(session: Session) -> list[Round]:
    """Return the rounds whose results units may see, the newest first."""
    return list(
        session.scalars(
            select(Round).where(Round.state == RoundState.PUBLISHED).order_by(Round.quarter.desc())
        )
    )


def _unfinished_of(result: RoundResult, unit: UnitScore, few: list[FewMarks]) -> list[Text]:
    """What a unit lacks, what was entered and nobody approved yet, and where too few supervisors marked."""
    scheme, reasons = result.score.scheme, []
    waiting = [item.id for item in scheme.items if (unit.unit, item.id) in result.waiting]
    few = [each for each in few if each.unit == unit.unit and each.item.id not in waiting]
    told = {*waiting, *(each.item.id for each in few)}
    lacking = [item for item in unit.pending if item not in told]
    if lacking:
        titles = joined(tuple(title_of(scheme, item) for item in lacking))
        reasons.append(Text("%(unit)s缺%(items)s", {"unit": unit.unit, "items": titles}))
    if waiting:
        titles = joined(tuple(title_of(scheme, item) for item in waiting))
        reasons.append(Text("%(unit)s的%(items)s已填报，待审核", {"unit": unit.unit, "items": titles}))
    reasons += [
        Text(
            "%(unit)s的%(item)s：监督员评分 %(count)s/%(least)s 位，人数不够；请补评，或由营商办填报核定分",
            {"unit": unit.unit, "item": each.item.title, "count": each.count, "least": each.least},
        )
        for each in few
    ]
    return reasons


def _saying_what_waits(score: RoundScore, waiting: frozenset[tuple[str, str]]) -> RoundScore:
    """Say of a pending item that its entry waits for approval; no points change."""
    units = tuple(
        replace(
            unit,
            lines=tuple(
                replace(line, why=Text("待定：已填报，待审核"))
                if line.pending and (unit.unit, line.item.id) in waiting
                else line
                for line in unit.lines
            ),
        )
        for unit in score.units
    )
    return replace(score, units=units)


def _unit_ids(session: Session) -> dict[str, int]:
    return dict(session.execute(select(Unit.name, Unit.id)).all())
