"""Scores as JSON, the same for `survey score`, a round's dossier and whoever compares them."""

from decimal import Decimal

from survey_app.domain.scoring import RoundScore, UnitScore


def round_as_json(scored: RoundScore) -> dict[str, object]:
    """Return the scores keyed by unit, points as JSON numbers: floats that print as the exact decimals do."""
    return {unit.unit: _unit(unit) for unit in scored.units}


def _unit(unit: UnitScore) -> dict[str, object]:
    counted = [line for line in unit.lines if line.item.counts]
    intervals = {item: found.interval for item, found in unit.statistics.items()}
    return {
        "items": {line.item.id: _number(line.points) for line in counted},
        "why": {line.item.id: str(line.why) for line in unit.lines}
        | {line.rule.id: str(line.why) for line in unit.adjustments},
        "pending": list(unit.pending),
        "provisional": unit.provisional,
        "base": _number(unit.base),
        "endorsements": _number(unit.endorsements),
        "broken_promises": _number(unit.broken_promises),
        "total": _number(unit.total),
        "indicator": _number(unit.indicator),
        "indicator_imputed": unit.indicator_imputed,
        "rank": unit.rank,
        "rank_range": list(unit.rank_range),
        **({} if unit.among is None else {"rank_of": unit.rank_of, "ranked_among": unit.among}),
        "suggested": {
            line.item.id: _number(line.suggested) for line in counted if line.suggested is not None
        },
        "normalised": {item: _number(found.normalised) for item, found in unit.statistics.items()},
        "interval": {
            item: [_number(interval.low), _number(interval.high)] if interval else None
            for item, interval in intervals.items()
        },
        "response": {
            "frame_size": unit.response.frame_size,
            "sampled": unit.response.sampled,
            "reached": unit.response.reached,
            "answered": unit.response.answered,
            "rate": _number(unit.response.rate),
        },
        "warnings": [str(warning) for warning in unit.warnings],
    }


def _number(value: Decimal | None) -> float | None:
    # The one place where points become floats: inputs are so bounded that a float prints the same decimal.
    return None if value is None else float(value)
