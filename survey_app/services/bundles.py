"""A round's facts from the database, as they stand, and the score bundle that they make."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from survey_app.domain.round_inputs import (
    Mark,
    Place,
    RoundFacts,
    RoundInputs,
    UnitInRound,
    round_inputs,
)
from survey_app.domain.scheme import Answered, Scheme
from survey_app.models.item_entry import ItemEntry
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services.items import entries_in_force
from survey_app.services.ledgers import counting_entries
from survey_app.services.marks import marks_by_unit
from survey_app.services.round_units import units_of
from survey_app.services.tallies import fieldwork, live_tally


@dataclass(frozen=True, order=True)
class Practice:
    """An endorsement in force: the practice as its first entry spells it, its level's key, and the day."""

    practice: str
    level: str
    day: date


@dataclass(frozen=True)
class GatheredFacts:
    """What a round's points come from, but for the answers: each by the units' names, in force now.

    `ids` are the units that take part, in their order. `broken` are the days of verified cases.
    """

    ids: Mapping[str, int]
    units: tuple[UnitInRound, ...]
    entries: Mapping[Place, ItemEntry]
    marks: Mapping[str, list[Mark]]
    practices: Mapping[str, list[Practice]]
    broken: Mapping[str, list[date]]


def live_inputs(session: Session, round_: Round) -> RoundInputs:
    """Return the round's inputs as they stand: all active units in their order.

    Entries are those that were approved; answers are counted by an index.
    """
    scheme = load_scheme(round_.scheme_key)
    gathered = gather_facts(session, round_, scheme)
    facts = RoundFacts(
        round_.quarter,
        gathered.units,
        _tallies(session, round_, scheme, gathered.ids),
        {place: entry.data for place, entry in gathered.entries.items()},
        gathered.marks,
        {unit: [(p.practice, p.level) for p in found] for unit, found in gathered.practices.items()},
        {unit: len(days) for unit, days in gathered.broken.items()},
    )
    return round_inputs(scheme, facts)


def gather_facts(session: Session, round_: Round, scheme: Scheme) -> GatheredFacts:
    """Return what is in force in a round for its active units, in orders that tell nothing of who and when."""
    units = units_of(session, round_)
    names = {unit.id: unit.name for unit in units}
    marks = marks_by_unit(session, round_.id)
    ledgers = counting_entries(session, round_.id, [scheme.bonus.id, scheme.penalty.id])
    return GatheredFacts(
        {unit.name: unit.id for unit in units},
        _units(session, round_, scheme, units),
        {
            (names[unit_id], item): entry
            for (unit_id, item), entry in entries_in_force(session, round_.id).items()
            if unit_id in names
        },
        {name: marks[unit_id] for unit_id, name in names.items() if unit_id in marks},
        _practices(scheme, ledgers, names),
        _broken(scheme, ledgers, names),
    )


def _units(session: Session, round_: Round, scheme: Scheme, units: list[Unit]) -> tuple[UnitInRound, ...]:
    asked = fieldwork(session, round_.id, scheme.surveyed.id) if scheme.surveyed else {}
    found = []
    for unit in units:
        work = asked.get(unit.id)
        counts = (work.frame_size, work.sampled, work.reached) if work else (None, None, None)
        found.append(UnitInRound(unit.name, unit.category, *counts))
    return tuple(found)


def _tallies(
    session: Session, round_: Round, scheme: Scheme, ids: Mapping[str, int]
) -> dict[Place, Mapping[str, int]]:
    found = {}
    for item in scheme.items:
        answered = isinstance(item.settings, Answered)
        tallies = live_tally(session, round_.id, item.id) if answered else {}
        for name, unit_id in ids.items():
            if unit_id in tallies:
                found[name, item.id] = tallies[unit_id].counts
    return found


def _practices(
    scheme: Scheme, ledgers: Mapping[tuple[int, str], list[LedgerEntry]], names: Mapping[int, str]
) -> dict[str, list[Practice]]:
    """The endorsements in force; one practice of a unit has one spelling, that of its first entry."""
    found = {}
    for unit_id, name in names.items():
        spelling: dict[str, str] = {}
        rows = ledgers.get((unit_id, scheme.bonus.id), [])
        if rows:
            found[name] = sorted(
                Practice(
                    spelling.setdefault(row.name_key, row.data["practice"]),
                    row.data["level"],
                    date.fromisoformat(row.data["endorsed_on"]),
                )
                for row in rows
            )
    return found


def _broken(
    scheme: Scheme, ledgers: Mapping[tuple[int, str], list[LedgerEntry]], names: Mapping[int, str]
) -> dict[str, list[date]]:
    return {
        name: sorted(date.fromisoformat(row.data["verified_on"]) for row in rows)
        for unit_id, name in names.items()
        if (rows := ledgers.get((unit_id, scheme.penalty.id)))
    }
