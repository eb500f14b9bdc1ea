"""The wording of documents that is shipped, and files that are wrong."""

import pytest

from survey_app.domain.wording import parse_wording
from survey_app.schemes.loader import SchemeError, scheme_keys
from survey_app.schemes.wording import load_wording

RIGHT = {"issuer": "县委营商办", "addressees": "各单位", "basis": "根据方案", "request": "请整改。"}


@pytest.mark.parametrize("key", scheme_keys())
def test_every_scheme_says_who_issues_its_documents(key: str) -> None:
    assert load_wording(key).issuer


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(
        ValueError, match=r"isuer：没有这一项\nissuer：应为一行文字.*\nrequest：应为一行文字"
    ) as caught:
        parse_wording({**RIGHT, "issuer": "", "request": "一\n二", "isuer": "县委营商办"})
    assert "basis" not in str(caught.value)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(SchemeError, match="没有评分方案"):
        load_wording("../etc")
