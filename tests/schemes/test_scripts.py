"""The script that is shipped."""

import pytest

from survey_app.schemes.loader import SchemeError, scheme_keys
from survey_app.schemes.scripts import load_script


@pytest.mark.parametrize("key", scheme_keys())
def test_every_scheme_has_a_script_that_says_who_calls(key: str) -> None:
    opening = load_script(key).opening
    said = opening.zh.format(interviewer="01", units="税务局", quarter="2022年第二季度")
    assert "不是税务局的工作人员" in said
    assert "自愿参加，可随时停止" in said
    assert said.endswith("现在方便吗？")


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(SchemeError, match="没有评分方案"):
        load_script("../etc")
