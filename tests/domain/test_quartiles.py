"""Quartiles, against the standard library's and by hand."""

import statistics
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.points import round_half_up
from survey_app.domain.quartiles import Quartiles, coarse, quartiles

NUMBERS = st.lists(st.decimals(0, 1000, places=1), min_size=2, max_size=60)


def test_of_nothing_and_of_one() -> None:
    assert quartiles([]) is None
    found = quartiles([Decimal("7.5")])
    assert found is not None
    assert (found.n, found.low, found.median, found.high) == (
        1,
        Decimal("7.5"),
        Decimal("7.5"),
        Decimal("7.5"),
    )


def test_between_two_numbers_in_proportion() -> None:
    found = quartiles([Decimal(number) for number in (10, 1, 4, 2)])
    assert found is not None
    assert (found.low, found.median, found.high) == (Decimal("1.8"), Decimal("3.0"), Decimal("5.5"))


@given(NUMBERS)
def test_as_the_standard_library_has_them(numbers: list[Decimal]) -> None:
    found = quartiles(numbers)
    assert found is not None
    expected = statistics.quantiles(numbers, n=4, method="inclusive")
    assert [found.low, found.median, found.high] == [round_half_up(each, 1) for each in expected]
    assert found.low <= found.median <= found.high


def test_coarse_quartiles_have_one_digit() -> None:
    found = coarse(Quartiles(5, Decimal("0.0"), Decimal("1234.5"), Decimal("95.0")))
    assert (found.low, found.median, found.high) == (0, 1000, 100)
    assert coarse(Quartiles(5, Decimal("0.4"), Decimal("3.0"), Decimal("15"))).high == 20
