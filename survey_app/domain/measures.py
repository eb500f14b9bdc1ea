"""办事成本: times, papers, visits and fees out of the answers, each as a number, a code, or not known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from survey_app.domain.answer import BLANK, NOT_APPLICABLE
from survey_app.domain.points import round_half_up
from survey_app.domain.quartiles import Quartiles, quartiles
from survey_app.domain.text import N_

UNKNOWN = "unknown"
# One unit for all durations (choice): a working day has 8 hours, and 7 calendar days hold 5 working days.
_WORKDAYS = {"hours": Fraction(1, 8), "workdays": Fraction(1), "days": Fraction(5, 7)}
_VISITS = {"0": 0, "1": 1, "2": 2, "3": 3, "4_or_more": 4}


@dataclass(frozen=True)
class Measure:
    """What a question measures: its unit for people, and the codes that stand for 0."""

    question: str
    unit: str
    zeros: tuple[str, ...] = ()


MONEY = N_("元")
MEASURES = (
    Measure("duration", N_("工作日"), ("on_the_spot",)),
    Measure("documents", N_("件")),
    Measure("visits", N_("趟")),
    Measure("cost", MONEY, ("no_charge",)),
    Measure("agency", MONEY, ("none",)),
)


@dataclass(frozen=True)
class Measured:
    """What the answers about a unit say of one measure.

    `quartiles` are of those that gave a number (or a code for 0), None where none did; `unknown` are 记不清;
    `codes` counts the other codes, such as 还没办完, by value. Who left the question blank is in none.
    """

    measure: Measure
    quartiles: Quartiles | None
    unknown: int
    codes: Mapping[str, int]

    @property
    def said(self) -> int:
        """How many answered the question at all."""
        return (self.quartiles.n if self.quartiles else 0) + self.unknown + sum(self.codes.values())


def measure(which: Measure, answers: Sequence[Mapping[str, Any]]) -> Measured:
    """Return what the details of some answers say of a measure."""
    numbers: list[Decimal] = []
    codes: Counter[str] = Counter()
    for details in answers:
        value = details.get(which.question)
        number = number_of(which, value)
        if number is not None:
            numbers.append(number)
        elif isinstance(value, str) and value not in (BLANK, NOT_APPLICABLE):
            codes[value] += 1
    unknown = codes.pop(UNKNOWN, 0)
    return Measured(which, quartiles(numbers), unknown, dict(codes))


def number_of(which: Measure, value: object) -> Decimal | None:
    """Return the number that an answer to a measure's question gives, a code for 0 included; None without one."""
    if isinstance(value, dict):
        factor = _WORKDAYS.get(str(value.get("unit")))
        amount = _decimal(value.get("value"))
        return round_half_up(Fraction(amount) * factor, 4) if factor and amount is not None else None
    if not isinstance(value, str):
        return None
    if value in which.zeros:
        return Decimal(0)
    if which.question == "visits":
        return Decimal(_VISITS[value]) if value in _VISITS else None
    return _decimal(value)


def _decimal(written: object) -> Decimal | None:
    """The number that the form's parser wrote, digits and at most one point; None for anything else."""
    text = str(written)
    return Decimal(text) if text.replace(".", "", 1).isdecimal() else None
