"""Days set against the calendar, for calls and for nothing else."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.audit_event import AuditEvent
from survey_app.schemes.calendar import load_calendar
from survey_app.services import calling
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from tests.builders import build_account

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in the county
THURSDAY, SATURDAY = date(2022, 6, 16), date(2022, 6, 18)


def test_a_day_off_and_a_day_on(session: Session) -> None:
    office = build_account(session, Role.OFFICE).id
    session.commit()
    off = calling.set_day(session, THURSDAY, False, "全县停电检修", NOW, office)
    calling.set_day(session, SATURDAY, True, "周末补访", NOW, office)
    hours = calling.hours_of(session, "fangcheng-2022")
    assert (hours.is_working(THURSDAY), hours.is_working(SATURDAY)) == (False, True)
    # The calendar itself, by which terms are counted, knows nothing of it.
    assert (load_calendar().is_working(THURSDAY), load_calendar().is_working(SATURDAY)) == (True, False)
    assert [day.day for day in calling.list_days(session, NOW)] == [THURSDAY, SATURDAY]
    with pytest.raises(ConflictError, match="已经登记过"):
        calling.set_day(session, THURSDAY, False, "再登记", NOW, office)
    assert calling.remove_day(session, off.id, NOW, office) == THURSDAY
    with pytest.raises(NotFoundError):
        calling.remove_day(session, off.id, NOW, office)
    session.rollback()
    assert calling.hours_of(session, "fangcheng-2022").is_working(THURSDAY)
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["calling.set_day", "calling.set_day", "calling.remove_day"]


@pytest.mark.parametrize(
    ("day", "working", "reason", "field"),
    [
        (None, False, "停电", "day"),
        (date(2022, 6, 14), False, "停电", "day"),
        (date(2025, 6, 16), False, "停电", "day"),
        (THURSDAY, None, "停电", "working"),
        (THURSDAY, True, "停电", "working"),
        (THURSDAY, False, " ", "reason"),
    ],
)
def test_what_is_refused(
    session: Session, day: date | None, working: bool | None, reason: str, field: str
) -> None:
    with pytest.raises(ServiceError) as raised:
        calling.set_day(session, day, working, reason, NOW, 1)
    assert raised.value.field == field
