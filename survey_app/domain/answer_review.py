"""答卷复核: what two persons may decide about an answer, and when they may."""

from enum import StrEnum

from survey_app.domain.text import N_, Text


class ReviewKind(StrEnum):
    """What is to become of an answer that turned out to be false; it stays in the record either way."""

    VOID = "void"  # 作废: it doesn't count
    REPLACE = "replace"  # 更正: a later submission of the same enterprise counts in its place


REVIEW_KIND_NAMES = {ReviewKind.VOID: N_("作废"), ReviewKind.REPLACE: N_("更正")}


def why_not_review(counted: bool, waiting: bool) -> Text | None:
    """Return why nobody may ask to have an answer voided or replaced, or None when they may."""
    if not counted:
        return Text("这份答卷已经不计入得分")
    if waiting:
        return Text("这份答卷已有待复核的申请，请先处理")
    return None
