"""What is taken down in a call is kept as it goes, for whoever took it down, and counts nowhere."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.interview_draft import InterviewDraft
from survey_app.models.response import Response
from survey_app.services import interviews
from survey_app.services.errors import ServiceError
from survey_app.services.interview_drafts import draft_of, keep_draft
from survey_app.services.waiting_cases import open_attempt
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock


@pytest.fixture
def who(session: Session) -> int:
    return build_account(session, Role.INTERVIEWER).id


@pytest.fixture
def case(session: Session, who: int, clock: FakeClock) -> Case:
    build_case(session, build_round(session), [build_unit(session)])
    session.commit()
    held = interviews.next_case(session, who, clock.now, "0")
    assert held is not None
    return held


def keep(session: Session, case: Case, who: int, clock: FakeClock, value: str, revision: int | None) -> int:
    return keep_draft(session, case, who, {"u1-dealt": [value]}, "yes", "2022-1", revision, clock.now)


def stored(session: Session) -> list[tuple[dict[str, list[str]], int]]:
    """What another connection sees: what a killed server leaves behind."""
    with Session(session.get_bind()) as other:
        return [(draft.fields, draft.revision) for draft in other.scalars(select(InterviewDraft))]


def test_nothing_is_kept_before_a_call(session: Session, case: Case, who: int, clock: FakeClock) -> None:
    with pytest.raises(ServiceError, match="还没有拨打"):
        keep(session, case, who, clock, "yes", 1)


def test_an_older_save_never_overwrites_a_newer(
    session: Session, case: Case, who: int, clock: FakeClock
) -> None:
    interviews.begin_call(session, case.id, who, 0, clock.now)
    assert keep(session, case, who, clock, "yes", 2) == 2
    assert keep(session, case, who, clock, "no", 1) == 2
    assert stored(session) == [({"u1-dealt": ["yes"]}, 2)]
    assert keep(session, case, who, clock, "unsure", None) == 3
    assert session.query(Response).count() == 0
    attempt = session.query(ContactAttempt).one()
    assert (attempt.consent, attempt.script_version, attempt.consented_at) == ("yes", "2022-1", clock.now)


def test_saving_holds_the_case_and_is_shown_to_its_author_alone(
    session: Session, case: Case, who: int, clock: FakeClock
) -> None:
    interviews.begin_call(session, case.id, who, 0, clock.now)
    clock.advance(timedelta(minutes=20))
    keep(session, case, who, clock, "yes", 1)
    session.refresh(case)
    assert case.held_until == clock.now + timedelta(minutes=30)
    other = build_account(session, Role.INTERVIEWER).id
    assert draft_of(session, case.id, other, None) is None
    current = open_attempt(session, case.id, who, clock.now)
    draft = draft_of(session, case.id, who, current)
    assert draft is not None
    assert draft.of_this_call
    assert draft.revision == 1
    # A call that broke off leaves it for the same person's next one, a final outcome doesn't.
    interviews.record_outcome(session, case.id, who, Disposition.BROKEN_OFF, "", None, clock.now)
    later = draft_of(session, case.id, who, None)
    assert later is not None
    assert (later.of_this_call, later.revision) == (False, 0)
    clock.advance(timedelta(days=1))
    assert interviews.next_case(session, who, clock.now, "0") is not None
    interviews.begin_call(session, case.id, who, 0, clock.now)
    interviews.record_outcome(session, case.id, who, Disposition.HARD_REFUSAL, "", None, clock.now)
    assert stored(session) == []
