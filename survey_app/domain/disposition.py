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
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    PHONE_OFF = "phone_off"
    WRONG_NUMBER = "wrong_number"
    DEREGISTERED = "deregistered"
    MAX_ATTEMPTS = "max_attempts"


@dataclass(frozen=True)
class DispositionRule:
    """What a disposition means: its name, AAPOR code and family, whether it ends the case, when to try again.

    `retry_after` None with `final` False means that the moment is chosen by a person (an appointment).
    `retries` is how often this outcome may recur before it ends the case; None: no limit of its own.
    `by_another`: the next call is another interviewer's. Codes are AAPOR's, delays the county plan's.
    """

    name: str
    aapor: str
    family: Family
    final: bool = False
    retry_after: timedelta | None = None
    retries: int | None = None
    note_required: bool = False
    by_another: bool = False
    call_outcome: bool = True


MAX_ATTEMPTS = 5

RULES: dict[Disposition, DispositionRule] = {
    Disposition.NOT_CONTACTED: DispositionRule(
        N_("未联系"), "3.19", Family.UNKNOWN_OTHER, call_outcome=False
    ),
    Disposition.COMPLETE: DispositionRule(N_("完成"), "1.1", Family.COMPLETE, final=True, call_outcome=False),
    Disposition.NO_DEALINGS: DispositionRule(
        N_("未办理业务"), "4.7", Family.NOT_ELIGIBLE, final=True, call_outcome=False
    ),
    Disposition.NO_ANSWER: DispositionRule(
        N_("无人接听"), "3.13", Family.UNKNOWN_HOUSEHOLD, retry_after=timedelta(hours=3)
    ),
    Disposition.BUSY: DispositionRule(
        N_("忙线"), "3.12", Family.UNKNOWN_HOUSEHOLD, retry_after=timedelta(minutes=30)
    ),
    Disposition.PHONE_OFF: DispositionRule(
        N_("关机或停机"), "3.16", Family.UNKNOWN_HOUSEHOLD, retry_after=timedelta(days=1)
    ),
    Disposition.PERSON_AWAY: DispositionRule(
        N_("负责人不在"), "2.21", Family.NON_CONTACT, retry_after=timedelta(hours=4)
    ),
    Disposition.APPOINTMENT: DispositionRule(N_("约定回电"), "2.20", Family.NON_CONTACT),
    Disposition.BROKEN_OFF: DispositionRule(
        N_("中途挂断"), "2.12", Family.REFUSAL, retry_after=timedelta(hours=2), retries=1
    ),
    Disposition.SOFT_REFUSAL: DispositionRule(
        N_("暂不愿意"), "2.112a", Family.REFUSAL, retry_after=timedelta(days=7), retries=1, by_another=True
    ),
    Disposition.HARD_REFUSAL: DispositionRule(N_("明确拒绝"), "2.112b", Family.REFUSAL, final=True),
    Disposition.LANGUAGE: DispositionRule(
        N_("语言或听力不便"), "2.33", Family.OTHER, final=True, note_required=True
    ),
    Disposition.WRONG_NUMBER: DispositionRule(
        N_("空号或错号"), "4.3", Family.NOT_ELIGIBLE, final=True, note_required=True
    ),
    Disposition.DEREGISTERED: DispositionRule(
        N_("企业已注销"), "4.7", Family.NOT_ELIGIBLE, final=True, note_required=True
    ),
    Disposition.MAX_ATTEMPTS: DispositionRule(
        N_("多次联系未果"), "3.13", Family.UNKNOWN_HOUSEHOLD, final=True, call_outcome=False
    ),
}

CALL_OUTCOMES = tuple(code for code, rule in RULES.items() if rule.call_outcome)
