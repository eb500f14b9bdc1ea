"""评分方案: what is scored, and by which rules, as a scheme's file says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from survey_app.domain.ledger import LedgerKind
from survey_app.domain.tally import RatingLevel
from survey_app.domain.text import Name


class Kind(StrEnum):
    """How an item's points come about; the order is the one in which missing inputs are listed."""

    ALL_OR_NOTHING = "all_or_nothing"
    POINTS = "points"
    TIERS = "tiers"
    DEDUCTIONS = "deductions"
    AVERAGE = "average"
    REFERENCE = "reference"


class WhenNone(StrEnum):
    """What an all-or-nothing item gives where there was nothing to do."""

    FULL = "full"
    PENDING = "pending"


class Partial(StrEnum):
    """What an all-or-nothing item gives where only a part was done."""

    NONE = "none"
    PROPORTIONAL = "proportional"


class TierSource(StrEnum):
    """Where the values come from that tiers are made of."""

    MARKS = "marks"
    COUNTS = "counts"


class Within(StrEnum):
    """Among whom a unit is ranked, where it isn't among all."""

    CATEGORY = "category"


class Counting(StrEnum):
    """How often one practice may earn a bonus."""

    HIGHEST = "highest"
    EVERY = "every"


@dataclass(frozen=True)
class InputField:
    """A number within an item's input: its key in a bundle, its name for people, its weight."""

    key: str
    name: Name
    weight: Decimal = Decimal(1)


@dataclass(frozen=True)
class AllOrNothing:
    """Full points if all of `whole` is within `part`, else none (or a share, rounded to 0.1)."""

    whole: InputField
    part: InputField
    when_none: WhenNone
    partial: Partial

    kind = Kind.ALL_OR_NOTHING


@dataclass(frozen=True)
class PointRange:
    """Points that a person enters, from `low` to `high` in steps."""

    low: Decimal
    high: Decimal
    step: Decimal

    kind = Kind.POINTS


@dataclass(frozen=True)
class Band:
    """方阵 — a tier and the points that it spans, both ends included."""

    name: Name
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Tiers:
    """Bands from best to worst, the shares of units at which they part, and the values that order the units.

    `fields` are the counted kinds (source counts; empty for marks), `mark_range` the lowest and highest mark
    (source marks). `zero_points` are the fixed points of a value of 0, None where 0 is a value like others.
    `least_raters` is a rule of the process, not of the points: with fewer marks a unit's score is not made final
    until the office has confirmed points.
    """

    bands: tuple[Band, ...]
    cuts: tuple[Fraction, ...]
    source: TierSource
    fields: tuple[InputField, ...]
    mark_range: tuple[Decimal, Decimal]
    step: Decimal
    zero_points: Decimal | None
    least_raters: int = 1

    kind = Kind.TIERS


@dataclass(frozen=True)
class Answered:
    """What all items have that answers decide: `levels` are the scheme's, from best to worst.

    `from_library`: the answers come from enterprises drawn from the unit's library, whose counts a bundle may
    give; the statistics beside the score are then made with them.
    """

    levels: tuple[RatingLevel, ...]
    from_library: bool


@dataclass(frozen=True)
class Deductions(Answered):
    """The maximum less so many points for each answer of a level, not below `floor` (None: no floor)."""

    per: Mapping[str, Decimal]
    floor: Decimal | None

    kind = Kind.DEDUCTIONS


@dataclass(frozen=True)
class Average(Answered):
    """The maximum times the mean of the answers' shares of it, by level, rounded half up to `places`."""

    share: Mapping[str, Decimal]
    places: int

    kind = Kind.AVERAGE


@dataclass(frozen=True)
class Reference:
    """A result from elsewhere, shown and not scored; `impute` gives units without one the others' mean."""

    low: Decimal
    high: Decimal
    places: int
    impute: bool

    kind = Kind.REFERENCE


Settings = AllOrNothing | PointRange | Tiers | Deductions | Average | Reference


@dataclass(frozen=True)
class Section:
    """监测内容 — a part of the official score sheet."""

    id: str
    title: Name
    max: Decimal


@dataclass(frozen=True)
class Group:
    """A line of the official score sheet within a section, which may hold several items."""

    id: str
    section: Section
    title: Name
    max: Decimal


@dataclass(frozen=True)
class ScoreItem:
    """评分项 — one scored item: its place on the sheet, the official wording, who supplies the input.

    `ledger` is the kind of 台账 that proves its input; `scan_required`: counts that are handed in for all units
    stand only with the signed sheet beside them.
    """

    id: str
    title: Name
    section: Section
    group: Group | None
    requirement: Name
    supplier: Name
    max: Decimal
    settings: Settings
    ledger: LedgerKind | None = None
    scan_required: bool = False

    @property
    def kind(self) -> Kind:
        """How the item's points come about."""
        return self.settings.kind

    @property
    def answered(self) -> bool:
        """Whether answers decide the item."""
        return isinstance(self.settings, Answered)

    @property
    def counts(self) -> bool:
        """Whether the item is part of the score; a reference row is not."""
        return self.kind is not Kind.REFERENCE


@dataclass(frozen=True)
class Level:
    """The level of government that endorsed a practice, and the bonus for it."""

    key: str
    name: Name
    points: Decimal


@dataclass(frozen=True)
class Bonus:
    """加分 — points for endorsed practices, `cap` at most (None: no bound)."""

    id: str
    title: Name
    requirement: Name
    supplier: Name
    levels: tuple[Level, ...]
    counting: Counting
    cap: Decimal | None

    def level(self, key: str) -> Level | None:
        """Return the level with a key, or None."""
        return next((level for level in self.levels if level.key == key), None)


@dataclass(frozen=True)
class Penalty:
    """减分 — points taken off for each verified case, `cap` at most in all (None: no bound)."""

    id: str
    title: Name
    requirement: Name
    supplier: Name
    points: Decimal
    cap: Decimal | None


@dataclass(frozen=True)
class DrawRules:
    """抽样规则 — what a draw goes by unless its announcement says otherwise (domain.unit_draws).

    For `rest_quarters` after it was asked an enterprise is left alone; about `units_cap` units it is asked at
    most in one round and survey. 0: no rest, no cap.
    """

    rest_quarters: int
    units_cap: int


@dataclass(frozen=True)
class Scheme:
    """评分方案 — a whole scheme; `floor` and `cap` bound the total, None where the plan doesn't.

    `ratings` are the levels that an answer may give, from best to worst. `within`: units are ranked among
    those of their own category only; None: among all. `objection_days` are the working days after publication
    in which a unit may object; 0: none. A unit sees no number of answers below `smallest_cell`.
    `receipt_sms`: who answers gets an SMS at the number of its library that says so, whoever filled the form in.
    """

    key: str
    name: Name
    source: Name
    max: Decimal
    ratings: tuple[RatingLevel, ...]
    sections: tuple[Section, ...]
    groups: tuple[Group, ...]
    items: tuple[ScoreItem, ...]
    bonus: Bonus
    penalty: Penalty
    floor: Decimal | None
    cap: Decimal | None
    within: Within | None
    grace_minutes: int
    low_response_rate: Decimal
    few_answers: int
    smallest_cell: int
    objection_days: int
    receipt_sms: bool
    draw: DrawRules

    @property
    def surveyed(self) -> ScoreItem | None:
        """The item whose answers come from the units' libraries; a scheme may have none."""
        return next(
            (i for i in self.items if isinstance(i.settings, Answered) and i.settings.from_library), None
        )

    def item(self, item_id: str) -> ScoreItem:
        """Return the item with an id; raise KeyError when there is none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)
