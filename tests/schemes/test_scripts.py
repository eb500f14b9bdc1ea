"""The script that is shipped."""

import pytest

from survey_app.domain.instrument_owner import surveys_of
from survey_app.domain.text import Name
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import SchemeError, load_scheme, scheme_keys
from survey_app.schemes.scripts import load_script


@pytest.mark.parametrize("key", scheme_keys())
def test_every_survey_of_a_scheme_has_a_script_that_says_who_calls(key: str) -> None:
    for survey, _ in surveys_of(load_scheme(key)):
        _check(load_script(key, survey).opening, load_instrument(key, survey).asker)


def _check(opening: Name, asker: Name) -> None:
    said = opening.zh.format(interviewer="01", units="税务局", quarter="2022年第二季度")
    assert f"{asker.zh}委托的回访员" in said
    assert "不是税务局的工作人员" in said
    assert "自愿参加，可随时停止" in said
    assert said.endswith("现在方便吗？")


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(SchemeError, match="没有评分方案"):
        load_script("../etc", "satisfaction")


def test_a_survey_without_a_script_is_refused() -> None:
    with pytest.raises(SchemeError, match="publicity：没有这份问卷的话术"):
        load_script("fangcheng-2022", "publicity")
