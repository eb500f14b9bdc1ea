"""The notice on personal data: what the law wants told is there in every version, and no version is doubled."""

from datetime import date
from typing import Any

import pytest

from survey_app.domain.privacy_notice import Section, parse_notices
from survey_app.schemes.instruments import INSTRUMENTS
from survey_app.schemes.loader import SchemeError, scheme_keys
from survey_app.schemes.notices import current_notice, find_notice, load_notices


def version(number: str = "1", since: date = date(2022, 1, 1), **changes: Any) -> dict[str, Any]:
    texts = {section.value: {"zh": f"{section}文", "en": f"{section} text"} for section in Section}
    return {"version": number, "since": since, **texts, **changes}


def faults_of(*tables: object) -> list[str]:
    with pytest.raises(ValueError) as caught:
        parse_notices(list(tables))
    return str(caught.value).splitlines()


def test_versions_in_order() -> None:
    first, last = parse_notices([version("1"), version("2", date(2022, 7, 1))])
    assert (first.version, last.version, last.since) == ("1", "2", date(2022, 7, 1))
    assert list(last.sections) == list(Section)
    assert last.sections[Section.RIGHTS].zh == "rights文"


@pytest.mark.parametrize("section", [section.value for section in Section])
def test_every_section_is_needed(section: str) -> None:
    lacking = version()
    del lacking[section]
    [fault] = faults_of(lacking)
    assert fault.startswith(f"第 1 版.{section}（")
    for value in ("", "文", {"zh": "文"}, {"zh": " ", "en": "x"}, {"zh": "长" * 301, "en": "x"}):
        assert faults_of(version(**{section: value})) == [fault]


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        ([version(""), version("2")], "第 1 版.version：应为 1 至 20 个字符"),
        ([version("a/b")], "第 1 版.version：应为"),
        ([version(since="2022")], "第 1 版.since：应为启用日期"),
        ([version("1"), version("1")], "第 2 版.version：「1」重复"),
        ([version("1", date(2022, 2, 1)), version("2")], "第 2 版.since：比前一版早"),
        ([version(right={"zh": "文", "en": "x"})], "第 1 版.right：不认识"),
    ],
)
def test_other_faults(tables: list[dict[str, Any]], fault: str) -> None:
    [said] = faults_of(*tables)
    assert said.startswith(fault)


@pytest.mark.parametrize("tables", [None, [], {}, "x"])
def test_a_survey_without_a_notice(tables: object) -> None:
    with pytest.raises(ValueError, match="至少一版"):
        parse_notices(tables)


@pytest.mark.parametrize("key", scheme_keys())
@pytest.mark.parametrize("survey", INSTRUMENTS)
def test_the_shipped_schemes(key: str, survey: str) -> None:
    current = current_notice(key, survey)
    assert load_notices(key, survey)[-1] is current
    assert find_notice(key, survey, current.version) is current
    assert find_notice(key, survey, "no such") is None


def test_an_unknown_survey() -> None:
    with pytest.raises(SchemeError, match="weather：应有至少一版说明"):
        load_notices("fangcheng-2022", "weather")
