"""What is known of a unit before it is scored, checked and exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from survey_app.domain.tally import Tally


@dataclass(frozen=True)
class Missing:
    """An input that is not known (yet); `parts` are the keys that lack where others are known."""

    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counts:
    """How many there were, and how many of them were dealt with."""

    whole: int
    part: int


@dataclass(frozen=True)
class TierInput:
    """What a tiered item has: the points that staff entered, and the marks or counts that suggest some.

    `counts` are in the order of the item's fields. Without marks and counts the unit has no value and takes
    no part in the split.
    """

    points: Decimal | None = None
    marks: tuple[Decimal, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Endorsement:
    """批示推广 — a practice and the key of a level that endorsed it."""

    practice: str
    level: str


ItemInput = Missing | Counts | TierInput | Tally | Decimal


@dataclass(frozen=True)
class UnitInput:
    """A unit's inputs: `items` has one for each item of the scheme; None stands for not known.

    `frame_size`, `sampled` and `reached` are numbers of enterprises (library, draw, spoken to), for the
    statistics beside the score.
    """

    unit: str
    items: Mapping[str, ItemInput]
    endorsements: tuple[Endorsement, ...] | None
    broken_promises: int | None
    frame_size: int | None = None
    sampled: int | None = None
    reached: int | None = None
    category: str | None = None
