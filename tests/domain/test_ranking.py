from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.ranking import ranks


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        ([], []),
        (["80"], [1]),
        (["90", "80", "80.0", "70"], [1, 2, 2, 4]),
        (["70", "80", "90", "80"], [4, 2, 1, 2]),
        (["-5", "-5", "-15"], [1, 1, 3]),
    ],
)
def test_equal_totals_share_a_rank_and_the_next_skips(totals: list[str], expected: list[int]) -> None:
    assert ranks([Decimal(total) for total in totals]) == expected


@given(st.lists(st.integers(0, 5), min_size=1))
def test_a_rank_is_one_more_than_the_number_of_better_units(totals: list[int]) -> None:
    decimals = [Decimal(total) for total in totals]
    assert ranks(decimals) == [1 + sum(other > total for other in decimals) for total in decimals]
