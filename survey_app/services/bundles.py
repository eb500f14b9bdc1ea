"""A round's inputs as a score bundle, which gives the same scores on any machine with no database."""

import hashlib
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.entry_fields import bundle_value
from survey_app.domain.scheme import Answered, ScoreItem, Tiers, TierSource
from survey_app.domain.tally import Tally
from survey_app.models.item_entry import Endorsement, ItemEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services.adjustments import broken_promises, endorsements_by_unit, practice_key
from survey_app.services.items import entries_in_force
from survey_app.services.marks import marks_by_unit
from survey_app.services.tallies import Fieldwork, fieldwork, live_tally
from survey_app.services.tier_bands import tier_value

Json = dict[str, Any]


def canonical_json(bundle: Json) -> bytes:
    """Return the one way to write a bundle, so that its digest says whether it changed."""
    return json.dumps(bundle, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def bundle_digest(bundle: Json) -> str:
    """Return the SHA-256 of the bundle's canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(bundle)).hexdigest()


def build_bundle(session: Session, round_: Round) -> Json:
    """Return the round's inputs as decoded JSON, in the shape that `survey score` reads.

    All active units, in their order. Entries are those that were approved. Answers are counted as they stand;
    totals that the commission handed in stand before counted ones; what is not known has no key.
    """
    scheme = load_scheme(round_.scheme_key)
    units = list(session.scalars(select(Unit).where(Unit.active).order_by(Unit.position, Unit.id)))
    entries = entries_in_force(session, round_.id)
    marks = marks_by_unit(session, round_.id)
    tallies = {
        item.id: live_tally(session, round_.id, item.id)
        for item in scheme.items
        if isinstance(item.settings, Answered)
    }
    surveyed = next(
        (i.id for i in scheme.items if isinstance(i.settings, Answered) and i.settings.from_library), None
    )
    asked = fieldwork(session, round_.id, surveyed) if surveyed else {}
    endorsed = endorsements_by_unit(session, round_)
    broken: dict[int, int] = {}
    for promise in broken_promises(session, round_):
        if promise.withdrawn_at is None:
            broken[promise.unit_id] = broken.get(promise.unit_id, 0) + 1
    listed = []
    for unit in units:
        values: Json = {"unit": unit.name, "category": unit.category}
        for item in scheme.items:
            entry = entries.get((unit.id, item.id))
            tally = tallies.get(item.id, {}).get(unit.id)
            value = _value(item, entry, tally, marks.get(unit.id, []))
            if value is not None:
                values[item.id] = value
        values |= _enterprises(asked.get(unit.id))
        values[scheme.bonus.id] = _practices(endorsed.get(unit.id, []))
        values[scheme.penalty.id] = broken.get(unit.id, 0)
        listed.append(values)
    return {"scheme": scheme.key, "round": round_.quarter, "units": listed}


def _value(item: ScoreItem, entry: ItemEntry | None, tally: Tally | None, marks: list[int | float]) -> object:
    data = entry.data if entry else None
    if isinstance(item.settings, Tiers) and item.settings.source is TierSource.MARKS:
        return tier_value(item, data, marks)
    if isinstance(item.settings, Answered) and (item.settings.from_library or not data):
        # A level that the scheme doesn't know stays in the bundle, where it is refused rather than not counted.
        return {level.key: 0 for level in item.settings.levels} | dict(tally.counts) if tally else None
    return bundle_value(item, data)


def _enterprises(asked: Fieldwork | None) -> Json:
    if asked is None:
        return {}
    known = {"frame_size": asked.frame_size, "sampled": asked.sampled, "reached": asked.reached}
    return {key: number for key, number in known.items() if number is not None}


def _practices(endorsed: list[Endorsement]) -> list[dict[str, str]]:
    """A unit's endorsed practices; one practice has one spelling, that of its first entry."""
    spelling: dict[str, str] = {}
    return [
        {"practice": spelling.setdefault(practice_key(each.practice), each.practice), "level": each.level}
        for each in endorsed
    ]
