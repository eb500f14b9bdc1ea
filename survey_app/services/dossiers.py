"""卷宗: a round's facts from the database, without anybody's name, as a file that anybody can check."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from survey_app.config import COUNTY_ZONE
from survey_app.domain import dossier
from survey_app.domain.canonical import canonical_digest
from survey_app.domain.dossier_facts import (
    AnswerFact,
    AnswerState,
    BrokenPromiseFact,
    DossierFacts,
    DrawFact,
    EndorsementFact,
    EntryFact,
    MarksFact,
)
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_inputs import Json
from survey_app.domain.sampling import order_digest
from survey_app.domain.score_json import round_as_json
from survey_app.domain.unit_draws import PassedOver, sealed_digest
from survey_app.models.case import Case
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.schemes.loader import load_scheme, scheme_text
from survey_app.services.bundles import GatheredFacts, gather_facts
from survey_app.services.draw_announcements import fact_of, is_revealed
from survey_app.services.errors import ServiceError
from survey_app.services.scores import RoundResult, live_scores
from survey_app.services.sealed_receipts import receipt_facts
from survey_app.services.tallies import answer_mode
from survey_app.services.versions import newest_version, version_of

Units = Mapping[int, str]  # the names of the units that take part, by their ids


def assemble(
    session: Session, round_: Round, result: RoundResult, version: int | None, now: datetime | None
) -> Json:
    """Return the dossier of a round's result, read in the caller's transaction.

    `version` and `now` are those of a result that is being made final, both None for a trial (试算). Raises
    ServiceError where the result is not what the facts in the database make.
    """
    gathered = gather_facts(session, round_, load_scheme(round_.scheme_key))
    try:
        made = dossier.assemble(_facts(session, round_, gathered, version, now))
    except dossier.DossierError as error:
        raise ServiceError(f"做不成卷宗：{error}") from error
    if canonical_digest(made["inputs"]) != canonical_digest(result.bundle):
        title = parse_quarter(round_.quarter).title
        raise ServiceError(f"{title}的得分与现有数据对不上，做不成卷宗：数据在计分之后改动过，请刷新后再试")
    if version and canonical_digest(made["scores"]) != canonical_digest(round_as_json(result.score)):
        # The program may have read the scheme's file while it said something else.
        raise ServiceError("按评分方案的文件重新计分，得分不同，不能核定：请系统管理员重新启动程序后再核定")
    return made


def dossier_of(session: Session, round_: Round, number: int | None = None) -> Json:
    """Return the dossier that was stored with a version (None: with the newest), as it was stored.

    Where nothing was frozen yet it is made of what stands now, as a trial. Raises NotFoundError when there is no
    such version.
    """
    version = version_of(session, round_, number) if number else newest_version(session, round_)
    if version is not None:
        return version.dossier
    return assemble(session, round_, live_scores(session, round_), None, None)


def _facts(
    session: Session, round_: Round, gathered: GatheredFacts, version: int | None, now: datetime | None
) -> DossierFacts:
    units = {unit_id: name for name, unit_id in gathered.ids.items()}
    return DossierFacts(
        round=round_.quarter,
        version=version,
        frozen_at=None if now is None else now.astimezone(COUNTY_ZONE).isoformat(timespec="seconds"),
        scheme_text=scheme_text(round_.scheme_key),
        units=gathered.units,
        # While answers are taken a seed tells whoever has the libraries whom the other survey asks.
        draws=() if not is_revealed(round_) else tuple(_draws(session, round_, units)),
        answers=(*_answers(session, round_, units), *_later(session, round_, units)),
        entries=tuple(
            EntryFact(
                unit,
                item,
                entry.version,
                entry.data,
                entry.entered_by.role.value,
                entry.decided_by.role.value if entry.decided_by else None,
            )
            for (unit, item), entry in gathered.entries.items()
        ),
        marks=tuple(MarksFact(unit, tuple(marks)) for unit, marks in gathered.marks.items()),
        endorsements=tuple(
            EndorsementFact(unit, each.practice, each.level, each.day.isoformat())
            for unit, practices in gathered.practices.items()
            for each in practices
        ),
        broken_promises=tuple(
            BrokenPromiseFact(unit, day.isoformat()) for unit, days in gathered.broken.items() for day in days
        ),
        receipts=() if version is None else tuple(receipt_facts(session, round_, units, version)),
    )


def _draws(session: Session, round_: Round, units: Units) -> Iterator[DrawFact]:
    """Each unit's draw, with a digest over the keys of its whole library in the order of the draw."""
    samples = list(session.scalars(select(Sample).where(Sample.round_id == round_.id)))
    orders: dict[int, list[str]] = {sample.id: [] for sample in samples}
    rows = session.execute(
        select(SampleEntry.sample_id, Enterprise.key)
        .join(Enterprise, Enterprise.id == SampleEntry.enterprise_id)
        .join(Sample, Sample.id == SampleEntry.sample_id)
        .where(Sample.round_id == round_.id)
        .order_by(SampleEntry.sample_id, SampleEntry.rank)
    )
    for sample_id, key in rows:
        orders[sample_id].append(key)
    passed = Counter(
        {
            (sample_id, reason): count
            for sample_id, reason, count in session.execute(
                select(SampleEntry.sample_id, SampleEntry.passed_over, func.count())
                .join(Sample, Sample.id == SampleEntry.sample_id)
                .where(Sample.round_id == round_.id)
                .group_by(SampleEntry.sample_id, SampleEntry.passed_over)
            )
        }
    )
    for sample in samples:
        if sample.unit_id not in units:
            continue
        announced = sample.announcement
        yield DrawFact(
            units[sample.unit_id],
            sample.instrument,
            sample.seed,
            sample.size,
            sample.frame_size,
            sample.frame_digest,
            order_digest(orders[sample.id]),
            sample.wanted,
            announced.rest_quarters if announced else None,
            announced.units_cap if announced else None,
            passed[sample.id, PassedOver.REST],
            passed[sample.id, PassedOver.CAP],
            fact_of(round_, announced).digest if announced else None,
            sealed_digest(announced.sealed) if announced and announced.sealed else None,
            announced.sealed if announced else None,
        )


