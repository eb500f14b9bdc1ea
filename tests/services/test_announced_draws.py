"""Announcing, then drawing: what was announced is drawn or nothing, who rests or is at the cap is passed over."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.dossier_check import check
from survey_app.domain.draw_file import replay
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.domain.unit_draws import PassedOver, effective_seed
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case, CaseUnit
from survey_app.models.draw_announcement import DrawAnnouncement
from survey_app.models.enterprise import Enterprise, FrameEntry
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.models.unit import Unit
from survey_app.services import reserves
from survey_app.services.dossiers import dossier_of
from survey_app.services.draw_announcements import Terms, announce, fact_of
from survey_app.services.draw_files import export_draws
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.public_draws import announced_rounds, public_round, public_surveys
from survey_app.services.samples import draw_announced, draw_samples
from tests.builders import KEYS, build_account, build_enterprise, build_frame_entry, build_round, build_unit
from tests.conftest import FakeClock
from tests.library_builders import fill_libraries
from tests.score_builders import build_answers

SURVEY, APPRAISAL = "satisfaction", "mass_appraisal"
TERMS = Terms(3, "2022070 期", True)


@pytest.fixture
def round_(session: Session) -> Round:
    fill_libraries(session, {"税务局": 8, "住建局": 6})
    return build_round(session, state=RoundState.PREPARING)


def _announce(
    session: Session, round_: Round, clock: FakeClock, terms: Terms = TERMS, **more: Any
) -> DrawAnnouncement:
    return announce(session, round_, more.pop("instrument", SURVEY), terms, clock.now, **more)


def _share(session: Session, unit: str, count: int) -> None:
    """Name the first enterprises of the other unit's library in this unit's too."""
    other = session.scalars(select(Unit).where(Unit.name == unit)).one()
    for enterprise in session.scalars(select(Enterprise).order_by(Enterprise.id).limit(count)).all():
        build_frame_entry(session, other, enterprise)


def test_what_was_announced_is_drawn_once(session: Session, round_: Round, clock: FakeClock) -> None:
    first = _announce(session, round_, clock)
    assert session.scalar(select(func.count()).select_from(Case)) == 0
    clock.advance(timedelta(days=1))
    made = draw_announced(session, KEYS, round_, 1, clock.now)
    assert [(each.unit, each.size) for each in made.samples] == [("税务局", 3), ("住建局", 3)]
    assert (first.drawn_at, first.result_digest) == (clock.now, made.result_digest)
    assert made.announcement_digest == fact_of(round_, first).digest
    assert first.sealed is not None
    orders = {sample.order_digest for sample in session.scalars(select(Sample))}
    file = export_draws(session, round_, SURVEY, clock.now)
    assert replay(file, [made.announcement_digest, made.result_digest]) == []
    assert {unit["order_digest"] for unit in file["draws"][0]["units"]} == orders  # type: ignore[index]
    with pytest.raises(ServiceError, match="没有等着抽样的公告"):
        draw_announced(session, KEYS, round_, None, clock.now)
    with pytest.raises(ServiceError, match="已经抽过样"):
        _announce(session, round_, clock)


def test_a_library_that_changed_is_announced_anew_and_both_stay(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    _announce(session, round_, clock)
    unit = session.scalars(select(Unit).where(Unit.name == "住建局")).one()
    build_frame_entry(session, unit, build_enterprise(session))
    session.commit()
    with pytest.raises(ServiceError, match="住建局的样本库或单位名称在第 1 号公告以后变了"):
        draw_announced(session, KEYS, round_, 1, clock.now)
    assert session.scalar(select(func.count()).select_from(Sample)) == 0
    second = _announce(session, round_, clock)
    with pytest.raises(ConflictError, match="第 2 号公告"):
        draw_announced(session, KEYS, round_, 1, clock.now)
    draw_announced(session, KEYS, round_, 2, clock.now)
    (survey, _) = public_surveys(session, round_)
    assert [(each.number, each.replaced, each.drawn_at is None) for each in survey.draws] == [
        (1, True, True),
        (2, False, False),
    ]
    assert second.sealed != survey.draws[0].sealed_digest


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms(0, "x", True), "size"),
        (Terms(3, " ", True), "seed"),
        (Terms(3, "甲\n乙", False), "seed"),
        (Terms(3, "x", True, rest_quarters=9), "rest_quarters"),
        (Terms(3, "x", True, units_cap=-1), "units_cap"),
    ],
)
def test_terms_that_wont_do_are_refused_by_their_field(
    session: Session, round_: Round, clock: FakeClock, terms: Terms, field: str
) -> None:
    with pytest.raises(ServiceError) as refused:
        _announce(session, round_, clock, terms)
    assert refused.value.field == field
    assert session.scalar(select(DrawAnnouncement.id)) is None


def test_who_was_asked_last_quarter_rests_and_who_was_only_drawn_does_not(
    session: Session, clock: FakeClock
) -> None:
    tax = fill_libraries(session, {"税务局": 6})["税务局"]
    before = build_round(session, "2022-Q1")
    draw_samples(session, KEYS, before, 4, "甲", clock.now)
    cases = session.scalars(select(Case).order_by(Case.id)).all()
    for case in cases[:3]:
        build_answers(session, case, {tax.id: "satisfied"}, clock.now)
    session.commit()
    round_ = build_round(session, "2022-Q2")
    # Another survey asks whom it likes.
    other = draw_samples(session, KEYS, round_, 5, "丙", clock.now, instrument=APPRAISAL)
    (made,) = draw_samples(session, KEYS, round_, 5, "乙", clock.now).samples
    assert other.samples[0].size == 5
    rested = {case.enterprise_id for case in cases[:3]}
    assert (made.size, made.shortfall, made.short.rested) == (3, 2, 3)
    assert str(made.explanation) == ("应抽 5 户，抽中 3 户，不足 2 户：样本库有 6 户，其中 3 户最近已经问过")
    rows = session.scalars(
        select(SampleEntry).join(Sample).where(Sample.round_id == round_.id, Sample.instrument == SURVEY)
    ).all()
    assert {row.enterprise_id for row in rows if row.passed_over is PassedOver.REST} == rested
    assert {row.asked_in for row in rows if row.enterprise_id in rested} == {"2022-Q1"}
    (summary,) = reserves.summaries(session, round_)
    assert (summary.left, summary.called_in, str(summary.short.sentence)) == (0, 0, str(made.explanation))
    assert replay(export_draws(session, round_, SURVEY, clock.now)) == []


def test_a_reserve_that_would_break_the_cap_is_passed_over_with_its_reason(
    session: Session, clock: FakeClock
) -> None:
    fill_libraries(session, {"税务局": 4, "住建局": 0})
    _share(session, "住建局", 4)
    session.commit()
    round_ = build_round(session)
    draw_samples(session, KEYS, round_, 2, "甲", clock.now, rest_quarters=0, units_cap=1)
    tax, housing = (
        session.scalars(select(Sample).join(Unit).where(Unit.name == name)).one()
        for name in ("税务局", "住建局")
    )
    assert (tax.size, housing.size) == (2, 2)  # four enterprises, each asked about one unit
    assert session.scalar(select(func.count()).select_from(CaseUnit)) == 4
    dropped = reserves.asked_entries(session, tax)[0]
    dropped.case.disposition, dropped.case.closed = Disposition.WRONG_NUMBER, True
    session.commit()
    with pytest.raises(ServiceError, match="备选已经用完"):
        reserves.call_in_reserve(session, KEYS, tax, dropped.rank, clock.now)
    done = reserves.replace_all(session, KEYS, round_, clock.now)
    assert (done.called_in, done.used_up) == (0, ("税务局",))
    reasons = session.scalars(
        select(SampleEntry.passed_over).where(
            SampleEntry.sample_id == tax.id, SampleEntry.passed_over.is_not(None)
        )
    ).all()
    assert PassedOver.CAP_SINCE in reasons or set(reasons) == {PassedOver.CAP}
    # What happened since is no part of the draw.
    assert replay(export_draws(session, round_, SURVEY, clock.now)) == []


def test_a_replay_still_agrees_after_reserves_stepped_in_and_a_late_unit_was_drawn(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    round_.state = RoundState.OPEN
    made = draw_samples(session, KEYS, round_, 3, "甲", clock.now, units_cap=1)
    sample = session.scalars(select(Sample).join(Unit).where(Unit.name == "税务局")).one()
    dropped = reserves.asked_entries(session, sample)[1]
    dropped.case.disposition, dropped.case.closed = Disposition.DEREGISTERED, True
    session.commit()
    reserves.call_in_reserve(session, KEYS, sample, dropped.rank, clock.now)
    build_unit(session, "供电公司")
    _share(session, "供电公司", 8)
    session.commit()
    late = draw_samples(session, KEYS, round_, 8, "乙", clock.now, units_cap=1)
    (unit,) = late.samples
    assert (unit.size, unit.short.capped) == (4, 4)  # four are asked about 税务局 by now
    file = export_draws(session, round_, SURVEY, clock.now)
    assert replay(file, [made.result_digest, late.result_digest]) == []


def test_only_who_asks_takes_the_file_and_it_is_recorded(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    office, commission = build_account(session), build_account(session, Role.COMMISSION)
    session.commit()
    with pytest.raises(ServiceError, match="还没有照公告抽过样"):
        export_draws(session, round_, SURVEY, clock.now)
    draw_samples(session, KEYS, round_, 3, "甲", clock.now)
    with pytest.raises(ServiceError, match="不由您单位组织"):
        export_draws(session, round_, SURVEY, clock.now, commission.id)
    export_draws(session, round_, SURVEY, clock.now, office.id)
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (event.action, event.account_id) == ("sample.export_frame", office.id)


def test_what_was_sealed_is_public_once_nobody_can_be_asked(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    assert announced_rounds(session) == []
    with pytest.raises(NotFoundError):
        public_round(session, round_.quarter)
    for instrument, seed in ((SURVEY, "公开"), (APPRAISAL, "不公开")):
        draw_samples(session, KEYS, round_, 3, seed, clock.now, instrument=instrument, sealed=True)
    assert announced_rounds(session) == [round_]
    office, commission = public_surveys(session, round_)
    (ours,), (theirs,) = office.draws, commission.draws
    assert (ours.seed, ours.sealed, [bool(unit.short) for unit in ours.units]) == (
        "公开",
        None,
        [False, False],
    )
    assert (theirs.seed, theirs.sealed, theirs.terms, theirs.drawn_at, theirs.units) == (
        None,
        None,
        None,
        None,
        (),
    )
    assert theirs.sealed_digest is not None
    round_.state = RoundState.CLOSED
    session.commit()
    office, commission = public_surveys(session, round_)
    assert {len(each.draws[0].sealed or "") for each in (office, commission)} == {64}
    assert commission.draws[0].seed == "不公开"


def test_a_dossier_holds_what_was_announced_once_it_is_public(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    draw_samples(session, KEYS, round_, 3, "公开", clock.now, sealed=True)
    round_.state = RoundState.CLOSED
    session.commit()
    dossier = dossier_of(session, round_)
    (announced,) = session.scalars(select(DrawAnnouncement))
    draw = dossier["draws"][0]
    assert (draw["sealed_part"], draw["wanted"], draw["units_cap"]) == (announced.sealed, 3, 5)
    assert draw["announcement_digest"] == fact_of(round_, announced).digest
    assert check(dossier) == []
    draw["sealed_part"] = "0" * 64
    assert any("按封存部分应为" in str(each) for each in check(dossier))


def test_keys_and_seed_alone_rank_a_unit(session: Session, round_: Round, clock: FakeClock) -> None:
    made = draw_samples(session, KEYS, round_, 3, "公开", clock.now, sealed=True)
    announced = session.scalars(select(DrawAnnouncement)).one()
    assert effective_seed("公开", announced.sealed) == f"公开\n{announced.sealed}"
    assert [each.rank for each in made.samples[0].enterprises] == [1, 2, 3]
    assert session.scalar(select(func.count()).select_from(FrameEntry)) == 14
