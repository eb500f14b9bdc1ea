"""应答率: response, cooperation, refusal and contact rates as AAPOR's Standard Definitions define them.

What is counted is a place in a sample: one enterprise asked about one unit. Its outcome is the answer's where it
has answered, else that of its case. Settled here, since the definitions leave it to whoever counts:

- P, a partial interview, is always 0: a response is stored whole or not at all.
- 未办理业务 and 记不清 are not eligible: the sample is meant to be of those whom the unit served.
- A voided answer stays in the denominator as O: the enterprise was asked, and there is no answer of its own.
- An enterprise that had answered before it was drawn for this unit was never asked about it: of unknown
  eligibility.
- 空号或错号 says nothing of the enterprise: of unknown eligibility, though the queue ends there and a reserve may
  step in. Counted as not eligible it would raise every rate.
- Who refused once, or was reached once, and nobody got hold of since, is a refusal or a non-contact and not
  unknown; an appointment made after a refusal is a non-contact until it is kept.
- Reserves that stepped in are counted as well as those whom they replaced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from survey_app.domain.disposition import RULES, Disposition, Family
from survey_app.domain.points import round_half_up
from survey_app.domain.text import N_, Text

FAMILY_NAMES: dict[Family, str] = {
    Family.COMPLETE: N_("完成"),
    Family.PARTIAL: N_("部分完成"),
    Family.REFUSAL: N_("拒访"),
    Family.NON_CONTACT: N_("未接触到"),
    Family.OTHER: N_("其他未访"),
    Family.UNKNOWN_HOUSEHOLD: N_("不明：没有联系上"),
    Family.UNKNOWN_OTHER: N_("不明：其他"),
    Family.NOT_ELIGIBLE: N_("不合格"),
}
NONE = "—"
_PERCENT_PLACES = 1
_IN_RATES = {Disposition.WRONG_NUMBER: Family.UNKNOWN_OTHER}
# What was learnt by an earlier call outlives a later one that nobody answered.
_STRENGTH = {
    Family.UNKNOWN_OTHER: 0,
    Family.UNKNOWN_HOUSEHOLD: 0,
    Family.NON_CONTACT: 1,
    Family.REFUSAL: 2,
}


class AnswerState(Enum):
    """What an enterprise's response says of a unit; `NOT_ASKED`: it came before the unit was asked about."""

    RATED = "rated"
    NO_DEALINGS = "no_dealings"
    VOIDED = "voided"
    NOT_ASKED = "not_asked"


_ANSWERED = {
    AnswerState.RATED: Family.COMPLETE,
    AnswerState.NO_DEALINGS: Family.NOT_ELIGIBLE,
    AnswerState.VOIDED: Family.OTHER,
    AnswerState.NOT_ASKED: Family.UNKNOWN_OTHER,
}


def family_of(
    disposition: Disposition, answer: AnswerState | None = None, earlier: Family | None = None
) -> Family:
    """Return the family that a place in a sample counts in.

    `answer` is None without a response; `earlier` is the strongest of what earlier calls came to: REFUSAL,
    NON_CONTACT, or None.
    """
    if answer is not None:
        return _ANSWERED[answer]
    family = _IN_RATES.get(disposition, RULES[disposition].family)
    if earlier is None or disposition is Disposition.APPOINTMENT or family not in _STRENGTH:
        return family
    return max(family, earlier, key=_STRENGTH.__getitem__)


_I, _P, _R = Family.COMPLETE, Family.PARTIAL, Family.REFUSAL
_NC, _O = Family.NON_CONTACT, Family.OTHER
_UNKNOWN = (Family.UNKNOWN_HOUSEHOLD, Family.UNKNOWN_OTHER)
_ELIGIBLE = (_I, _P, _R, _NC, _O)


class Unknown(Enum):
    """How much of those of unknown eligibility a denominator holds: all, the estimated part e, or none."""

    ALL = "all"
    ESTIMATED = "estimated"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Rate:
    """A rate: AAPOR's name for it, ours, and the families above and below the line."""

    code: str
    name: str
    above: tuple[Family, ...]
    below: tuple[Family, ...]
    unknown: Unknown = Unknown.LEFT_OUT


