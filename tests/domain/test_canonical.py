"""One way to write JSON: the same content gives the same bytes, another content never does."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.canonical import canonical_digest, canonical_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_without_fractions_it_is_the_usual_compact_json(value: Any) -> None:
    usual = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical_json(value).decode() == usual


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ((7.5, Decimal("7.50"), Decimal("75e-1")), "7.5"),
        ((5, 5.0, Decimal("5.000"), Decimal("0.5e1")), "5"),
        ((0, -0.0, Decimal("-0.00")), "0"),
        ((-0.05, Decimal("-5e-2")), "-0.05"),
        ((120, Decimal("1.2e2")), "120"),
        ((0.00001, Decimal("1e-5")), "0.00001"),
        ((Decimal("1e999999999"),), "1e999999999"),
        ((Decimal("7.500000000000000000000000000001"),), "7.500000000000000000000000000001"),
    ],
)
def test_equal_numbers_are_written_alike_however_they_came(values: tuple[Any, ...], written: str) -> None:
    assert {canonical_json(value).decode() for value in values} == {written}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_from_what_is_written(value: float) -> None:
    assert float(canonical_json(value)) == value


def test_what_looks_alike_is_told_apart() -> None:
    lookalikes = [1, True, "1", [1], {"1": 1}, None, "null", math.nan, "NaN"]
    assert len({canonical_digest(value) for value in lookalikes}) == len(lookalikes)
    with pytest.raises(TypeError):
        canonical_json({1, 2})
