"""Typed figures score as the bundle that they stand for."""

from typing import Any

import pytest

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.scheme import Scheme
from survey_app.domain.scoring import score_round
from survey_app.domain.what_if import as_typed, typed_fields, typed_unit
from survey_app.schemes.loader import load_scheme, scheme_keys
from tests.domain.bundles import golden, unit


def _scores(scheme: Scheme, units: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    parsed, faults = parse_bundle({"scheme": scheme.key, "units": units}, scheme)
    assert parsed is not None, [str(fault) for fault in faults]
    return [
        (each.total, each.rank, each.pending, tuple(line.points for line in each.lines))
        for each in score_round(scheme, parsed).units
    ]


def test_golden_typed_again_scores_the_same() -> None:
    scheme = load_scheme()
    units = golden("bundle.json")["units"]
    again = [typed_unit(scheme, each["unit"], "", as_typed(scheme, each)) for each in units]
    # A unit of which nothing is known of endorsements and broken promises has none when it is tried out.
    known = [{**each, "endorsements": each.get("endorsements") or [], "broken_promises": each.get("broken_promises") or 0} for each in units]  # fmt: skip
    assert _scores(scheme, again) == _scores(scheme, known)


@pytest.mark.parametrize("key", scheme_keys())
def test_every_field_has_a_place_and_nothing_typed_is_pending(key: str) -> None:
    scheme = load_scheme(key)
    fields = typed_fields(scheme)
    assert len({field.id for field in fields}) == len(fields)
    empty = _scores(scheme, [typed_unit(scheme, "甲局", "", {})])[0]
    assert set(empty[2]) == {item.id for item in scheme.items if item.counts}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("innovation_highlight-points", "五", "应为 0 至 5 的数"),
        ("supervisors-marks", "7 八", "marks 第 2 个"),
        ("endorsements-city", "很多", "应为列表"),
        ("broken_promises-cases", "-1", "应为不小于 0 的整数"),
        ("publicity-national", "1.5", "应为不小于 0 的整数"),
    ],
)
def test_what_is_no_number_is_refused_by_the_bundles_rules(field: str, typed: str, sentence: str) -> None:
    scheme = load_scheme()
    given = typed_unit(scheme, "甲局", "", {**as_typed(scheme, unit()), field: typed})
    parsed, faults = parse_bundle({"scheme": scheme.key, "units": [given]}, scheme)
    assert parsed is None
    assert sentence in str(faults[0])
