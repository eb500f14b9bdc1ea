"""访问复核: what a supervisor decides about an interview that was flagged or that a call-back contradicts."""

from enum import StrEnum

from survey_app.domain.text import N_


class InterviewDecision(StrEnum):
    """What was decided; the answers count as before, but where two persons void them."""

    FINE = "fine"  # 没有问题: looked into, with a note
    RETURNED = "returned"  # 退回重新联系: another person calls the enterprise again
    VOID = "void"  # 申请作废: each answer goes to the review by two persons


DECISION_NAMES = {
    InterviewDecision.FINE: N_("查过，没有问题"),
    InterviewDecision.RETURNED: N_("退回，由另一人重新联系"),
    InterviewDecision.VOID: N_("申请作废"),
}
