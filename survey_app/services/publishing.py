"""核定与公布: freezing a round's scores as a version, by one person, and showing it to the units, by another."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.canonical import canonical_digest
from survey_app.domain.dossier import dossier_digest
from survey_app.domain.round_state import GRACE, RoundState
from survey_app.domain.scoring import UnitScore
from survey_app.domain.text import Text, joined
from survey_app.domain.working_days import add_working_days
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit_score import UnitScore as FrozenUnitScore
from survey_app.schemes.calendar import load_calendar
from survey_app.schemes.loader import load_scheme, scheme_digest
from survey_app.services import audit
from survey_app.services.attachments import missing_scans
from survey_app.services.corrections import running_correction, waiting_correction
from survey_app.services.dossiers import assemble
from survey_app.services.errors import ServiceError
from survey_app.services.evidence import unproven
from survey_app.services.marks import FewMarks, few_marks
from survey_app.services.round_locks import hold_for_freezing, is_frozen
from survey_app.services.scores import RoundResult, frozen_scores, live_scores, title_of
from survey_app.services.undecided import undecided
from survey_app.services.versions import newest_version


class UnfinishedError(ServiceError):
    """A round that can't be finalised yet; `reasons` says for which unit what is missing or wrong."""

    def __init__(self, reasons: list[Text]) -> None:
        super().__init__(f"还不能核定：{'；'.join(map(str, reasons))}")
        self.reasons = reasons


def finalise(session: Session, round_: Round, account_id: int, now: datetime) -> RoundResult:
    """Freeze the scores of a closed round, or of one under correction, as its next version; commits.

    Raises UnfinishedError naming what is pending or wrong for which unit, ServiceError while the round is not
    closed, late forms may still come in, the scheme's file is not the one that the round began with, or a
    correction has changed nothing.
    """
    held = hold_for_freezing(session, round_)
    reason = why_not_yet(held, now)
    if reason:
        raise ServiceError(str(reason))
    result = live_scores(session, held)
    reasons = unfinished(session, held, result)
    if reasons:
        raise UnfinishedError(reasons)
    before, correction = newest_version(session, held), running_correction(session, held)
    number = before.version + 1 if before else 1
    if correction is not None:
        if frozen_scores(session, held).score.units == result.score.units:
            raise ServiceError("更正中还没有改动任何得分：请先改正，或者放弃这次更正")
        correction.ended_at, correction.ended_by_id, correction.led_to = now, account_id, number
    version = ResultVersion(
        round_id=held.id,
        version=number,
        reason=correction.reason if correction else "",
        frozen_at=now,
        frozen_by_id=account_id,
    )
    version.dossier = assemble(session, held, result, number, now)
    version.digest = dossier_digest(version.dossier)
    session.add(version)
    session.flush()
    for unit, data in zip(result.score.units, result.bundle["units"], strict=True):
        session.add(
            FrozenUnitScore(
                round_id=held.id,
                unit_id=result.unit_ids[unit.unit],
                version=number,
                total=unit.total,
                rank=unit.rank,
                data=data,
                digest=canonical_digest(result.bundle),
            )
        )
        session.flush()  # one by one: the rows' ids keep the order of the bundle
    held.state, held.finalised_at = RoundState.FINALISED, now
    audit.record(
        session, now, account_id, "round.finalise", "round", held.id,
        round=held.quarter, version=number, units=len(result.score.units), digest=version.digest,
    )  # fmt: skip
    session.commit()
    return replace(result, version=version)


def why_not_yet(round_: Round, now: datetime) -> Text | None:
    """Return why a round's state does not let it be finalised, or None when it does."""
    if is_frozen(round_):
        return Text("这一轮的得分已经核定")
    if round_.state not in (RoundState.CLOSED, RoundState.CORRECTING):
        return Text("回访还没有截止：请先截止回访，再核定得分")
    if round_.closes_at is not None and now <= round_.closes_at + GRACE:
        minutes = int(GRACE.total_seconds() // 60)
        return Text("截止前打开的问卷在截止后 %(n)s 分钟内仍可提交：请过了这段时间再核定", {"n": minutes})
    if round_.scheme_digest != scheme_digest(round_.scheme_key):
        return Text("评分方案的文件在本轮开始后改动过：请恢复原来的文件，再核定得分")
    return None


def unfinished(session: Session, round_: Round, result: RoundResult) -> list[Text]:
    """Return what keeps a result from being final: what waits for a second person, then unit by unit."""
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
    by_unit = [reason for unit in result.score.units for reason in _unfinished_of(result, unit, few)]
    return [
        *undecided(session, round_),
        *faults,
        *by_unit,
        *unproven(session, round_),
        *missing_scans(session, round_),
    ]


def publish(session: Session, round_: Round, account_id: int, now: datetime) -> ResultVersion:
    """Let each unit see its own part of the newest version; commits.

    Raises ServiceError unless the round is finalised, by somebody else, and all that was frozen is as it was.
    """
    held = hold_for_freezing(session, round_)
    version = newest_version(session, held)
    if version is None or held.state is not RoundState.FINALISED:
        done = held.state is RoundState.PUBLISHED
        raise ServiceError("这一轮的结果已经公布" if done else "得分还没有核定：请先核定，再公布")
    reason = why_not_publish(version, account_id)
    if reason:
        raise ServiceError(str(reason))
    if waiting_correction(session, held):
        raise ServiceError("有一条更正申请在等另一人确认：请先确认或退回，再公布")
    frozen_scores(session, held, version.version)
    if not is_sealed(version):
        raise ServiceError("核定时封存的资料与校验码不符，不能公布：请联系系统管理员核查")
    version.published_at, version.published_by_id = now, account_id
    version.objections_until = _last_day_to_object(held, now)
    held.state, held.published_at = RoundState.PUBLISHED, now
    audit.record(
        session, now, account_id, "round.publish", "round", held.id,
        round=held.quarter, version=version.version,
    )  # fmt: skip
    session.commit()
    return version


def why_not_publish(version: ResultVersion, account_id: int) -> Text | None:
    """Return why a person may not publish a version, or None when they may: who finalised it may not."""
    if version.frozen_by_id != account_id:
        return None
    return Text("核定与公布须由两人分别办理：这一版由您核定，请由另一位营商办人员公布")


def is_sealed(version: ResultVersion) -> bool:
    """Whether a version's dossier is still the one that its digest was made of."""
    return dossier_digest(version.dossier) == version.digest


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


def _last_day_to_object(round_: Round, now: datetime) -> date | None:
    days = load_scheme(round_.scheme_key).objection_days
    today = now.astimezone(COUNTY_ZONE).date()
    return add_working_days(today, days, load_calendar().is_working) if days else None
