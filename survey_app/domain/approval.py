"""审核: what one person enters counts only once another has approved it."""

from enum import StrEnum

from survey_app.domain.text import N_, Text


class Approval(StrEnum):
    """Where an entry stands between the person who made it and the one who checks it."""

    WAITING = "waiting"  # 待审核
    APPROVED = "approved"  # 已审核: in force
    RETURNED = "returned"  # 已退回: its reason says what to mend


APPROVAL_NAMES = {
    Approval.WAITING: N_("待审核"),
    Approval.APPROVED: N_("已审核"),
    Approval.RETURNED: N_("已退回"),
}


def why_not_decide(approval: Approval, entered_by_id: int, decided_by_id: int) -> Text | None:
    """Return why a person may not approve or return an entry, or None when they may."""
    if approval is not Approval.WAITING:
        return Text("这一条已经审核过，请刷新列表")
    if entered_by_id == decided_by_id:
        return Text("自己填报的内容须由另一人审核")
    return None
