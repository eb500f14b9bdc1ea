"""Approving an item's figures: what its ledger says of them."""

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.approval import Approval
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.approvals import decide_entries, waiting_entries
from survey_app.services.errors import ServiceError
from survey_app.services.items import enter_item
from tests.builders import build_account, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import build_ledger_entry

FIGURES = {"raised": "1", "solved": "1"}


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session)


@pytest.fixture
def unit(session: Session) -> Unit:
    return build_unit(session, "税务局")


def test_figures_that_the_ledger_contradicts_are_approved_only_with_their_reason(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    one, other = build_account(session).id, build_account(session).id
    build_ledger_entry(session, round_, unit, "problems", clock.now)
    enter_item(session, round_, unit, "problems", FIGURES, "", 0, one, clock.now)
    (waiting,) = waiting_entries(session, round_, Role.OFFICE)
    assert str(waiting.gap) == "填报数与台账不一致：台账为提出问题 1、已解决问题 0"
    approve = {waiting.entry.id: (Approval.APPROVED, "")}
    with pytest.raises(ServiceError, match=r"税务局.*填报数与台账不一致"):
        decide_entries(session, round_, approve, other, clock.now)
    enter_item(session, round_, unit, "problems", FIGURES, "6 月 14 日已解决，台账待补", 1, one, clock.now)
    (waiting,) = waiting_entries(session, round_, Role.OFFICE)
    assert waiting.gap is not None
    decide_entries(session, round_, {waiting.entry.id: (Approval.APPROVED, "")}, other, clock.now)


def test_what_the_ledger_confirms_has_no_gap(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    one = build_account(session).id
    entry = build_ledger_entry(session, round_, unit, "problems", clock.now, solved_on="2022-03-09")
    enter_item(session, round_, unit, "problems", FIGURES, "", 0, one, clock.now)
    (waiting,) = waiting_entries(session, round_, Role.OFFICE)
    assert (entry.approval, waiting.gap) == (Approval.APPROVED, None)


def test_a_contradicted_figure_may_always_be_returned(
    session: Session, round_: Round, unit: Unit, clock: FakeClock
) -> None:
    one, other = build_account(session).id, build_account(session).id
    build_ledger_entry(session, round_, unit, "problems", clock.now)
    enter_item(session, round_, unit, "problems", FIGURES, "", 0, one, clock.now)
    (waiting,) = waiting_entries(session, round_, Role.OFFICE)
    decide_entries(session, round_, {waiting.entry.id: (Approval.RETURNED, "与台账不符")}, other, clock.now)
    assert waiting_entries(session, round_, Role.OFFICE) == []
