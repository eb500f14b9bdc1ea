"""The answers behind a unit's points: without their enterprises, with what they take off and how they came."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.message import MessageState
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.message import Message
from survey_app.services.answers import anonymous_answers, answer_trail
from survey_app.services.errors import NotFoundError
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import build_answers


def test_answers_come_without_their_enterprises(session: Session, clock: FakeClock) -> None:
    round_, unit = build_round(session), build_unit(session)
    for number, rating in enumerate(("satisfied", None, "dissatisfied", "basically_satisfied")):
        case = build_case(session, round_, [unit])
        build_answers(session, case, {unit.id: rating}, clock.now + timedelta(hours=number), reasons=["slow"])
    answers = anonymous_answers(session, round_, unit.id, "satisfaction")
    assert [(answer.rating, answer.deduction) for answer in answers] == [
        ("dissatisfied", Decimal(2)), ("basically_satisfied", Decimal(1)), ("satisfied", Decimal(0)), (None, None),
    ]  # fmt: skip
    assert not any(
        word in name
        for name in answers[0].__dataclass_fields__
        for word in ("enterprise", "case", "response")
    )


def test_trail_has_the_calls_and_messages_of_the_case(session: Session, clock: FakeClock) -> None:
    round_, unit = build_round(session), build_unit(session)
    case = build_case(session, round_, [unit])
    caller = build_account(session)
    response = build_answers(session, case, {unit.id: "satisfied"}, clock.now)
    call = {"case_id": case.id, "interviewer_id": caller.id, "phone": "13800138000", "started_at": clock.now}
    session.add(ContactAttempt(**call, outcome=Disposition.NO_ANSWER.value))
    session.add(ContactAttempt(**call | {"started_at": clock.now + timedelta(days=1)}, outcome=None))
    session.add(
        Message(
            id="m",
            case_id=case.id,
            purpose="invitation",
            template_key="invitation",
            phone="13800138000",
            state=MessageState.DELIVERED,
            run_at=clock.now,
            created_at=clock.now,
        )
    )
    session.commit()
    trail = answer_trail(session, round_, response.answers[0].id)
    assert [outcome for _, outcome in trail.calls] == [Disposition.NO_ANSWER, None]
    assert [(key, state) for _, key, state in trail.messages] == [("invitation", MessageState.DELIVERED)]
    assert trail.later == ()
    with pytest.raises(NotFoundError):
        answer_trail(session, build_round(session, "2022-Q1"), response.answers[0].id)
