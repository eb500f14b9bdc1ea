"""A round's draw for several units: each takes the first of its own order that neither rest nor are at the cap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from survey_app.domain.canonical import text_digest
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.sampling import draw, order_digest, rank
from survey_app.domain.text import N_, Text

LARGEST_SIZE = 10_000
LONGEST_SEED = 200
MOST_REST_QUARTERS = 8
LARGEST_CAP = 100
SEALED_LENGTH = 64  # hex digits: 256 bits


class PassedOver(StrEnum):
    """Why an enterprise that comes next in a unit's order is not asked about it."""

    REST = "rest"  # it was asked in one of the last quarters
    CAP = "cap"  # it is drawn about as many units as an enterprise is asked about at most
    CAP_SINCE = "cap_since"  # the same, found when a reserve was to step in
    ENDED = "ended"  # its part in the round was over when a reserve was to step in


PASSED_OVER_NAMES = {
    PassedOver.REST: N_("最近已经问过，本轮不再打扰"),
    PassedOver.CAP: N_("被问到的单位已满"),
    PassedOver.CAP_SINCE: N_("被问到的单位已满"),
    PassedOver.ENDED: N_("本轮的回访已结束"),
}


@dataclass(frozen=True)
class DrawSettings:
    """How many enterprises a unit gets; for how many quarters who was asked rests, and about how many units an
    enterprise is asked at most in a round and survey (0: no rest, no cap).
    """

    size: int
    rest_quarters: int
    units_cap: int


@dataclass(frozen=True)
class Listed:
    """An enterprise in a unit's library: the newest quarter in which the survey asked it before (None: not
    lately), and about how many units it is asked in this round already.
    """

    key: str
    asked_in: str | None = None
    asked_about: int = 0


@dataclass(frozen=True)
class Place:
    """An enterprise's place in a unit's order: drawn, passed over, or waiting as a reserve; ranks begin at 1."""

    rank: int
    listed: Listed
    drawn: bool
    passed_over: PassedOver | None


@dataclass(frozen=True)
class UnitDraw:
    """A unit's draw; `size` falls short of `wanted` where its library has not enough that may be asked."""

    unit: str
    wanted: int
    frame_digest: str
    places: tuple[Place, ...]

    @property
    def drawn(self) -> tuple[Place, ...]:
        """The places that are asked."""
        return tuple(place for place in self.places if place.drawn)

    @property
    def order_digest(self) -> str:
        """The digest of all keys in the order of the draw."""
        return order_digest(place.listed.key for place in self.places)

    def passed(self, reason: PassedOver) -> int:
        """How many were passed over for a reason."""
        return sum(place.passed_over is reason for place in self.places)


@dataclass(frozen=True)
class Shortfall:
    """Why a unit has fewer in its sample than every unit is to have."""

    wanted: int
    size: int
    frame_size: int
    rested: int
    capped: int

    def __bool__(self) -> bool:
        return self.size < self.wanted

    @property
    def sentence(self) -> Text:
        """What pages and commands say of it."""
        parts = [
            Text("样本库只有 %(n)s 户", {"n": self.frame_size})
            if self.frame_size < self.wanted
            else Text("样本库有 %(n)s 户", {"n": self.frame_size})
        ]
        if self.rested:
            parts.append(Text("，其中 %(n)s 户最近已经问过", {"n": self.rested}))
        if self.capped:
            parts.append(Text("，%(n)s 户被问到的单位已满", {"n": self.capped}))
        return Text(
            "应抽 %(wanted)s 户，抽中 %(size)s 户，不足 %(short)s 户：%(why)s",
            {
                "wanted": self.wanted,
                "size": self.size,
                "short": self.wanted - self.size,
                "why": tuple(parts),
            },
        )


def shortfall_of(drawn: UnitDraw) -> Shortfall:
    """Return what a unit's sample is short of, and why; false where nothing is missing."""
    return Shortfall(
        drawn.wanted,
        len(drawn.drawn),
        len(drawn.places),
        drawn.passed(PassedOver.REST),
        drawn.passed(PassedOver.CAP),
    )


def effective_seed(seed: str, sealed: str | None) -> str:
    """Return what orders are ranked by: the public seed, a line feed and the sealed part, where there is one."""
    return seed if sealed is None else f"{seed}\n{sealed}"


def sealed_digest(sealed: str) -> str:
    """Return what is published of a sealed part (hex digits as written) before it is revealed: its SHA-256."""
    return text_digest(sealed)


def rests(asked_in: str | None, quarter: str, rest_quarters: int) -> bool:
    """Whether who was asked in one quarter is left alone in another."""
    if asked_in is None:
        return False
    before, now = parse_quarter(asked_in), parse_quarter(quarter)
    distance = (now.year - before.year) * 4 + now.number - before.number
    return 0 < distance <= rest_quarters


def drawing_order(units: Iterable[str], seed: str) -> list[str]:
    """Return units in the order in which they are drawn, which follows from the effective seed and their names."""
    return sorted(units, key=lambda unit: (rank(seed, unit, ""), unit))


def draw_units(
    frames: Mapping[str, Sequence[Listed]], settings: DrawSettings, seed: str, quarter: str
) -> tuple[UnitDraw, ...]:
    """Draw for all units of one announcement; returned in the order in which they were drawn.

    `seed` is the effective one. That order follows from it and the units' names; within a unit, every rank is
    that of `sampling.draw`. The first that may be asked are drawn; who rests is passed over wherever it stands,
    who is at the cap where it would have been next. Neither the order of `frames` nor of its lists matters.
    Raises ValueError as `sampling.draw` does.
    """
    asked_about: dict[str, int] = {}
    for unit in sorted(frames):
        for each in frames[unit]:
            asked_about[each.key] = max(asked_about.get(each.key, 0), each.asked_about)
    made = []
    for unit in drawing_order(frames, seed):
        by_key = {each.key: each for each in frames[unit]}
        ranked = draw([each.key for each in frames[unit]], settings.size, seed, unit)
        places, count = [], 0
        for number, key in enumerate(ranked.order, start=1):
            reason, taken = None, False
            if rests(by_key[key].asked_in, quarter, settings.rest_quarters):
                reason = PassedOver.REST
            elif count < settings.size:
                taken = not settings.units_cap or asked_about[key] < settings.units_cap
                reason = None if taken else PassedOver.CAP
            if taken:
                count += 1
                asked_about[key] += 1
            places.append(Place(number, by_key[key], taken, reason))
        made.append(UnitDraw(unit, settings.size, ranked.frame_digest, tuple(places)))
    return tuple(made)