RATES: tuple[Rate, ...] = (
    Rate("RR1", N_("应答率"), (_I,), _ELIGIBLE, Unknown.ALL),
    Rate("RR2", N_("应答率（含部分完成）"), (_I, _P), _ELIGIBLE, Unknown.ALL),
    Rate("RR3", N_("应答率（不明的按估计折算）"), (_I,), _ELIGIBLE, Unknown.ESTIMATED),
    Rate("RR4", N_("应答率（含部分完成，不明的按估计折算）"), (_I, _P), _ELIGIBLE, Unknown.ESTIMATED),
    Rate("RR5", N_("应答率（不计不明的）"), (_I,), _ELIGIBLE),
    Rate("RR6", N_("应答率（含部分完成，不计不明的）"), (_I, _P), _ELIGIBLE),
    Rate("COOP1", N_("合作率"), (_I,), (_I, _P, _R, _O)),
    Rate("COOP2", N_("合作率（含部分完成）"), (_I, _P), (_I, _P, _R, _O)),
    Rate("COOP3", N_("合作率（不计不便受访的）"), (_I,), (_I, _P, _R)),
    Rate("COOP4", N_("合作率（含部分完成，不计不便受访的）"), (_I, _P), (_I, _P, _R)),
    Rate("REF1", N_("拒访率"), (_R,), _ELIGIBLE, Unknown.ALL),
    Rate("REF2", N_("拒访率（不明的按估计折算）"), (_R,), _ELIGIBLE, Unknown.ESTIMATED),
    Rate("REF3", N_("拒访率（不计不明的）"), (_R,), _ELIGIBLE),
    Rate("CON1", N_("接触率"), (_I, _P, _R, _O), _ELIGIBLE, Unknown.ALL),
    Rate("CON2", N_("接触率（不明的按估计折算）"), (_I, _P, _R, _O), _ELIGIBLE, Unknown.ESTIMATED),
    Rate("CON3", N_("接触率（不计不明的）"), (_I, _P, _R, _O), _ELIGIBLE),
)
MAIN = ("RR1", "RR3", "COOP1", "REF1", "CON1")


def formula(rate: Rate) -> Text:
    """Return a rate's formula in words."""
    below = [(family, Text(FAMILY_NAMES[family])) for family in rate.below]
    return Text(
        "（%(above)s）÷（%(below)s）",
        {
            "above": _sum(tuple(Text(FAMILY_NAMES[family]) for family in rate.above)),
            "below": _sum((*(name for _, name in below), *_unknown_words(rate.unknown))),
        },
    )


def _unknown_words(unknown: Unknown) -> tuple[object, ...]:
    names = tuple(Text(FAMILY_NAMES[family]) for family in _UNKNOWN)
    if unknown is Unknown.ALL:
        return names
    return (Text("e×（%(unknown)s）", {"unknown": _sum(names)}),) if unknown is Unknown.ESTIMATED else ()


def _sum(parts: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(piece for part in parts for piece in (Text("＋"), part))[1:]


@dataclass(frozen=True)
class Outcomes:
    """How many places of a sample are in each family; a family that isn't named has none."""

    counts: Mapping[Family, int]

    def count(self, *families: Family) -> int:
        """Return how many are in any of these families."""
        return sum(self.counts.get(family, 0) for family in families)

    @property
    def total(self) -> int:
        """How many places there are."""
        return self.count(*Family)

    @property
    def unknown(self) -> int:
        """How many are of unknown eligibility."""
        return self.count(*_UNKNOWN)

    @property
    def eligible_share(self) -> Fraction | None:
        """e, the part of the unknown that is taken as eligible: that of the known; None when none is known."""
        known = self.count(*_ELIGIBLE, Family.NOT_ELIGIBLE)
        return Fraction(self.count(*_ELIGIBLE), known) if known else None

    def rate(self, rate: Rate) -> Fraction | None:
        """Return a rate exactly, 0 to 1; None of nothing, and where e is needed and not known."""
        below = self._below(rate)
        return Fraction(self.count(*rate.above)) / below if below else None

    def working(self, rate: Rate) -> str:
        """Return the rate's formula with the counts in it, in the formula's order; "—" where there is no rate."""
        below = self._below(rate)
        if not below:
            return NONE
        counts = [str(self.count(family)) for family in rate.below]
        unknown = [str(self.count(family)) for family in _UNKNOWN]
        if rate.unknown is Unknown.ALL:
            counts += unknown
        elif rate.unknown is Unknown.ESTIMATED:
            counts.append(f"{percent(self.eligible_share)}×({'+'.join(unknown)})")
        above = "+".join(str(self.count(family)) for family in rate.above)
        return f"({above})÷({'+'.join(counts)}) = {self.count(*rate.above)}÷{_short(below)} = {percent(self.rate(rate))}"

    def _below(self, rate: Rate) -> Fraction | None:
        known = Fraction(self.count(*rate.below))
        if rate.unknown is Unknown.ALL:
            return known + self.unknown
        if rate.unknown is Unknown.ESTIMATED and self.unknown:
            e = self.eligible_share
            return None if e is None else known + e * self.unknown
        return known


def outcomes_of(counts: Mapping[tuple[Disposition, AnswerState | None, Family | None], int]) -> Outcomes:
    """Return the families of places that are counted by what `family_of` asks for."""
    found: dict[Family, int] = {}
    for known, number in counts.items():
        family = family_of(*known)
        found[family] = found.get(family, 0) + number
    return Outcomes(found)


def together(outcomes: list[Outcomes]) -> Outcomes:
    """Return the sum of several."""
    return Outcomes({family: sum(each.count(family) for each in outcomes) for family in Family})


def percent(rate: Fraction | None) -> str:
    """Return a rate as a percentage to one decimal, half up, such as 73.6%; "—" for none."""
    return NONE if rate is None else f"{round_half_up(rate * 100, _PERCENT_PLACES)}%"


def _short(number: Fraction) -> str:
    return str(number) if number.denominator == 1 else str(round_half_up(number, _PERCENT_PLACES))
