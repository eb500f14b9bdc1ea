"""复核提示: what is implausible about an interview or its interviewer; a flag leads to a look and never to a score."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from survey_app.domain.answer import BLANK, NOT_APPLICABLE, UnitAnswer
from survey_app.domain.instrument import DEALT, RATING, Dealt, Instrument
from survey_app.domain.text import N_


class Flag(StrEnum):
    """What may be wrong with one interview."""

    TOO_SHORT = "too_short"
    SAME_REMARK = "same_remark"
    BURST = "burst"


FLAG_NAMES = {Flag.TOO_SHORT: N_("用时过短"), Flag.SAME_REMARK: N_("意见雷同"), Flag.BURST: N_("完成过密")}
# These are called back whether drawn or not. A burst alone may be a good hour.
SEVERE = frozenset({Flag.TOO_SHORT, Flag.SAME_REMARK})


def characters_read(opening: str, instrument: Instrument, answers: Mapping[str, UnitAnswer]) -> int:
    """Return the least number of characters that were read aloud for these answers, by the units' names.

    That is the opening, and of each unit the questions that have an answer, with the levels of the rating;
    other options needn't be read out, and questions left blank needn't be asked.
    """
    count = len(opening)
    for unit, answer in answers.items():
        asked = [DEALT]
        if answer.dealt is Dealt.YES:
            asked += [RATING, *(key for key, value in answer.details.items() if _was_given(value))]
        for question in instrument.questions:
            if question.id not in asked:
                continue
            count += len(question.text.zh.replace("{unit}", unit).replace("{months}", "1月—3月"))
            if question.id == RATING:
                count += sum(len(option.text.zh) for option in question.options)
    return count


def least_seconds(characters: int, fastest_speech: Decimal) -> int:
    """Return how long reading so many characters takes at the least, in whole seconds."""
    return int(characters / fastest_speech)


def burst_sizes(moments: Sequence[datetime], count: int, within: timedelta) -> list[int]:
    """Return for each moment, in order, the largest number within a span that holds it; 0 below `count`."""
    sizes = [0] * len(moments)
    start = 0
    for end in range(len(moments)):
        while moments[end] - moments[start] > within:
            start += 1
        size = end - start + 1
        if size >= count:
            for place in range(start, end + 1):
                sizes[place] = max(sizes[place], size)
    return sizes


def chance(part: int, whole: int, other_part: int, other_whole: int) -> float:
    """Return the probability that two shares differ by as much as they do, or more, by chance (Fisher, two-sided).

    `part` of `whole` against `other_part` of `other_whole`.
    """
    total, marked = whole + other_whole, part + other_part
    if marked > total - marked:  # the rarer side has the fewer tables
        part, marked = whole - part, total - marked
    least, most = max(0, whole - (total - marked)), min(whole, marked)

    def log_of(n: int, k: int) -> float:
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    logs = [
        log_of(marked, each) + log_of(total - marked, whole - each) - log_of(total, whole)
        for each in range(least, most + 1)
    ]
    seen = logs[part - least]
    return min(1.0, math.fsum(math.exp(each) for each in logs if each <= seen + 1e-7))


def _was_given(value: object) -> bool:
    return value not in (BLANK, NOT_APPLICABLE, "", [], {})
