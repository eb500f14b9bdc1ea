"""Reserves that step in by the system, for whom and for whom not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.answer import UnitAnswer
from survey_app.domain.disposition import Disposition
from survey_app.domain.instrument import Dealt
from survey_app.domain.mode import Mode
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.round import Round, SampleEntry
from survey_app.models.unit import Unit
from survey_app.services import replacements
from survey_app.services.replacements import replace_due
from survey_app.services.responses import submit
from tests.builders import KEYS, build_case, build_enterprise, build_frame_entry, build_round, build_unit

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
D = Disposition


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def units(session: Session) -> list[Unit]:
    return [build_unit(session), build_unit(session)]


@pytest.fixture
def case(session: Session, round_: Round, units: list[Unit]) -> Case:
    """One enterprise about two units, each of which has two reserves."""
    case = build_case(session, round_, units)
    for unit in case.units:
        place = unit.sample_entry
        for step in (1, 2):
            enterprise = build_enterprise(session)
            session.add(
                SampleEntry(
                    sample_id=place.sample_id,
                    rank=place.rank + 1000 * step,
                    frame_entry_id=build_frame_entry(session, unit.unit, enterprise).id,
                    enterprise_id=enterprise.id,
                )
            )
    session.commit()
    return case


def stepped_in(session: Session, case: Case) -> dict[int, list[int]]:
    """By unit, the ranks of the reserves that are asked now, each less the case's own rank."""
    session.expire_all()
    return {
        unit.unit_id: [
            entry.rank - unit.sample_entry.rank
            for entry in session.scalars(
                select(SampleEntry)
                .where(
                    SampleEntry.sample_id == unit.sample_entry.sample_id,
                    SampleEntry.replaces_rank == unit.sample_entry.rank,
                )
                .order_by(SampleEntry.rank)
            )
        ]
        for unit in case.units
    }


def test_only_the_unit_that_it_had_no_dealings_with(session: Session, case: Case, units: list[Unit]) -> None:
    answers = {units[0].id: UnitAnswer(Dealt.YES, "satisfied"), units[1].id: UnitAnswer(Dealt.NO)}
    submit(session, case.id, Mode.QR, answers, NOW, NOW, "2022-1")
    assert replace_due(session, KEYS, NOW) == 1
    assert replace_due(session, KEYS, NOW) == 0
    assert stepped_in(session, case) == {units[0].id: [], units[1].id: [1000]}
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "sample.reserve")).one()
    assert (event.account_id, event.details["reason"]) == (None, "未办理业务或记不清")


@pytest.mark.parametrize(
    ("outcome", "stepping_in"), [(D.DEREGISTERED, 1), (D.WRONG_NUMBER, 0), (D.HARD_REFUSAL, 0)]
)
def test_by_the_result_of_the_calls(
    session: Session, case: Case, units: list[Unit], outcome: Disposition, stepping_in: int
) -> None:
    case.disposition, case.closed = outcome, True
    session.commit()
    assert replace_due(session, KEYS, NOW) == 2 * stepping_in
    assert stepped_in(session, case) == {unit.id: [1000] * stepping_in for unit in units}


def test_not_where_the_scheme_leaves_it_to_a_person(
    session: Session, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.disposition, case.closed = D.DEREGISTERED, True
    session.commit()
    by_hand = replace(replacements.rules_of(case.round), replace_at_once=False)
    monkeypatch.setattr(replacements, "rules_of", lambda _round: by_hand)
    assert replace_due(session, KEYS, NOW) == 0


def test_where_no_reserve_is_left_nothing_happens(session: Session, case: Case) -> None:
    case.disposition, case.closed = D.DEREGISTERED, True
    for entry in session.scalars(select(SampleEntry).where(SampleEntry.asked.is_(False))):
        entry.called_in_reason = "跳过"
    session.commit()
    assert replace_due(session, KEYS, NOW) == 0
