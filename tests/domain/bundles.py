"""Bundles to score: a unit about which everything is known, and how to change it."""

import json
from pathlib import Path
from typing import Any

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.scoring import RoundScore, UnitScore, score_round
from survey_app.schemes.loader import load_scheme

GOLDENS = Path(__file__).parent.parent / "goldens"
ABSENT = object()

COMPLETE: dict[str, Any] = {
    "revisits": {"sampled": 10, "revisited": 10},
    "problems": {"raised": 2, "solved": 2},
    "rectification": {"found": 3, "fixed_on_time": 3},
    "innovation_highlight": 5,
    "innovation_effect": 3,
    "supervisors": {"marks": [8, 8, 7]},
    "assigned_tasks": 8,
    "indicator_tasks": {"result": 90},
    "publicity": {"national": 1, "provincial": 2, "municipal": 3},
    "satisfaction": {"satisfied": 10, "basically_satisfied": 0, "dissatisfied": 0},
    "mass_appraisal": {"satisfied": 30, "basically_satisfied": 0, "dissatisfied": 0},
    "endorsements": [],
    "broken_promises": 0,
}


def unit(name: str = "甲局", **changes: Any) -> dict[str, Any]:
    """A unit with full marks, but for what is changed; ABSENT leaves a key out."""
    values = {"unit": name, **COMPLETE, **changes}
    return {key: value for key, value in values.items() if value is not ABSENT}


def bundle(*units: Any) -> dict[str, Any]:
    return {"scheme": "fangcheng-2022", "round": "2022-Q1", "units": list(units)}


def score(*units: dict[str, Any]) -> RoundScore:
    parsed, faults = parse_bundle(bundle(*units), load_scheme())
    assert parsed is not None, [str(fault) for fault in faults]
    return score_round(load_scheme(), parsed)


def score_one(**changes: Any) -> UnitScore:
    return score(unit(**changes)).units[0]


def faults_of(obj: object) -> list[str]:
    parsed, faults = parse_bundle(obj, load_scheme())
    assert (parsed is None) == bool(faults)
    return [str(fault) for fault in faults]


def golden(name: str) -> Any:
    return json.loads((GOLDENS / name).read_text(encoding="utf-8"))
