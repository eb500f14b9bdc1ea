from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.points import MAX_NUMBER, describe, plain, read_count, read_number, round_half_up


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, "7"),
        (7.5, "7.5"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (Decimal("7.50"), "7.5"),
        (Decimal("1e3"), "1000"),
        (Decimal("5." + "0" * 60), "5"),
        (MAX_NUMBER, "1000000000"),
    ],
)
def test_numbers_are_read_exactly(value: object, number: str) -> None:
    assert read_number(value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        "7",
        "",
        [],
        {},
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        Decimal("1e999999999"),
        Decimal("-1e999999999"),
        Decimal("1e-999999999"),
        Decimal("1." + "0" * 5000 + "1"),
        10**4000,
        MAX_NUMBER + 1,
        Decimal("0.00000000001"),
    ],
)
def test_what_is_no_number_or_out_of_bounds_is_none(value: object) -> None:
    assert read_number(value) is None
    assert read_count(value) is None


@pytest.mark.parametrize(("value", "count"), [(0, 0), (5, 5), (5.0, 5), (Decimal("5.00"), 5)])
def test_counts(value: object, count: int) -> None:
    assert read_count(value) == count


@pytest.mark.parametrize("value", [-1, 0.5, Decimal("4.999"), -5.0])
def test_negative_and_fractional_numbers_are_no_counts(value: object) -> None:
    assert read_count(value) is None


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        (Fraction(5, 100), 1, "0.1"),
        (Fraction(25, 10), 0, "3"),
        (Fraction(-25, 10), 0, "-3"),
        (Fraction(169, 2), 2, "84.5"),
        (Decimal("2.675"), 2, "2.68"),
        (Fraction(2, 3), 2, "0.67"),
    ],
)
def test_a_half_goes_up(value: Fraction | Decimal, places: int, rounded: str) -> None:
    assert round_half_up(value, places) == Decimal(rounded)


@given(st.fractions(-1000, 1000), st.integers(0, 4))
def test_rounding_is_never_off_by_more_than_half_a_place(value: Fraction, places: int) -> None:
    assert abs(Fraction(round_half_up(value, places)) - value) * 10**places <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("7.50", "7.5"),
        ("20.0", "20"),
        ("20", "20"),
        ("-5", "−5"),
        ("-0.0", "0"),
        ("1e2", "100"),
        ("0.10", "0.1"),
    ],
)
def test_points_are_written_as_people_do(number: str, written: str) -> None:
    assert plain(Decimal(number)) == written


@pytest.mark.parametrize(
    "value", ["多\n行\u2028\ud800" * 50, 10**4000, Decimal("1" * 400), {1: 2}, [1], object(), None]
)
def test_descriptions_are_short_and_on_one_line(value: object) -> None:
    described = describe(value)
    assert 0 < len(described) < 30
    assert len(described.splitlines()) == 1
    assert described.encode()