def _answers(session: Session, round_: Round, units: Units) -> Iterator[AnswerFact]:
    """The answers that count, and those that two persons voided or replaced by a later one."""
    newer = aliased(Answer)
    rows = session.execute(
        select(
            Answer.unit_id,
            Answer.instrument,
            Answer.rating,
            Answer.counted,
            newer.id,
            answer_mode,
            func.coalesce(LaterSubmission.received_at, Response.received_at),
        )
        .join(Response, Response.id == Answer.response_id)
        .outerjoin(LaterSubmission, LaterSubmission.id == Answer.later_submission_id)
        .outerjoin(
            newer,
            and_(
                newer.response_id == Answer.response_id,
                newer.unit_id == Answer.unit_id,
                newer.version == Answer.version + 1,
            ),
        )
        .where(Answer.round_id == round_.id)
    )
    for unit_id, instrument, rating, counted, replaced_by, mode, received_at in rows:
        state = (
            AnswerState.COUNTED if counted else AnswerState.REPLACED if replaced_by else AnswerState.VOIDED
        )
        if unit_id in units:
            yield AnswerFact(units[unit_id], instrument, rating, mode.value, _day(received_at), state.value)


def _later(session: Session, round_: Round, units: Units) -> Iterator[AnswerFact]:
    """What enterprises sent that had answered before: kept, and not counted unless it took the other's place."""
    counted = {
        (later_id, unit_id)
        for later_id, unit_id in session.execute(
            select(Answer.later_submission_id, Answer.unit_id).where(
                Answer.round_id == round_.id, Answer.later_submission_id.is_not(None)
            )
        )
    }
    rows = session.execute(
        select(LaterSubmission, Case.instrument)
        .join(Case, Case.id == LaterSubmission.case_id)
        .where(Case.round_id == round_.id)
    )
    for later, instrument in rows:
        for unit_id, said in later.content.items():
            if int(unit_id) in units and (later.id, int(unit_id)) not in counted:
                yield AnswerFact(
                    units[int(unit_id)],
                    instrument,
                    said.get("rating"),
                    later.mode.value,
                    _day(later.received_at),
                    AnswerState.LATER.value,
                )


def _day(moment: datetime) -> str:
    return moment.astimezone(COUNTY_ZONE).date().isoformat()
