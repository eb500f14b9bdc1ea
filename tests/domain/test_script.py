"""A script's file is checked before anybody reads it out."""

import pytest

from survey_app.domain.script import PLACES, parse_script

GOOD: dict[str, object] = {"version": "1", **{key: {"zh": "好", "en": "Good"} for key in PLACES}}


def test_a_good_file() -> None:
    script = parse_script({**GOOD, "opening": {"zh": "工号{interviewer}", "en": "I am {interviewer}"}})
    assert script.version == "1"
    assert script.opening.in_language("en").format(interviewer="007") == "I am 007"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"version": 1}, "version：应为 1 至 20 个字符的版本号"),
        ({"refusal": "好"}, "refusal：应有 zh 和 en 两句话"),
        ({"refusal": {"zh": "好"}}, "refusal：应有 zh 和 en 两句话"),
        ({"opening": {"zh": "{phone}", "en": "a"}}, "opening.zh：不认识 {phone}"),
        ({"opening": {"zh": "{units.__class__}", "en": "a"}}, "opening.zh：不认识 {units.__class__}"),
        ({"closing": {"zh": "a", "en": "{"}}, "closing.en：不认识 {}"),
        ({"greeting": {"zh": "a", "en": "b"}}, "greeting：没有这一段"),
    ],
)
def test_faults_name_their_place(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_script({**GOOD, **changes})
    assert str(raised.value) == fault
