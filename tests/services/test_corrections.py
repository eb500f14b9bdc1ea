"""A correction: asked for by one, confirmed by another, and ended by a further version or by giving it up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.answer_review import ReviewKind
from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.correction import Correction
from survey_app.models.item_entry import SupervisorMark
from survey_app.models.response import Answer
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.annual_summaries import annual_summary
from survey_app.services.answer_reviews import ask_review, decide_review
from survey_app.services.corrections import (
    ask_for_correction,
    decide_on_correction,
    give_up_correction,
    running_correction,
)
from survey_app.services.document_marks import stamp
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.items import Change, enter_items
from survey_app.services.marks import save_marks
from survey_app.services.publishing import UnfinishedError, finalise, is_sealed, publish
from survey_app.services.rater_conflicts import declare_conflict, marked_anyway, withdraw_conflict
from survey_app.services.score_sheets import draft_mark
from survey_app.services.scores import changes_since, frozen_scores, published_scores, scores_of
from survey_app.services.unit_reports import trend
from survey_app.services.versions import published_rounds, published_version, version_of
from tests.builders import build_account, build_unit
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import approve_all, finalise_and_publish, load_bundle


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    """A published round in which 甲局 got a point less than it should have."""
    given = bundle(unit("甲局", assigned_tasks=7), unit("乙局", assigned_tasks=7.5))
    made = load_bundle(session, given, clock.now)
    finalise_and_publish(session, made, clock.now)
    clock.advance(timedelta(hours=1))
    return made


@pytest.fixture
def office(session: Session) -> tuple[int, int]:
    ids = build_account(session, Role.OFFICE).id, build_account(session, Role.OFFICE).id
    session.commit()
    return ids


def _reopen(session: Session, round_: Round, office: tuple[int, int], clock: FakeClock) -> Correction:
    asked = ask_for_correction(session, round_, "日常交办漏记 1 分", office[0], clock.now)
    return decide_on_correction(session, round_, asked.id, True, "", office[1], clock.now)


def _enter(
    session: Session,
    round_: Round,
    office: tuple[int, int],
    points: str,
    clock: FakeClock,
    approved: bool = True,
) -> None:
    rated = session.query(Unit).filter_by(name="甲局").one()
    base = 1 if points == "8" else 2
    change = Change({"points": points}, "", base)
    enter_items(session, round_, {(rated.id, "assigned_tasks"): change}, office[0], clock.now)
    if approved:
        approve_all(session, round_, Role.OFFICE, clock.now)


def _totals(result: Any) -> list[str]:
    return [str(score.total) for score in result.score.units]


def test_a_second_person_reopens_and_units_go_on_seeing_what_was_published(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    asked = ask_for_correction(session, round_, "漏记 1 分", office[0], clock.now)
    assert round_.state is RoundState.PUBLISHED
    with pytest.raises(ConflictError, match="等另一人确认"):
        ask_for_correction(session, round_, "又一条", office[1], clock.now)
    with pytest.raises(ServiceError, match="另一人"):
        decide_on_correction(session, round_, asked.id, True, "", office[0], clock.now)
    with pytest.raises(ServiceError, match="已核定，不能再填报"):
        _enter(session, round_, office, "8", clock)
    session.rollback()
    decide_on_correction(session, round_, asked.id, True, "", office[1], clock.now)
    assert round_.state is RoundState.CORRECTING
    _enter(session, round_, office, "8", clock)
    live, seen = scores_of(session, round_), published_scores(session, round_)
    assert (str(draft_mark(round_, live)), draft_mark(round_, seen)) == ("更正中（未核定）", None)
    assert _totals(seen) == ["99", "99.5"]
    assert _totals(live) == ["100", "99.5"]
    assert published_rounds(session) == [round_]
    rated = live.unit_ids["甲局"]
    assert [str(point.total) for point in trend(session, round_, rated, own_view=True)] == ["99"]
    assert annual_summary(session, 2022).quarters[0].version == 1


def test_finalising_makes_the_next_version_and_keeps_the_first(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    first = published_scores(session, round_)
    _reopen(session, round_, office, clock)
    with pytest.raises(ServiceError, match="还没有改动任何得分"):
        finalise(session, round_, office[0], clock.now)
    session.rollback()
    _enter(session, round_, office, "8", clock)
    second = finalise(session, round_, office[0], clock.now)
    assert second.version is not None
    assert (second.version.version, second.version.reason) == (2, "日常交办漏记 1 分")
    assert stamp(second).startswith("第 2 版　校验码")
    assert _totals(published_scores(session, round_)) == ["99", "99.5"], "not published yet"
    assert str(draft_mark(round_, scores_of(session, round_))) == "已核定（未公布）"
    assert annual_summary(session, 2022).rows[0].unit == "乙局"
    with pytest.raises(ServiceError, match="两人分别办理"):
        publish(session, round_, office[0], clock.now)
    session.rollback()
    publish(session, round_, office[1], clock.now)
    assert _totals(published_scores(session, round_)) == ["100", "99.5"]
    assert annual_summary(session, 2022).quarters[0].version == 2
    again = frozen_scores(session, round_, 1)
    assert (again.digest, _totals(again)) == (first.digest, ["99", "99.5"])
    assert is_sealed(version_of(session, round_, 1))
    changes = changes_since(session, round_, version_of(session, round_, 1), second)
    assert [(change.unit, change.ranks) for change in changes] == [("甲局", (2, 1)), ("乙局", (1, 2))]
    assert running_correction(session, round_) is None


def test_a_supervisor_who_stands_back_after_a_result_was_frozen_changes_no_correction_of_it(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    given = session.query(SupervisorMark).filter_by(round_id=round_.id).all()
    early, late = given[0], next(each for each in given if each.supervisor_id != given[0].supervisor_id)
    declare_conflict(session, early.supervisor_id, early.unit_id, "亲属任职", office[0], clock.now)
    clock.advance(timedelta(hours=1))
    _reopen(session, round_, office, clock)
    assert marked_anyway(session, round_) == set()
    with pytest.raises(ServiceError, match="已经回避"):
        save_marks(session, round_, early.supervisor_id, {early.unit_id: 1}, clock.now)
    session.rollback()
    give_up_correction(session, round_, office[0], clock.now)
    clock.advance(timedelta(hours=1))
    _reopen(session, round_, office, clock)
    clock.advance(timedelta(hours=1))
    found = declare_conflict(session, late.supervisor_id, late.unit_id, "持有股份", office[0], clock.now)
    assert marked_anyway(session, round_) == {(late.supervisor_id, late.unit_id)}
    clock.advance(timedelta(hours=1))
    withdraw_conflict(session, found.id, "登记有误", office[0], clock.now)
    assert marked_anyway(session, round_) == set()
    _enter(session, round_, office, "8", clock)
    finalise(session, round_, office[0], clock.now)
    clock.advance(timedelta(hours=1))
    assert marked_anyway(session, round_) == set()


def test_giving_up_needs_that_nothing_changed(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    _reopen(session, round_, office, clock)
    _enter(session, round_, office, "8", clock, approved=False)
    for _ in range(2):  # while the entry waits, and once it counts
        with pytest.raises(ServiceError, match="已有改动"):
            give_up_correction(session, round_, office[0], clock.now)
        session.rollback()
        approve_all(session, round_, Role.OFFICE, clock.now)
    _enter(session, round_, office, "7", clock)
    give_up_correction(session, round_, office[0], clock.now)
    assert round_.state is RoundState.PUBLISHED
    assert session.query(ResultVersion).count() == 1
    assert _reopen(session, round_, office, clock).number == 2


def test_what_waits_for_a_second_person_keeps_the_result_open(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    _reopen(session, round_, office, clock)
    answer = session.query(Answer).filter_by(instrument="satisfaction").first()
    assert answer is not None
    review = ask_review(session, round_, answer.id, ReviewKind.VOID, "回访说没有办过", office[0], clock.now)
    with pytest.raises(UnfinishedError, match="有 1 条答卷复核申请还没有审核"):
        finalise(session, round_, office[0], clock.now)
    session.rollback()
    with pytest.raises(ServiceError, match="请先审核，再放弃更正"):
        give_up_correction(session, round_, office[0], clock.now)
    session.rollback()
    decide_review(session, round_, review.id, Approval.RETURNED, "办过", office[1], clock.now)
    give_up_correction(session, round_, office[0], clock.now)
    assert round_.state is RoundState.PUBLISHED


def test_returning_needs_a_reason_and_leaves_the_round_as_it_is(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    asked = ask_for_correction(session, round_, "漏记 1 分", office[0], clock.now)
    with pytest.raises(ServiceError, match="请填写退回原因"):
        decide_on_correction(session, round_, asked.id, False, " ", office[1], clock.now)
    session.rollback()
    decide_on_correction(session, round_, asked.id, False, "没有漏记", office[1], clock.now)
    assert round_.state is RoundState.PUBLISHED
    with pytest.raises(ConflictError, match="已经审核过"):
        decide_on_correction(session, round_, asked.id, True, "", office[1], clock.now)


def test_a_correction_is_about_the_units_of_then(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    build_unit(session, "后来设立的局")
    session.query(Unit).filter_by(name="乙局").one().active = False
    session.commit()
    _reopen(session, round_, office, clock)
    assert [score.unit for score in scores_of(session, round_).score.units] == ["甲局", "乙局"]


def test_a_finalised_result_that_nobody_saw_yet_can_be_corrected_too(
    session: Session, office: tuple[int, int], clock: FakeClock
) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", assigned_tasks=7)), clock.now)
    round_.state, round_.closes_at = RoundState.CLOSED, clock.now - timedelta(hours=1)
    session.commit()
    finalise(session, round_, office[0], clock.now)
    asked = ask_for_correction(session, round_, "漏记 1 分", office[0], clock.now)
    with pytest.raises(ServiceError, match="请先确认或退回，再公布"):
        publish(session, round_, office[1], clock.now)
    session.rollback()
    decide_on_correction(session, round_, asked.id, True, "", office[1], clock.now)
    give_up_correction(session, round_, office[0], clock.now)
    assert round_.state is RoundState.FINALISED
    _reopen(session, round_, office, clock)
    _enter(session, round_, office, "8", clock)
    finalise(session, round_, office[0], clock.now)
    publish(session, round_, office[1], clock.now)
    version = published_version(session, round_)
    assert version is not None
    assert version.version == 2


def _at_once(session: Session, *acts: Callable[[Session], object]) -> list[str]:
    """Do things at the same moment, each in a session of its own; what came of each: "" or the sentence."""
    session.commit()

    def do(act: Callable[[Session], object]) -> str:
        with Session(session.get_bind(), expire_on_commit=False) as own:
            try:
                act(own)
            except ServiceError as error:
                return str(error)
            return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def test_of_two_at_once_one_wins_at_every_step(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    third = build_account(session, Role.OFFICE).id
    said = _at_once(
        session,
        *(lambda own, who=who: ask_for_correction(own, round_, "漏记", who, clock.now) for who in office),
    )
    assert sorted(map(bool, said)) == [False, True]
    (asked,) = session.query(Correction)
    others = {*office, third} - {asked.entered_by_id}
    said = _at_once(
        session,
        *(
            lambda own, who=who: decide_on_correction(own, round_, asked.id, True, "", who, clock.now)
            for who in others
        ),
    )
    assert sorted(map(bool, said)) == [False, True]
    _enter(session, round_, office, "8", clock)
    said = _at_once(session, *(lambda own, who=who: finalise(own, round_, who, clock.now) for who in office))
    assert sorted(map(bool, said)) == [False, True]
    version = version_of(session, round_, 2)
    others = {*office, third} - {version.frozen_by_id}
    said = _at_once(session, *(lambda own, who=who: publish(own, round_, who, clock.now) for who in others))
    assert sorted(map(bool, said)) == [False, True]
    assert session.query(ResultVersion).count() == 2
