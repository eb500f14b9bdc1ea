"""Inputs that no bundle holds, but a caller may hand in."""

from decimal import Decimal

import pytest

from survey_app.domain.inputs import Counts, TierInput
from survey_app.domain.lines import score_line
from survey_app.schemes.loader import load_scheme


def test_neither_points_nor_values_is_pending() -> None:
    found = score_line(load_scheme().item("supervisors"), TierInput(), None)
    assert found.pending
    assert str(found.why) == "待定：还没有数据，由特邀监督员提供"


@pytest.mark.parametrize("entry", [Counts(1, 1), Decimal(20)])
def test_an_input_of_another_kind_is_a_mistake_of_the_caller(entry: Counts | Decimal) -> None:
    with pytest.raises(TypeError, match="satisfaction"):
        score_line(load_scheme().item("satisfaction"), entry, None)
