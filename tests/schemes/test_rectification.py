"""The terms of rectification that are shipped."""

import pytest

from survey_app.schemes.loader import scheme_keys
from survey_app.schemes.rectification import load_terms


@pytest.mark.parametrize("key", scheme_keys())
def test_every_scheme_has_terms(key: str) -> None:
    assert 0 < load_terms(key).redo_days <= load_terms(key).days
