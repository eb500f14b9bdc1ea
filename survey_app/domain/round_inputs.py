"""A round's score bundle from the facts behind it: one rule for the service that scores and for who verifies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from survey_app.domain.bundle import Bundle, parse_bundle
from survey_app.domain.entry_fields import bundle_value
from survey_app.domain.json_object import Fault
from survey_app.domain.scheme import Answered, Scheme, ScoreItem, Tiers, TierSource

Json = dict[str, Any]
Place = tuple[str, str]  # a unit's name and an item's id
Mark = int | float | Decimal


@dataclass(frozen=True)
class UnitInRound:
    """A unit that takes part in a round; the numbers of enterprises are None where they are not known."""

    unit: str
    category: str | None
    frame_size: int | None = None
    sampled: int | None = None
    reached: int | None = None


@dataclass(frozen=True)
class RoundFacts:
    """What a round's inputs are made of, by the units' names.

    `tallies` have the counted answers by level, only where there is any. `entries` are those in force, as
    typed. `practices` are the endorsements in force, each a practice and the key of its level.
    """

    round: str
    units: tuple[UnitInRound, ...]
    tallies: Mapping[Place, Mapping[str, int]] = field(default_factory=dict)
    entries: Mapping[Place, Mapping[str, str] | None] = field(default_factory=dict)
    marks: Mapping[str, Sequence[Mark]] = field(default_factory=dict)
    practices: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    broken_promises: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RoundInputs:
    """A round's inputs: decoded JSON in the shape that `survey score` reads, and what it parses to.

    `stale` are confirmed points that no longer fit the band that the units' values suggest: they were left
    out. `faults` are those that remain; there is no `parsed` then.
    """

    bundle: Json
    parsed: Bundle | None
    stale: tuple[Fault, ...]
    faults: tuple[Fault, ...]


def round_inputs(scheme: Scheme, facts: RoundFacts) -> RoundInputs:
    """Return the inputs that the facts make; totals that were handed in stand before counted answers.

    What is not known has no key.
    """
    bundle: Json = {
        "scheme": scheme.key,
        "round": facts.round,
        "units": [_unit(scheme, facts, unit) for unit in facts.units],
    }
    parsed, faults = parse_bundle(bundle, scheme)
    if parsed is not None:
        return RoundInputs(bundle, parsed, (), ())
    bundle = _without_stale_points(bundle, scheme, faults)
    parsed, remaining = parse_bundle(bundle, scheme)
    return RoundInputs(bundle, parsed, tuple(faults) if parsed else (), tuple(remaining))


def tiered_value(item: ScoreItem, data: Mapping[str, str] | None, marks: Sequence[Mark]) -> object:
    """Return a tiered item's value in a bundle: what was entered, and the marks that supervisors gave."""
    value = bundle_value(item, data)
    if not marks:
        return value
    return {**(value if isinstance(value, dict) else {}), "marks": list(marks)}


def rating_keys(item: ScoreItem) -> tuple[str, ...]:
    """Return the keys of the levels that an answer may give, the best first; none where none decides."""
    return tuple(level.key for level in item.settings.levels) if isinstance(item.settings, Answered) else ()


def _unit(scheme: Scheme, facts: RoundFacts, unit: UnitInRound) -> Json:
    values: Json = {"unit": unit.unit, "category": unit.category}
    for item in scheme.items:
        place = (unit.unit, item.id)
        value = _value(
            item, facts.entries.get(place), facts.tallies.get(place), facts.marks.get(unit.unit, ())
        )
        if value is not None:
            values[item.id] = value
    counts = {"frame_size": unit.frame_size, "sampled": unit.sampled, "reached": unit.reached}
    values |= {key: number for key, number in counts.items() if number is not None}
    values[scheme.bonus.id] = [
        {"practice": practice, "level": level} for practice, level in facts.practices.get(unit.unit, ())
    ]
    values[scheme.penalty.id] = facts.broken_promises.get(unit.unit, 0)
    return values


def _value(
    item: ScoreItem,
    data: Mapping[str, str] | None,
    tally: Mapping[str, int] | None,
    marks: Sequence[Mark],
) -> object:
    if isinstance(item.settings, Tiers) and item.settings.source is TierSource.MARKS:
        return tiered_value(item, data, marks)
    if isinstance(item.settings, Answered) and (item.settings.from_library or not data):
        # A level that the scheme doesn't know stays, so that it is refused rather than not counted.
        return dict.fromkeys(rating_keys(item), 0) | dict(tally) if tally else None
    return bundle_value(item, data)


def _without_stale_points(bundle: Json, scheme: Scheme, faults: Sequence[Fault]) -> Json:
    """Leave out the confirmed points of tiered items that the faults name."""
    tiered = {item.id for item in scheme.items if isinstance(item.settings, Tiers)}
    stale = {(fault.unit, fault.item) for fault in faults if fault.item in tiered}
    units = []
    for unit in bundle["units"]:
        changed = dict(unit)
        for item in tiered & unit.keys():
            if (unit["unit"], item) in stale and isinstance(unit[item], dict):
                changed[item] = {key: value for key, value in unit[item].items() if key != "points"}
        units.append(changed)
    return {**bundle, "units": units}
