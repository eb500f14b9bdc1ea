"""From a database to scores: the goldens through the services, and the freezing of a round."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval
from survey_app.domain.bundle import parse_bundle
from survey_app.domain.canonical import canonical_digest
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.domain.score_json import round_as_json
from survey_app.domain.scoring import score_round
from survey_app.models.audit_event import AuditEvent
from survey_app.models.item_entry import ItemEntry, SupervisorMark
from survey_app.models.result_version import ResultVersion
from survey_app.models.unit import Unit
from survey_app.models.unit_score import UnitScore
from survey_app.schemes.loader import load_scheme, read_scheme, scheme_text
from survey_app.services.bundles import live_inputs
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.items import Change, enter_items
from survey_app.services.ledger_decisions import decide_withdrawal, withdraw
from survey_app.services.marks import save_marks
from survey_app.services.publishing import UnfinishedError, finalise, publish
from survey_app.services.round_locks import hold_for_entry
from survey_app.services.scores import (
    RoundResult,
    frozen_scores,
    live_scores,
    scores_of,
    title_of,
)
from survey_app.services.versions import published_rounds
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.domain.bundles import ABSENT, COMPLETE, bundle, golden, unit
from tests.score_builders import approve_all, build_answers, build_ledger_entry, close, load_bundle


def _small() -> dict[str, Any]:
    return bundle(
        unit("甲局"), unit("乙局", satisfaction={"satisfied": 8, "basically_satisfied": 1, "dissatisfied": 1})
    )


def test_goldens_through_the_database_score_as_expected(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, golden("bundle.json"), clock.now)
    got = round_as_json(live_scores(session, round_).score)
    for name, wanted in golden("expected.json").items():
        assert {key: got[name][key] for key in wanted} == wanted


def test_exported_bundle_gives_the_same_scores_without_the_database(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, golden("bundle.json"), clock.now)
    result = live_scores(session, round_)
    exported = json.loads(json.dumps(live_inputs(session, round_).bundle))
    parsed, faults = parse_bundle(exported, load_scheme())
    assert parsed is not None, faults
    assert round_as_json(score_round(load_scheme(), parsed)) == round_as_json(result.score)
    assert exported["units"][1]["sampled"] == 20


def test_inactive_units_take_no_part(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    session.query(Unit).filter_by(name="乙局").one().active = False
    session.commit()
    assert [each.unit for each in live_scores(session, round_).score.units] == ["甲局"]


def test_counted_mass_appraisal_stands_until_the_commission_hands_in_totals(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", mass_appraisal=None)), clock.now)
    rated = session.query(Unit).one()
    case = build_case(session, round_, [rated], instrument="mass_appraisal")
    build_answers(session, case, {rated.id: "dissatisfied"}, clock.now)
    session.commit()
    assert live_scores(session, round_).score.units[0].line("mass_appraisal").points == 29
    commission = build_account(session, Role.COMMISSION)
    totals = {"satisfied": "40", "basically_satisfied": "0", "dissatisfied": "5"}
    enter_items(
        session, round_, {(rated.id, "mass_appraisal"): Change(totals, "", 0)}, commission.id, clock.now
    )
    assert live_scores(session, round_).score.units[0].line("mass_appraisal").points == 29
    approve_all(session, round_, Role.COMMISSION, clock.now)
    assert live_scores(session, round_).score.units[0].line("mass_appraisal").points == 25


def test_confirmed_points_that_lose_their_band_are_left_out_and_named(
    session: Session, clock: FakeClock
) -> None:
    given = bundle(
        unit("甲局", supervisors={"marks": [8], "points": 7.5}),
        unit("乙局", supervisors={"marks": [5]}),
        unit("丙局", supervisors={"marks": [3]}),
    )
    round_ = load_bundle(session, given, clock.now)
    supervisor_id = session.query(SupervisorMark.supervisor_id).first()[0]
    ids = {each.name: each.id for each in session.query(Unit)}
    assert live_scores(session, round_).score.unit("甲局").line("supervisors").points == pytest.approx(7.5)
    save_marks(session, round_, supervisor_id, {ids["甲局"]: 1}, clock.now)
    result = live_scores(session, round_)
    assert [(fault.unit, fault.item) for fault in result.faults] == [("甲局", "supervisors")]
    assert result.score.unit("甲局").line("supervisors").points == 3  # as the tiers suggest
    close(session, round_, clock.now)
    with pytest.raises(UnfinishedError, match=r"甲局的特邀监督员.*第三方阵"):
        finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)


def test_finalising_names_every_pending_item_of_every_unit(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, golden("bundle.json"), clock.now)
    close(session, round_, clock.now)
    with pytest.raises(UnfinishedError) as caught:
        finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    assert [str(reason) for reason in caught.value.reasons] == [
        "单位001缺宣传报道",
        "单位002缺群众评",
        "单位004的特邀监督员：监督员评分 2/3 位，人数不够；请补评，或由营商办填报核定分",
    ]
    assert session.query(UnitScore).count() == 0


def test_finalising_waits_for_what_nobody_approved_also_where_an_older_version_is_in_force(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", assigned_tasks=ABSENT), unit("乙局")), clock.now)
    ids = {each.name: each.id for each in session.query(Unit)}
    office = build_account(session, Role.OFFICE)
    session.commit()
    enter_items(
        session,
        round_,
        {
            (ids["甲局"], "assigned_tasks"): Change({"points": "8"}),
            (ids["乙局"], "innovation_effect"): Change({"points": "1"}, "", 1),
        },
        office.id,
        clock.now,
    )
    result = live_scores(session, round_)
    assert result.score.unit("甲局").line("assigned_tasks").points is None
    assert str(result.score.unit("甲局").line("assigned_tasks").why) == "待定：已填报，待审核"
    assert result.score.unit("乙局").line("innovation_effect").points == 3
    close(session, round_, clock.now)
    with pytest.raises(UnfinishedError) as caught:
        finalise(session, round_, office.id, clock.now)
    assert [str(reason) for reason in caught.value.reasons] == [
        "甲局的日常交办已填报，待审核",
        "乙局的取得成效已填报，待审核",
    ]
    session.rollback()
    assert approve_all(session, round_, Role.OFFICE, clock.now) == 2
    score = finalise(session, round_, office.id, clock.now).score
    assert score.unit("甲局").line("assigned_tasks").points == 8
    assert score.unit("乙局").line("innovation_effect").points == 1


def test_confirmed_points_that_were_approved_stand_for_too_few_marks(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(
        session, bundle(unit("甲局", supervisors={"marks": [8, 8]}), unit("乙局")), clock.now
    )
    rated = session.query(Unit).filter_by(name="甲局").one().id
    office = build_account(session, Role.OFFICE).id
    close(session, round_, clock.now)
    with pytest.raises(UnfinishedError, match=r"甲局的特邀监督员：监督员评分 2/3 位") as caught:
        finalise(session, round_, office, clock.now)
    assert len(caught.value.reasons) == 1
    session.rollback()
    points = {(rated, "supervisors"): Change({"points": "7.5"}, "两位监督员评分一致")}
    enter_items(session, round_, points, office, clock.now)
    with pytest.raises(UnfinishedError, match=r"^还不能核定：甲局的特邀监督员已填报，待审核$"):
        finalise(session, round_, office, clock.now)
    session.rollback()
    approve_all(session, round_, Role.OFFICE, clock.now)
    score = finalise(session, round_, office, clock.now).score
    assert score.unit("甲局").line("supervisors").points == Decimal("7.5")


def test_finalising_waits_for_closing_and_for_late_forms(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    office = build_account(session, Role.OFFICE)
    with pytest.raises(ServiceError, match="还没有截止"):
        finalise(session, round_, office.id, clock.now)
    close(session, round_, clock.now)
    round_.closes_at = clock.now
    session.commit()
    clock.advance(timedelta(minutes=30))
    with pytest.raises(ServiceError, match="30 分钟"):
        finalise(session, round_, office.id, clock.now)
    clock.advance(timedelta(seconds=1))
    assert finalise(session, round_, office.id, clock.now).score.units


def test_finalising_refuses_a_scheme_that_changed_meanwhile(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now, scheme_digest="0" * 64)
    close(session, round_, clock.now)
    with pytest.raises(ServiceError, match="评分方案的文件"):
        finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)


def test_frozen_scores_stand_whatever_comes_in_later(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    close(session, round_, clock.now)
    office = build_account(session, Role.OFFICE)
    live = finalise(session, round_, office.id, clock.now)
    assert round_.state is RoundState.FINALISED
    rated = session.query(Unit).filter_by(name="甲局").one()
    build_answers(session, build_case(session, round_, [rated]), {rated.id: "dissatisfied"}, clock.now)
    rated.name = "甲局（已更名）"
    session.commit()
    frozen = scores_of(session, round_)
    assert round_as_json(frozen.score) == round_as_json(live.score)
    assert frozen.unit(rated.id).unit == "甲局"
    assert frozen.frozen_at == clock.now
    assert frozen.digest == live.digest == session.query(ResultVersion.digest).scalar()
    event = session.query(AuditEvent).filter_by(action="round.finalise").one()
    assert event.details["digest"] == live.digest
    with pytest.raises(ServiceError, match="已核定，不能再填报"):
        enter_items(
            session,
            round_,
            {(rated.id, "assigned_tasks"): Change({"points": "1"}, "", 1)},
            office.id,
            clock.now,
        )
    with pytest.raises(ServiceError, match="已经核定"):
        finalise(session, round_, office.id, clock.now)


def test_finalising_waits_for_an_entry_that_is_being_made_and_counts_it(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    close(session, round_, clock.now)
    office = build_account(session, Role.OFFICE).id
    rated = session.query(Unit).filter_by(name="甲局").one().id
    session.commit()

    def freeze() -> RoundResult:
        with Session(session.get_bind(), expire_on_commit=False) as own:
            return finalise(own, round_, office, clock.now)

    hold_for_entry(session, round_)
    with ThreadPoolExecutor(1) as pool:
        freezing = pool.submit(freeze)
        with pytest.raises(TimeoutError):
            freezing.result(timeout=0.3)
        session.add(
            ItemEntry(
                round_id=round_.id, unit_id=rated, item="assigned_tasks", version=2, data={"points": "1.5"},
                approval=Approval.APPROVED, entered_by_id=office, entered_at=clock.now,
            )
        )  # fmt: skip
        session.commit()
        frozen = freezing.result(timeout=10)
    assert frozen.score.unit("甲局").line("assigned_tasks").points == pytest.approx(1.5)


@pytest.mark.parametrize("tamper", ["data", "total", "rank"])
def test_frozen_scores_that_were_changed_by_hand_are_refused(
    session: Session, clock: FakeClock, tamper: str
) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    close(session, round_, clock.now)
    finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    row = session.query(UnitScore).first()
    value = {"data": {**row.data, "assigned_tasks": 1}, "total": row.total + 1, "rank": row.rank + 1}[tamper]
    setattr(row, tamper, value)
    session.commit()
    with pytest.raises(ServiceError, match="校验码不符"):
        frozen_scores(session, round_)


def test_inputs_that_were_changed_with_their_digests_are_not_those_that_were_sealed(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    close(session, round_, clock.now)
    frozen = finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    rows = session.query(UnitScore).order_by(UnitScore.id).all()
    rows[1].data = {**rows[1].data, "assigned_tasks": 7.5}
    changed = {**frozen.bundle, "units": [row.data for row in rows]}
    for row in rows:
        row.digest = canonical_digest(changed)
    rows[1].total -= Decimal("0.5")
    session.commit()
    with pytest.raises(ServiceError, match="校验码不符"):
        frozen_scores(session, round_)


def test_frozen_scores_keep_the_scheme_that_was_sealed_with_them(
    session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    close(session, round_, clock.now)
    frozen = finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)
    text = scheme_text().replace("deduct = { dissatisfied = 1 }", "deduct = { dissatisfied = 3 }")
    later = read_scheme(text.replace("入企帮扶·全量回访", "改过的名称").encode(), "fangcheng-2022")
    monkeypatch.setattr("survey_app.services.scores.load_scheme", lambda key: later)
    again = frozen_scores(session, round_)
    assert (again.score.units, again.score.scheme) == (frozen.score.units, frozen.score.scheme)


def test_a_scheme_that_was_read_before_its_file_was_restored_freezes_nothing(
    session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = bundle(unit(mass_appraisal={"satisfied": 8, "basically_satisfied": 0, "dissatisfied": 2}))
    round_ = load_bundle(session, given, clock.now)
    close(session, round_, clock.now)
    text = scheme_text().replace("deduct = { dissatisfied = 1 }", "deduct = { dissatisfied = 3 }")
    stale = read_scheme(text.encode(), "fangcheng-2022")
    monkeypatch.setattr("survey_app.services.scores.load_scheme", lambda key: stale)
    with pytest.raises(ServiceError, match="重新启动程序"):
        finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)


def test_finalising_waits_where_the_ledger_has_changed_since_a_figure_was_approved(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    unit_ = session.query(Unit).filter_by(name="甲局").one()
    one, other = build_account(session).id, build_account(session).id
    entry = build_ledger_entry(session, round_, unit_, "problems", clock.now)
    close(session, round_, clock.now)
    with pytest.raises(UnfinishedError, match=r"甲局的入企帮扶·解决问题.*台账为提出问题 1、已解决问题 0"):
        finalise(session, round_, one, clock.now)
    withdraw(session, round_, entry.id, "查无此事", one, clock.now)
    decide_withdrawal(session, round_, entry.id, True, other, clock.now)
    with pytest.raises(UnfinishedError, match="台账为提出问题 0、已解决问题 0"):
        finalise(session, round_, one, clock.now)
    enter_items(
        session,
        round_,
        {(unit_.id, "problems"): Change({"raised": "2", "solved": "2"}, "台账待补录", 1)},
        one,
        clock.now,
    )
    approve_all(session, round_, Role.OFFICE, clock.now)
    finalise(session, round_, one, clock.now)


def test_publishing_follows_finalising_once(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, _small(), clock.now)
    office = build_account(session, Role.OFFICE)
    with pytest.raises(ServiceError, match="还没有核定"):
        publish(session, round_, office.id, clock.now)
    close(session, round_, clock.now)
    finalise(session, round_, office.id, clock.now)
    assert published_rounds(session) == []
    other = build_account(session, Role.OFFICE)
    publish(session, round_, other.id, clock.now)
    assert published_rounds(session) == [round_]
    with pytest.raises(ServiceError, match="已经公布"):
        publish(session, round_, other.id, clock.now)


def test_a_round_without_units_or_scores_says_so(session: Session) -> None:
    round_ = build_round(session)
    with pytest.raises(ServiceError, match="还没有责任单位"):
        live_scores(session, round_)
    build_unit(session)
    assert live_scores(session, round_).score.units[0].pending
    with pytest.raises(NotFoundError, match="还没有核定"):
        frozen_scores(session, round_)


def test_titles_are_known_for_everything_that_can_be_pending() -> None:
    scheme = load_scheme()
    assert {str(title_of(scheme, key)) for key in COMPLETE} >= {"宣传报道", "加分", "减分"}
