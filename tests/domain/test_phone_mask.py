"""Numbers that can be recognised but not dialled."""

import pytest

from survey_app.domain.phone_mask import mask_phone


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13800138000", "138****8000"),
        ("0377-67230000", "0377-****000"),
        ("0377-67230000转801", "0377-****000"),
        ("4008001234", "400****1234"),
        ("12345", "****"),
        ("", "****"),
    ],
)
def test_mask(number: str, masked: str) -> None:
    assert mask_phone(number) == masked
