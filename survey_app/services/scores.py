"""得分: from a round's entries and answers to its scores, live until they are frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.canonical import canonical_digest
from survey_app.domain.json_object import Fault
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_inputs import Json
from survey_app.domain.scheme import Bonus, Penalty, Scheme, ScoreItem
from survey_app.domain.scheme_parser import parse_scheme_text
from survey_app.domain.score_changes import UnitChange, score_changes
from survey_app.domain.scoring import RoundScore, UnitScore, score_round
from survey_app.domain.text import Name, Text
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.models.unit_score import UnitScore as FrozenUnitScore
from survey_app.schemes.loader import load_scheme
from survey_app.services.bundles import live_inputs
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.items import waiting_places
from survey_app.services.round_locks import is_frozen
from survey_app.services.versions import newest_version, published_version, version_of


@dataclass(frozen=True)
class RoundResult:
    """A round's scores with what they were made of.

    `bundle` gives the same scores anywhere (`survey score`). `unit_ids` are by the units' names. `faults` are
    confirmed points that no longer fit their band: they were left out of the bundle, and block finalising.
    `waiting` are the units' names and items whose newest entry waits for approval, and is not in the bundle.
    `version` is None while the scores are live; `superseded_by` is the published version that took its place.
    """

    score: RoundScore
    bundle: Json
    unit_ids: Mapping[str, int]
    faults: tuple[Fault, ...] = ()
    version: ResultVersion | None = None
    superseded_by: int | None = None
    waiting: frozenset[tuple[str, str]] = frozenset()

    @property
    def digest(self) -> str:
        """The SHA-256, in hex, that documents print: of the frozen version, or of the live bundle."""
        return self.version.digest if self.version else canonical_digest(self.bundle)

    @property
    def frozen_at(self) -> datetime | None:
        """When the scores were frozen; None while they are live."""
        return self.version.frozen_at if self.version else None

    @property
    def by_unit_id(self) -> dict[int, UnitScore]:
        """The units' scores by the units' ids, in the order of the bundle."""
        return {self.unit_ids[unit.unit]: unit for unit in self.score.units}

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


def frozen_scores(session: Session, round_: Round, number: int | None = None) -> RoundResult:
    """Return a version's scores (None: the newest's), made again from what was frozen with them.

    The scheme is the one that was sealed with them, whatever its file says by now. Raises NotFoundError when
    there is no such version, ServiceError when the stored inputs, totals or ranks are not those that were sealed.
    """
    version = version_of(session, round_, number) if number else newest_version(session, round_)
    if version is None:
        raise NotFoundError(f"{parse_quarter(round_.quarter).title}的得分还没有核定")
    rows = list(
        session.scalars(
            select(FrozenUnitScore)
            .where(FrozenUnitScore.round_id == round_.id, FrozenUnitScore.version == version.version)
            .order_by(FrozenUnitScore.id)
        )
    )
    scheme = _sealed_scheme(round_, version)
    bundle = {"scheme": scheme.key, "round": round_.quarter, "units": [row.data for row in rows]}
    parsed, _ = parse_bundle(bundle, scheme)
    # What was frozen before versions were kept is sealed as a bundle alone.
    sealed = version.dossier.get("inputs", version.dossier)
    found = canonical_digest(bundle)
    if parsed is not None and {found} == {canonical_digest(sealed), *(row.digest for row in rows)}:
        score = score_round(scheme, parsed)
        again = [(unit.total, unit.rank) for unit in score.units]
        if again == [(row.total, row.rank) for row in rows]:
            unit_ids = {row.data["unit"]: row.unit_id for row in rows}
            seen = published_version(session, round_)
            later = seen.version if seen and seen.version > version.version else None
            return RoundResult(score, bundle, unit_ids, (), version, later)
    raise ServiceError(
        f"{parse_quarter(round_.quarter).title}已核定的得分与其校验码不符，不能使用：请联系系统管理员核查"
    )


def published_scores(session: Session, round_: Round) -> RoundResult:
    """Return the scores that units see: those of the newest published version, whatever the office does since.

    Raises NotFoundError when none is published, else as `frozen_scores`.
    """
    version = published_version(session, round_)
    if version is None:
        raise NotFoundError(f"{parse_quarter(round_.quarter).title}的得分还没有公布")
    return frozen_scores(session, round_, version.version)


def scores_of(session: Session, round_: Round) -> RoundResult:
    """Return the scores that the office works with: the newest frozen ones, or live ones until they are frozen.

    While a round is corrected these are live, as its entries are.
    """
    return frozen_scores(session, round_) if is_frozen(round_) else live_scores(session, round_)


def changes_since(
    session: Session, round_: Round, before: ResultVersion, result: RoundResult
) -> tuple[UnitChange, ...]:
    """Return what differs in a result, live or frozen, from an earlier version of the round."""
    return score_changes(frozen_scores(session, round_, before.version).by_unit_id, result.by_unit_id)


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


def _sealed_scheme(round_: Round, version: ResultVersion) -> Scheme:
    """The scheme that a version was scored by; that of the round where only its key was kept."""
    sealed = version.dossier["scheme"]
    scheme = _read_scheme(sealed["text"]) if isinstance(sealed, dict) else load_scheme(round_.scheme_key)
    if scheme is None:
        title = parse_quarter(round_.quarter).title
        raise ServiceError(f"{title}核定时封存的评分方案读不出来，不能使用：请联系系统管理员核查")
    return scheme


@lru_cache(maxsize=16)
def _read_scheme(text: str) -> Scheme | None:
    return parse_scheme_text(text)[0]


def _unit_ids(session: Session) -> dict[str, int]:
    return dict(session.execute(select(Unit.name, Unit.id)).all())
