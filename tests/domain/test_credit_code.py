"""Credit codes: the check character, what is mended, and that nothing stops an enterprise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.credit_code import ALPHABET, check_character, read_credit_code

GOOD = "91110000600037341L"


@pytest.mark.parametrize("code", [GOOD, "92411322MA41234569", "9341132225D6R7TNML"])
def test_a_right_code_is_taken_silently(code):
    assert read_credit_code(code) == (reading := read_credit_code(f" {code} "))
    assert (reading.code, reading.warning) == (code, "")


@pytest.mark.parametrize(
    "typed",
    [
        GOOD.lower(),
        f"　{GOOD}\t",
        "９１１１００００６０００３７３４１Ｌ",
        "9111 0000 6000 3734 1L",
        f'="{GOOD}"',
        f"'{GOOD}",
        "91-110000-600037341-L",
    ],
)
def test_ways_of_typing_a_code(typed):
    assert read_credit_code(typed).code == GOOD
    assert not read_credit_code(typed).warning


@pytest.mark.parametrize("first", ["N2", "Y1"])
def test_letter_led_codes_are_codes(first):
    body = f"{first}411322MA4123456"
    assert read_credit_code(body + check_character(body)).warning == ""


def test_a_wrong_check_character_is_kept_with_a_warning_that_names_both():
    reading = read_credit_code("9141132293CYRBC87J")
    assert reading.code == "9141132293CYRBC87J"
    assert "应为 H" in reading.warning
    assert "是 J" in reading.warning


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "没有统一社会信用代码"),
        ("无", "没有统一社会信用代码"),
        ("/", "没有统一社会信用代码"),
        ("9111000060003734", "应为 18 位，这里是 16 位"),
        ("411322600012345", "应为 18 位，这里是 15 位"),
        ("91110000600037341O", "不会出现的字符「O」"),
        ("9.14113E+17", "科学计数"),
        ("9.1411322592592E+17", "科学计数"),
    ],
)
def test_what_is_no_code_is_none_with_a_warning(typed, words):
    reading = read_credit_code(typed)
    assert reading.code is None
    assert words in reading.warning


@given(st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_one_changed_character_is_noticed(place, char):
    changed = GOOD[:place] + char + GOOD[place + 1 :]
    assert bool(read_credit_code(changed).warning) == (changed != GOOD)


@given(st.text())
def test_no_text_breaks_the_reader(text):
    reading = read_credit_code(text)
    assert reading.code is None or (len(reading.code) == 18 and set(reading.code) <= set(ALPHABET))
    assert reading.code or reading.warning
