"""异议: how an objection to a published result stands, by the answers that were given to it."""

from collections.abc import Sequence
from enum import StrEnum

from survey_app.domain.approval import Approval
from survey_app.domain.text import N_


class ObjectionState(StrEnum):
    """Where an objection stands; until an answer is approved, the unit sees it as waiting."""

    OPEN = "open"  # 待答复: no answer yet, or the last was returned
    PROPOSED = "proposed"  # 答复待审核: one person has answered, another has still to approve it
    UPHELD = "upheld"  # 异议成立: the result needs a correction
    REJECTED = "rejected"  # 异议不成立: the result stands


OBJECTION_STATE_NAMES = {
    ObjectionState.OPEN: N_("待答复"),
    ObjectionState.PROPOSED: N_("答复待审核"),
    ObjectionState.UPHELD: N_("异议成立"),
    ObjectionState.REJECTED: N_("异议不成立"),
}
ANSWERED = (ObjectionState.UPHELD, ObjectionState.REJECTED)


def objection_state(answers: Sequence[tuple[Approval, bool]]) -> ObjectionState:
    """Return an objection's state from its answers, oldest first: where each stands, and whether it upholds."""
    if not answers or answers[-1][0] is Approval.RETURNED:
        return ObjectionState.OPEN
    approval, upheld = answers[-1]
    if approval is Approval.WAITING:
        return ObjectionState.PROPOSED
    return ObjectionState.UPHELD if upheld else ObjectionState.REJECTED
