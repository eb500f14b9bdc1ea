"""What a unit learns from looking twice: while answers are voided, and at the version that comes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.answer_review import ReviewKind
from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.models.response import Answer
from survey_app.models.round import Round
from survey_app.services.answer_reviews import ask_review, decide_review
from survey_app.services.corrections import ask_for_correction, decide_on_correction
from survey_app.services.own_results import own_change, own_score
from survey_app.services.publishing import finalise, publish
from survey_app.services.scores import published_scores, scores_of
from survey_app.services.unit_reports import Report, unit_report
from survey_app.services.versions import version_of
from tests.builders import build_account
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import finalise_and_publish, load_bundle


@pytest.fixture
def office(session: Session) -> tuple[int, int]:
    ids = build_account(session, Role.OFFICE).id, build_account(session, Role.OFFICE).id
    session.commit()
    return ids


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    """A published round in which 甲局 sees 8 and 6 answers."""
    given = unit("甲局", satisfaction={"satisfied": 8, "basically_satisfied": 6, "dissatisfied": 0})
    made = load_bundle(session, bundle(given, unit("乙局")), clock.now)
    finalise_and_publish(session, made, clock.now)
    clock.advance(timedelta(hours=1))
    return made


def _own_report(session: Session, round_: Round) -> Report:
    result = published_scores(session, round_)
    return unit_report(session, round_, result, result.unit_ids["甲局"], own_view=True)


def _void_one(session: Session, round_: Round, office: tuple[int, int], clock: FakeClock) -> None:
    asked = ask_for_correction(session, round_, "一份答卷不实", office[0], clock.now)
    decide_on_correction(session, round_, asked.id, True, "", office[1], clock.now)
    answer = (
        session.query(Answer).filter_by(round_id=round_.id, rating="satisfied").order_by(Answer.id).first()
    )
    assert answer is not None
    review = ask_review(session, round_, answer.id, ReviewKind.VOID, "不是企业所填", office[0], clock.now)
    decide_review(session, round_, review.id, Approval.APPROVED, "", office[1], clock.now)


def test_a_published_report_stays_as_it_was_while_answers_are_voided(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    before = _own_report(session, round_)
    assert (before.answers, before.complaints) == (14, 6)
    _void_one(session, round_, office, clock)
    after = _own_report(session, round_)
    assert (after.answers, after.measures, after.reasons) == (14, before.measures, before.reasons)
    live = scores_of(session, round_)
    assert unit_report(session, round_, live, live.unit_ids["甲局"], own_view=False).answers == 13


def test_the_next_version_shows_no_numbers_whose_difference_is_the_voided_answer(
    session: Session, round_: Round, office: tuple[int, int], clock: FakeClock
) -> None:
    _void_one(session, round_, office, clock)
    finalise(session, round_, office[0], clock.now)
    publish(session, round_, office[1], clock.now)
    result = published_scores(session, round_)
    unit_id = result.unit_ids["甲局"]
    score = own_score(session, round_, result, unit_id)
    assert (score.line("satisfaction").points, score.response.answered) == (14, None)
    assert "satisfaction" not in score.statistics
    report = _own_report(session, round_)
    assert (report.answers, report.complaints, report.hidden) == (None, None, True)
    assert [each.satisfied for each in report.trend] == [None]
    change = own_change(session, round_, version_of(session, round_, 1), result, unit_id)
    assert change is not None
    assert change.after is not None
    said = str(change.lines[0].why_after)
    assert "13" not in said
    assert "7" not in said
    assert result.unit(unit_id).statistics["satisfaction"].answered == 13, "the office goes on seeing it"


def test_a_unit_is_not_told_the_fewest_answers_of_the_others(session: Session, clock: FakeClock) -> None:
    """Without a draw the samples' sizes are the numbers of answers: "各单位 2 至 14" tells of another unit."""
    many = {"satisfied": 8, "basically_satisfied": 6, "dissatisfied": 0}
    few = {"satisfied": 2, "basically_satisfied": 0, "dissatisfied": 0}
    given = bundle(unit("甲局", satisfaction=many), unit("乙局", satisfaction=few))
    made = load_bundle(session, given, clock.now)
    result = scores_of(session, made)
    counted = tuple(
        replace(each, response=replace(each.response, sampled=None), size_warning=each.size_warning)
        for each in result.score.units
    )
    result = replace(result, score=replace(result.score, units=counted))
    assert own_score(session, made, result, result.unit_ids["甲局"]).size_warning is None
