"""否认作答: an enterprise says that an answer wasn't its own; which steps staff take, and what each is called."""

from enum import StrEnum

from survey_app.domain.text import N_, Text


class DisavowalState(StrEnum):
    """Where it stands; none of these changes whether an answer counts."""

    NEW = "new"
    CALLED = "called"  # spoken with the enterprise, not yet decided
    NOT_THEIRS = "not_theirs"  # the call-back confirmed it: the answers may be voided, by two persons
    THEIRS = "theirs"  # it was the enterprise after all


class DisavowalWay(StrEnum):
    """How an enterprise said so."""

    PAGE = "page"
    SMS = "sms"
    PHONE = "phone"


DISAVOWAL_STATE_NAMES = {
    DisavowalState.NEW: N_("待处理"),
    DisavowalState.CALLED: N_("已回电"),
    DisavowalState.NOT_THEIRS: N_("查明不是本企业作答"),
    DisavowalState.THEIRS: N_("查明是本企业作答"),
}
DISAVOWAL_WAY_NAMES = {
    DisavowalWay.PAGE: N_("回执页面"),
    DisavowalWay.SMS: N_("回执短信"),
    DisavowalWay.PHONE: N_("来电"),
}
OPEN_STATES = (DisavowalState.NEW, DisavowalState.CALLED)
LONGEST_NOTE = 200
# Whoever has the page can't fill the office's list: what comes after so many reports tells nothing new.
MOST_REPORTS = 5


def why_not_step(current: DisavowalState, wanted: DisavowalState) -> Text | None:
    """Return why staff can't take a step, or None: a settled one may be settled otherwise, with a further note."""
    if wanted is DisavowalState.NEW:
        return Text("请选择处理结果")
    if wanted is current and wanted is not DisavowalState.CALLED:
        return Text("已经是这个结果，没有改动")
    return None


def after_report(current: DisavowalState | None) -> DisavowalState:
    """Return the state once an enterprise says so (again): what was found to be its own is looked at anew."""
    return DisavowalState.NEW if current in (None, DisavowalState.THEIRS) else current
