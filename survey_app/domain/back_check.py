"""质量复核: which interviews another person calls back, drawn so that nobody can foresee or steer it."""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from survey_app.domain.disposition import Disposition
from survey_app.domain.quality_rules import QualityRules
from survey_app.domain.text import N_


class BackCheckReason(StrEnum):
    """Why an interview is called back."""

    RANDOM = "random"  # drawn
    FLAG = "flag"  # something about it is implausible
    RETURNED = "returned"  # a supervisor wants it


class BackCheckState(StrEnum):
    """Where a call-back stands."""

    WAITING = "waiting"
    DONE = "done"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


class Called(StrEnum):
    """是否接到过 — whether the enterprise says that it was interviewed."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


REASON_NAMES = {
    BackCheckReason.RANDOM: N_("系统抽中"),
    BackCheckReason.FLAG: N_("因提示加抽"),
    BackCheckReason.RETURNED: N_("退回重新联系"),
}
STATE_NAMES = {
    BackCheckState.WAITING: N_("等待复核"),
    BackCheckState.DONE: N_("已复核"),
    BackCheckState.UNREACHABLE: N_("联系不上"),
    BackCheckState.REFUSED: N_("不愿意复核"),
}
CALLED_NAMES = {Called.YES: N_("接到过"), Called.NO: N_("没有接到过"), Called.UNSURE: N_("记不清")}
# What a call-back that brought no answers may come to; they are named as those of the interviews.
OUTCOMES = (
    Disposition.NO_ANSWER,
    Disposition.BUSY,
    Disposition.PHONE_OFF,
    Disposition.PERSON_AWAY,
    Disposition.WRONG_NUMBER,
    Disposition.HARD_REFUSAL,
)


@dataclass(frozen=True)
class Interview:
    """A completed interview: its id, which rises with time, and when it was received."""

    id: int
    received_at: datetime


def blocks_of(
    interviews: Iterable[Interview], now: datetime, rules: QualityRules, ended: bool
) -> list[tuple[list[int], bool]]:
    """Return one interviewer's interviews in blocks, in order, each with whether it is settled.

    A block is settled when it is full, when its first interview is older than `rules.settle`, or when calling
    has `ended`.
    """
    blocks: list[list[Interview]] = []
    for interview in sorted(interviews, key=lambda each: each.id):
        last = blocks[-1] if blocks else None
        if (
            last is None
            or len(last) == rules.block
            or interview.received_at - last[0].received_at > rules.settle
        ):
            blocks.append([interview])
        else:
            last.append(interview)
    settled = len(blocks) - 1
    return [
        (
            [each.id for each in block],
            place < settled
            or ended
            or len(block) == rules.block
            or now - block[0].received_at > rules.settle,
        )
        for place, block in enumerate(blocks)
    ]


def drawn(
    secret: bytes,
    interviews: Sequence[Interview],
    now: datetime,
    rules: QualityRules,
    ended: bool,
    already: Collection[int],
) -> list[int]:
    """Return the interviews of one interviewer that are drawn now and weren't `already`.

    Each block has exactly one at a place that the secret hides: it is drawn once it is there, and nobody who
    hasn't the secret can tell whether the next one will be. In a block that is settled before it came to that
    place, one of those that are there is drawn instead. Either way each place is as likely as any other.
    """
    found = []
    for block, is_settled in blocks_of(interviews, now, rules, ended):
        if any(each in already for each in block):
            continue
        place = _number(secret, "place", block[0]) % rules.block
        if place < len(block):
            found.append(block[place])
        elif is_settled:
            found.append(min(block, key=lambda each: _number(secret, "one", each)))
    return found


def after_outcome(
    outcome: Disposition, tries: int, rules: QualityRules, numbers_left: bool
) -> BackCheckState:
    """Return where a call-back stands after a call without answers, the `tries`-th; WAITING: to be tried again.

    `numbers_left`: there is another number that isn't known to be wrong.
    """
    if outcome is Disposition.HARD_REFUSAL:
        return BackCheckState.REFUSED
    if tries >= rules.tries or (outcome is Disposition.WRONG_NUMBER and not numbers_left):
        return BackCheckState.UNREACHABLE
    return BackCheckState.WAITING


def _number(secret: bytes, use: str, interview_id: int) -> int:
    return int.from_bytes(hmac.digest(secret, f"{use}:{interview_id}".encode(), hashlib.sha256))
