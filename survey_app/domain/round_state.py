"""The life of a round: forward only, but for a correction, which ends in another version of its result."""

from datetime import datetime, timedelta
from enum import StrEnum

from survey_app.domain.text import N_

# A form opened in time may be sent this long after closing (plan rule: Tallying answers).
GRACE = timedelta(minutes=30)


class RoundState(StrEnum):
    """Where a quarter's round stands."""

    PREPARING = "preparing"  # 准备中: libraries come in, samples are drawn
    OPEN = "open"  # 回访中: answers are taken
    CLOSED = "closed"  # 已截止: no more answers, items may still be entered
    FINALISED = "finalised"  # 已核定: scores are frozen
    PUBLISHED = "published"  # 已公布: units see their own
    CORRECTING = "correcting"  # 更正中: items may be entered again; units go on seeing what was published


ROUND_STATE_NAMES = {
    RoundState.PREPARING: N_("准备中"),
    RoundState.OPEN: N_("回访中"),
    RoundState.CLOSED: N_("已截止"),
    RoundState.FINALISED: N_("已核定"),
    RoundState.PUBLISHED: N_("已公布"),
    RoundState.CORRECTING: N_("更正中"),
}

NEXT_STATE = {
    RoundState.PREPARING: RoundState.OPEN,
    RoundState.OPEN: RoundState.CLOSED,
    RoundState.CLOSED: RoundState.FINALISED,
    RoundState.FINALISED: RoundState.PUBLISHED,
}


def takes_answers(
    state: RoundState, closes_at: datetime | None, opened_form_at: datetime, now: datetime
) -> bool:
    """Whether an answer sent `now`, on a form opened at `opened_form_at`, still counts.

    A round closed by hand has its closing moment set to then, so the grace holds for it too; a frozen round
    takes nothing.
    """
    if state is RoundState.OPEN and (closes_at is None or now <= closes_at):
        return True
    if state not in (RoundState.OPEN, RoundState.CLOSED) or closes_at is None:
        return False
    return opened_form_at <= closes_at and now <= closes_at + GRACE
