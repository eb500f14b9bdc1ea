"""Objections: in time, once an item, answered by one and approved by another, and nothing of them is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.objection import ObjectionState
from survey_app.domain.roles import Role
from survey_app.models.objection import Objection
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.follow_up import follow_up
from survey_app.services.objections import (
    WHOLE,
    answer_objection,
    decide_on_answer,
    final_answer,
    find_objection,
    object_to,
    objections_of,
    state_of,
    window_of,
)
from tests.builders import build_account, build_unit
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.score_builders import finalise_and_publish, load_bundle

PUBLISHED = datetime(2022, 6, 1, 2, 0, tzinfo=UTC)  # a Wednesday; the Friday after it is a holiday


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    clock.now = PUBLISHED
    made = load_bundle(session, bundle(unit("甲局"), unit("乙局")), clock.now)
    finalise_and_publish(session, made, clock.now)
    return made


@pytest.fixture
def people(session: Session, round_: Round) -> tuple[int, int, int]:
    """The unit's account and two of the office."""
    ids = tuple(build_account(session, role).id for role in (Role.UNIT, Role.OFFICE, Role.OFFICE))
    session.commit()
    return ids


def _unit_id(session: Session, name: str = "甲局") -> int:
    return session.query(Unit).filter_by(name=name).one().id


def test_the_window_counts_working_days_and_ends_with_its_last_day(
    session: Session, round_: Round, people: tuple[int, int, int], clock: FakeClock
) -> None:
    window = window_of(session, round_, clock.now)
    assert window is not None
    assert (window.version, window.until, window.open) == (1, date(2022, 6, 9), True)
    clock.now = datetime(2022, 6, 9, 15, 59, tzinfo=UTC)  # a minute before the day ends in the county
    object_to(session, round_, _unit_id(session), WHOLE, "名次不对", people[0], clock.now)
    clock.advance(timedelta(minutes=1))
    with pytest.raises(ServiceError, match="异议期已于 2022-06-09 结束"):
        object_to(session, round_, _unit_id(session), "publicity", "少计", people[0], clock.now)


def test_what_cannot_be_an_objection_is_refused_with_its_field(
    session: Session, round_: Round, people: tuple[int, int, int], clock: FakeClock
) -> None:
    rated = _unit_id(session)
    for item, reason, field in (
        ("nothing", "少计", "item"),
        ("publicity", " ", "reason"),
        (WHOLE, "长" * 1001, "reason"),
    ):
        with pytest.raises(ServiceError) as caught:
            object_to(session, round_, rated, item, reason, people[0], clock.now)
        assert caught.value.field == field
    late = build_unit(session, "丙局")
    with pytest.raises(NotFoundError):
        object_to(session, round_, late.id, WHOLE, "没有得分", people[0], clock.now)
    object_to(session, round_, rated, "publicity", "少计一篇", people[0], clock.now)
    with pytest.raises(ConflictError, match="已经提过异议"):
        object_to(session, round_, rated, "publicity", "再提一次", people[0], clock.now)
    assert [each.reason for each in objections_of(session, round_, rated)] == ["少计一篇"]
    assert objections_of(session, round_, _unit_id(session, "乙局")) == []


def test_an_answer_counts_once_another_approves_it_and_returned_ones_stay(
    session: Session, round_: Round, people: tuple[int, int, int], clock: FakeClock
) -> None:
    account, first, second = people
    made = object_to(session, round_, _unit_id(session), "publicity", "少计一篇", account, clock.now)
    with pytest.raises(ServiceError) as caught:
        answer_objection(session, round_, made.id, None, "查过", first, clock.now)
    assert caught.value.field == "upheld"
    answer = answer_objection(session, round_, made.id, False, "没有少计", first, clock.now)
    with pytest.raises(ServiceError, match="另一人审核"):
        decide_on_answer(session, round_, made.id, answer.id, True, "", first, clock.now)
    session.rollback()
    assert final_answer(find_objection(session, round_, made.id)) is None
    decide_on_answer(session, round_, made.id, answer.id, False, "漏看了市级媒体", second, clock.now)
    assert state_of(find_objection(session, round_, made.id)) is ObjectionState.OPEN
    again = answer_objection(session, round_, made.id, True, "确实少计一篇", second, clock.now)
    decide_on_answer(session, round_, made.id, again.id, True, "", first, clock.now)
    found = find_objection(session, round_, made.id)
    assert state_of(found) is ObjectionState.UPHELD
    assert [each.text for each in found.answers] == ["没有少计", "确实少计一篇"]
    assert follow_up(session, round_, clock.now).to_correct == (found,)
    with pytest.raises(ConflictError, match="已有答复"):
        answer_objection(session, round_, made.id, False, "改主意", first, clock.now)


def test_two_answers_at_once_leave_one(
    session: Session, round_: Round, people: tuple[int, int, int], clock: FakeClock
) -> None:
    made = object_to(session, round_, _unit_id(session), WHOLE, "名次不对", people[0], clock.now)

    def answer(who: int) -> bool:
        with Session(session.get_bind(), expire_on_commit=False) as own:
            try:
                answer_objection(own, round_, made.id, True, "成立", who, clock.now)
            except ConflictError:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(answer, people[1:])) == [False, True]
    assert len(session.get_one(Objection, made.id).answers) == 1
