"""What a round's scores rest on, as anybody may see it: nothing in it names an enterprise or a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from survey_app.domain.round_inputs import Mark, RoundFacts, UnitInRound


class AnswerState(StrEnum):
    """Whether an answer counts."""

    COUNTED = "counted"
    VOIDED = "voided"  # a call-back showed it to be false
    REPLACED = "replaced"  # it was false, and a later one of the same enterprise counts in its place
    LATER = "later"  # the enterprise had answered before


@dataclass(frozen=True)
class DrawFact:
    """抽样 — a unit's draw: with the seed and the library, whose digest is here, anybody repeats it.

    `order_digest` is that of the enterprises' keys in the order of the draw (domain.sampling). What follows it is
    since format 2: the size `wanted`, the settings of the draw, how many were passed over because they rested or
    were at the cap, the digest of what was announced, and the sealed part of the seed with its digest. None: the
    draw was not announced, or has no sealed part.
    """

    unit: str
    instrument: str
    seed: str
    size: int
    frame_size: int
    frame_digest: str
    order_digest: str
    wanted: int | None = None
    rest_quarters: int | None = None
    units_cap: int | None = None
    rested: int = 0
    capped: int = 0
    announcement_digest: str | None = None
    sealed_digest: str | None = None
    sealed_part: str | None = None


@dataclass(frozen=True)
class AnswerFact:
    """答卷 — what one enterprise said of one unit, on which day, by which channel.

    `rating` is the key of a level, None where there were no dealings.
    """

    unit: str
    instrument: str
    rating: str | None
    mode: str
    day: str
    state: str


@dataclass(frozen=True)
class EntryFact:
    """填报 — an entry in force, as typed; None was cleared. Of who entered and approved it only the roles."""

    unit: str
    item: str
    version: int
    data: Mapping[str, str] | None
    entered_by: str
    approved_by: str | None


@dataclass(frozen=True)
class MarksFact:
    """监督员评分 — all marks of a unit, highest first."""

    unit: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class EndorsementFact:
    """批示推广 — an endorsed practice in force, the key of its level, the day of the endorsement."""

    unit: str
    practice: str
    level: str
    day: str


@dataclass(frozen=True)
class BrokenPromiseFact:
    """政策不兑现 — a verified case in force, and the day on which it was verified."""

    unit: str
    day: str


@dataclass(frozen=True)
class ReceiptsFact:
    """回执号名单 — the receipts of a survey's responses that count, sorted, tied to no answer and no time.

    `as_of` is the version at whose freezing the list was made: a small correction keeps the one that stood.
    `digest` is that of the list as it is published (domain.receipt.list_text).
    """

    instrument: str
    as_of: int
    number: int
    digest: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class DossierFacts:
    """A round's facts; `version` and `frozen_at` are None while the scores are live (试算).

    `units` are in the order of the sheets. `scheme_text` is the scheme's file. A trial has no `receipts`, and
    neither has what was frozen before there were lists of them.
    """

    round: str
    version: int | None
    frozen_at: str | None
    scheme_text: str
    units: tuple[UnitInRound, ...]
    draws: tuple[DrawFact, ...] = ()
    answers: tuple[AnswerFact, ...] = ()
    entries: tuple[EntryFact, ...] = ()
    marks: tuple[MarksFact, ...] = ()
    endorsements: tuple[EndorsementFact, ...] = ()
    broken_promises: tuple[BrokenPromiseFact, ...] = ()
    receipts: tuple[ReceiptsFact, ...] = ()


def scored_facts(facts: DossierFacts) -> RoundFacts:
    """Return what the points are made of: answers tallied, practices and cases by unit."""
    tallies: dict[tuple[str, str], dict[str, int]] = {}
    for answer in facts.answers:
        if answer.state == AnswerState.COUNTED and answer.rating is not None:
            tally = tallies.setdefault((answer.unit, answer.instrument), {})
            tally[answer.rating] = tally.get(answer.rating, 0) + 1
    practices: dict[str, list[tuple[str, str]]] = {}
    for each in facts.endorsements:
        practices.setdefault(each.unit, []).append((each.practice, each.level))
    broken: dict[str, int] = {}
    for case in facts.broken_promises:
        broken[case.unit] = broken.get(case.unit, 0) + 1
    return RoundFacts(
        facts.round,
        facts.units,
        tallies,
        {(entry.unit, entry.item): entry.data for entry in facts.entries},
        {each.unit: each.marks for each in facts.marks},
        {unit: sorted(found) for unit, found in practices.items()},
        broken,
    )
