"""一致率: what was taken down in an interview against what the enterprise says when it is called back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from survey_app.domain.answer import UnitAnswer
from survey_app.domain.back_check import Called
from survey_app.domain.instrument import Dealt
from survey_app.domain.statistics import Interval, share, wilson
from survey_app.domain.text import N_


class Asked(StrEnum):
    """What is asked again: only that there was a call, and what a score is made of."""

    CALLED = "called"
    DEALT = "dealt"
    RATING = "rating"


ASKED_NAMES = {Asked.CALLED: N_("接到过回访电话"), Asked.DEALT: N_("是否办过"), Asked.RATING: N_("总体评价")}


@dataclass(frozen=True)
class Compared:
    """One question asked twice: what was taken down first, and what was said when called back.

    `unit_id` is None for the call itself. Values are those of Called, Dealt, or a level's key.
    """

    asked: Asked
    unit_id: int | None
    first: str
    second: str

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.first == self.second


@dataclass(frozen=True)
class Agreement:
    """How many of the compared agree."""

    agreed: int
    compared: int

    @property
    def share(self) -> Decimal | None:
        """The part that agrees, 0 to 1; None where nothing was compared."""
        return share(self.agreed, self.compared)

    @property
    def interval(self) -> Interval | None:
        """Its 95 % interval."""
        return wilson(self.agreed, self.compared)


def compare(
    called: Called, first: Mapping[int, UnitAnswer], second: Mapping[int, UnitAnswer]
) -> list[Compared]:
    """Return what can be compared of an interview and its call-back, by unit id.

    记不清, on either side, says neither that it agrees nor that it doesn't, and is left out; so is a rating
    that only one side gave, since the dealings differ already.
    """
    found = []
    if called is not Called.UNSURE:
        found.append(Compared(Asked.CALLED, None, Called.YES, called))
    for unit_id in first.keys() & second.keys():
        was, now = first[unit_id], second[unit_id]
        if Dealt.UNSURE not in (was.dealt, now.dealt):
            found.append(Compared(Asked.DEALT, unit_id, was.dealt, now.dealt))
        if was.rating is not None and now.rating is not None:
            found.append(Compared(Asked.RATING, unit_id, was.rating, now.rating))
    return found


def agreements(compared: Iterable[Compared]) -> dict[Asked, Agreement]:
    """Return the agreement on each question."""
    counts = {asked: [0, 0] for asked in Asked}
    for each in compared:
        counts[each.asked][0] += each.agrees
        counts[each.asked][1] += 1
    return {asked: Agreement(*count) for asked, count in counts.items()}
