"""Masked names: recognisable to their owner only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.name_mask import mask_name


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("方城县宏达农业有限公司", "方城县宏*****公司"),
        ("百盛建材厂", "百盛**厂"),
        ("宏达", "宏*"),
        ("李", "李"),
        ("", ""),
    ],
)
def test_examples(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(min_size=2, max_size=60))
def test_much_is_hidden_and_the_length_stays(name: str) -> None:
    masked = mask_name(name)
    assert len(masked) == len(name)
    assert sum(old == new for old, new in zip(name, masked, strict=True) if old != "*") <= len(name) * 2 / 3
