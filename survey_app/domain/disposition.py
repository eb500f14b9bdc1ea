"""What became of a case, in AAPOR's families, and what each call's outcome makes of it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from survey_app.domain.text import N_


class Family(StrEnum):
    """AAPOR's families of dispositions, as response rates count them."""

    COMPLETE = "I"
    PARTIAL = "P"
    REFUSAL = "R"
    NON_CONTACT = "NC"
    OTHER = "O"
    UNKNOWN_HOUSEHOLD = "UH"
    UNKNOWN_OTHER = "UO"
    NOT_ELIGIBLE = "NE"


class Disposition(StrEnum):
    """访问结果 — where a case stands."""

    NOT_CONTACTED = "not_contacted"
    COMPLETE = "complete"
    NO_DEALINGS = "no_dealings"
    APPOINTMENT = "appointment"
    SOFT_REFUSAL = "soft_refusal"
    HARD_REFUSAL = "hard_refusal"
    BROKEN_OFF = "broken_off"
    PERSON_AWAY = "person_away"
    LANGUAGE = "language"
    HEARING = "hearing"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    PHONE_OFF = "phone_off"
    WRONG_NUMBER = "wrong_number"
    DEREGISTERED = "deregistered"
    MAX_ATTEMPTS = "max_attempts"


@dataclass(frozen=True)
class DispositionRule:
    """What a disposition means: its name, AAPOR code and family, whether it ends the case, when to try again.

    `retry_after` is the usual delay, which a scheme may change; None with `final` False means that the moment
    is chosen by a person (an appointment). `retries` is how often this outcome may recur before it ends the
    case; None: no limit of its own. `by_another`: the next call is another interviewer's; `other_part`: in
    another part of the day. `next_states` are where a case may go from here. Codes are AAPOR's, delays the county plan's.
    """

    name: str
    aapor: str
    family: Family
    final: bool = False
    retry_after: timedelta | None = None
    retries: int | None = None
    note_required: bool = False
    by_another: bool = False
    other_part: bool = False
    call_outcome: bool = True
    next_states: frozenset[Disposition] = frozenset()


D = Disposition
# An enterprise may answer by its link whatever came of the calls; nothing follows an answer.
_OWN_ANSWER = frozenset({D.COMPLETE, D.NO_DEALINGS})
# From where calls go on: every outcome of a call, and the end of all attempts.
_ON = _OWN_ANSWER | {
    D.NO_ANSWER,
    D.BUSY,
    D.PHONE_OFF,
    D.PERSON_AWAY,
    D.APPOINTMENT,
    D.BROKEN_OFF,
    D.SOFT_REFUSAL,
    D.HARD_REFUSAL,
    D.LANGUAGE,
    D.HEARING,
    D.WRONG_NUMBER,
    D.DEREGISTERED,
    D.MAX_ATTEMPTS,
}

RULES: dict[Disposition, DispositionRule] = {
    D.NOT_CONTACTED: DispositionRule(
        N_("未联系"), "3.19", Family.UNKNOWN_OTHER, call_outcome=False, next_states=_ON
    ),
    D.COMPLETE: DispositionRule(N_("完成"), "1.1", Family.COMPLETE, final=True, call_outcome=False),
    D.NO_DEALINGS: DispositionRule(
        N_("未办理业务"), "4.7", Family.NOT_ELIGIBLE, final=True, call_outcome=False
    ),
    D.NO_ANSWER: DispositionRule(
        N_("无人接听"),
        "3.13",
        Family.UNKNOWN_HOUSEHOLD,
        retry_after=timedelta(hours=3),
        next_states=_ON,
    ),
    D.BUSY: DispositionRule(
        N_("忙线"), "3.12", Family.UNKNOWN_HOUSEHOLD, retry_after=timedelta(minutes=30), next_states=_ON
    ),
    D.PHONE_OFF: DispositionRule(
        N_("关机或停机"), "3.16", Family.UNKNOWN_HOUSEHOLD, retry_after=timedelta(days=1), next_states=_ON
    ),
    D.PERSON_AWAY: DispositionRule(
        N_("负责人不在"),
        "2.21",
        Family.NON_CONTACT,
        retry_after=timedelta(hours=4),
        other_part=True,
        next_states=_ON,
    ),
    D.APPOINTMENT: DispositionRule(N_("约定回电"), "2.20", Family.NON_CONTACT, next_states=_ON),
    D.BROKEN_OFF: DispositionRule(
        N_("中途挂断"),
        "2.12",
        Family.REFUSAL,
        retry_after=timedelta(hours=2),
        retries=1,
        next_states=_ON,
    ),
    D.SOFT_REFUSAL: DispositionRule(
        N_("暂不愿意"),
        "2.112a",
        Family.REFUSAL,
        retry_after=timedelta(days=7),
        retries=1,
        by_another=True,
        next_states=_ON,
    ),
    D.HARD_REFUSAL: DispositionRule(
        N_("明确拒绝"), "2.112b", Family.REFUSAL, final=True, next_states=_OWN_ANSWER
    ),
    D.LANGUAGE: DispositionRule(
        N_("语言不通"), "2.33", Family.OTHER, final=True, note_required=True, next_states=_OWN_ANSWER
    ),
    D.HEARING: DispositionRule(
        N_("听力不便"), "2.32", Family.OTHER, final=True, note_required=True, next_states=_OWN_ANSWER
    ),
    # Final for the interviewers; the office may find another number, or the enterprise has one more.
    D.WRONG_NUMBER: DispositionRule(
        N_("空号或错号"),
        "4.32",
        Family.NOT_ELIGIBLE,
        final=True,
        note_required=True,
        next_states=_ON | {D.NOT_CONTACTED},
    ),
    D.DEREGISTERED: DispositionRule(
        N_("企业已注销"), "4.7", Family.NOT_ELIGIBLE, final=True, note_required=True, next_states=_OWN_ANSWER
    ),
    D.MAX_ATTEMPTS: DispositionRule(
        N_("多次联系未果"),
        "3.13",
        Family.UNKNOWN_HOUSEHOLD,
        final=True,
        call_outcome=False,
        next_states=_OWN_ANSWER,
    ),
}

CALL_OUTCOMES = tuple(code for code, rule in RULES.items() if rule.call_outcome)
# Outcomes after which the machine says when to call again; how long is a setting.
DELAYED = tuple(code for code, rule in RULES.items() if rule.retry_after is not None)

FAMILY_NAMES = {
    Family.COMPLETE: N_("完成"),
    Family.PARTIAL: N_("部分完成"),
    Family.REFUSAL: N_("拒绝或中断"),
    Family.NON_CONTACT: N_("未见到本人"),
    Family.OTHER: N_("其他原因"),
    Family.UNKNOWN_HOUSEHOLD: N_("未接通，不知是否合格"),
    Family.UNKNOWN_OTHER: N_("不知是否合格"),
    Family.NOT_ELIGIBLE: N_("不合格"),
}


def may_follow(before: Disposition, after: Disposition) -> bool:
    """Whether a case that stands at `before` may come to stand at `after`; a non-final one may recur."""
    return after in RULES[before].next_states
