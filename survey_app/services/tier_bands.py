"""方阵's bands in a round: points that leave the band of all units' values."""

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.round_inputs import tiered_value
from survey_app.domain.scheme import Scheme, ScoreItem, Tiers, TierSource
from survey_app.models.unit import Unit
from survey_app.services.marks import marks_by_unit

Data = Mapping[str, str] | None


def outside_bands(
    session: Session,
    round_id: int,
    scheme: Scheme,
    item: ScoreItem,
    units: Iterable[Unit],
    data: Mapping[int, Data],
) -> list[tuple[int, str]]:
    """Return the unit ids whose points leave the band that all active units' values suggest, and why.

    `data` is what the item is to be, by unit id.
    """
    by_marks = isinstance(item.settings, Tiers) and item.settings.source is TierSource.MARKS
    marks = marks_by_unit(session, round_id) if by_marks else {}
    rated = [unit for unit in units if unit.active]
    listed = [
        {"unit": unit.name, item.id: tiered_value(item, data.get(unit.id), marks.get(unit.id, []))}
        for unit in rated
    ]
    _, faults = parse_bundle({"scheme": scheme.key, "units": listed}, scheme)
    ids = {unit.name: unit.id for unit in rated}
    return [(ids[fault.unit], fault.reason) for fault in faults if fault.unit in ids]
