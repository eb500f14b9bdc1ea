"""Where an objection stands, by its answers."""

import pytest

from survey_app.domain.approval import Approval
from survey_app.domain.objection import ObjectionState, objection_state

WAITING, APPROVED, RETURNED = Approval.WAITING, Approval.APPROVED, Approval.RETURNED


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([], ObjectionState.OPEN),
        ([(WAITING, True)], ObjectionState.PROPOSED),
        ([(APPROVED, True)], ObjectionState.UPHELD),
        ([(APPROVED, False)], ObjectionState.REJECTED),
        ([(RETURNED, True)], ObjectionState.OPEN),
        ([(RETURNED, True), (WAITING, False)], ObjectionState.PROPOSED),
        ([(RETURNED, True), (APPROVED, False)], ObjectionState.REJECTED),
    ],
)
def test_the_last_answer_decides(answers: list[tuple[Approval, bool]], state: ObjectionState) -> None:
    assert objection_state(answers) is state
