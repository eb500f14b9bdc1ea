"""When survey messages may leave and what follows from them: shares of a number, prices, and the wait for an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from survey_app.domain.calling_hours import CallingHours
from survey_app.domain.toml_table import TomlTable

# The messages that ask for an answer; a receipt thanks for one, and counts as none of them.
INVITATION, REMINDER, RECEIPT = "invitation", "reminder", "receipt"
ASKING = (INVITATION, REMINDER)
# What a number may get, however many enterprises it answers for, and whoever asks.
ONE_NUMBER_EVERY = timedelta(days=1)
MOST_TO_ONE_NUMBER = 3
_MOST_SILENCE = 30


@dataclass(frozen=True)
class SendingRules:
    """How a county sends: days that a message is given to be answered, yuan a segment, each survey's share.

    The shares of a number are fixed, since what is left for one survey would tell whom the other one asks.
    """

    silence_days: int
    price: Decimal
    share: Mapping[str, int]


class SendingRulesError(ValueError):
    """Rules that can't be used; the text has one line for each fault."""


def parse_sending(data: Mapping[str, object]) -> SendingRules:
    """Read the table `sending` of a file of messages, whose other tables are the surveys.

    Raises SendingRulesError naming every fault.
    """
    top = TomlTable(data, "", [])
    table = top.table("sending")
    silence, price, shares = (
        table.count("silence_days"),
        table.number("price", Decimal(0)),
        table.table("share"),
    )
    share = {survey: shares.count(survey) for survey in data if survey != "sending"}
    shares.done()
    if silence > _MOST_SILENCE:
        table.fault("silence_days", f"最多 {_MOST_SILENCE} 天")
    if sum(share.values()) > MOST_TO_ONE_NUMBER:
        table.fault("share", f"各项调查合计最多 {MOST_TO_ONE_NUMBER} 条：一个号码一轮只收这么多")
    rules = table.finish(SendingRules(silence, price, share))
    if top.faults:
        raise SendingRulesError("\n".join(top.faults))
    return rules


def leaves_at(now: datetime, others_last: datetime | None) -> datetime:
    """Return when a survey's messages may leave: a day after the last that another survey sent.

    It is the same for all of them. To hold back only the numbers that both have would tell which those are.
    """
    return now if others_last is None else max(now, others_last + ONE_NUMBER_EVERY)


def silence_ends(
    left_at: datetime, days: int, closes_at: datetime | None, hours: CallingHours
) -> datetime | None:
    """Return when a case that was sent a message may be called, in county time as `left_at` is.

    None: at once, since after the wait the round would be over.
    """
    ends = hours.next_moment(left_at + timedelta(days=days))
    return None if closes_at is not None and ends >= closes_at else ends
