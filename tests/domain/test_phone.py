"""Telephone numbers as units write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.phone import Phone, PhoneKind, read_phones


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("13800138000", ["13800138000"]),
        ("１３８００１３８０００", ["13800138000"]),
        ("150-2657-0748", ["15026570748"]),
        ("138 0013 8000", ["13800138000"]),
        ("138.0013.8000", ["13800138000"]),
        ("+86 138-0013-8000", ["13800138000"]),
        ("008613800138000", ["13800138000"]),
        ("8613800138000", ["13800138000"]),
        ("013800138000", ["13800138000"]),
        ("15837005067.0", ["15837005067"]),
        ("1.5837005067E10", ["15837005067"]),
        ("1.5837005067e+10", ["15837005067"]),
        ("1.583700506E+10", ["15837005060"]),
        ('="13800138000"', ["13800138000"]),
        ("0377-63993185", ["0377-63993185"]),
        ("0377—63993185", ["0377-63993185"]),
        ("(0377) 63993185", ["0377-63993185"]),
        ("（0377）6399318", ["0377-6399318"]),
        ("+86(377)63993185", ["0377-63993185"]),
        ("010-62345678", ["010-62345678"]),
        ("0377-68202787-801", ["0377-68202787转801"]),
        ("0377-61623264转801", ["0377-61623264转801"]),
        ("0377-61623264 ext. 801", ["0377-61623264转801"]),
        ("0377-61623264分机801", ["0377-61623264转801"]),
        ("400-800-1234", ["4008001234"]),
        ("4008001234转1", ["4008001234转1"]),
        ("17635001046/17617860680", ["17635001046", "17617860680"]),
        ("15938901405、0377-67426137", ["15938901405", "0377-67426137"]),
        ("15938901405；0377-67426137-2，13800138000", ["15938901405", "0377-67426137转2", "13800138000"]),
        ("15938901405 17617860680", ["15938901405", "17617860680"]),
        ("0377 63993185 15938901405", ["0377-63993185", "15938901405"]),
        ("15938901405或17617860680", ["15938901405", "17617860680"]),
        ("15938901405\n17617860680", ["15938901405", "17617860680"]),
        ("1593890140517617860680", ["15938901405", "17617860680"]),
        ("13800138000 13800138000", ["13800138000"]),
        ("王经理：13800138000（微信同号）", ["13800138000"]),
    ],
)
def test_numbers_of_a_cell(typed, numbers):
    reading = read_phones(typed)
    assert [str(phone) for phone in reading.phones] == numbers
    assert reading.faults == reading.warnings == ()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "缺少电话"),
        ("无", "缺少电话"),
        ("1380013800", "手机号应为 11 位，这里是 10 位"),
        ("138 0013 800", "手机号应为 11 位，这里是 10 位"),
        ("138001380001", "手机号应为 11 位，这里是 12 位"),
        ("12345678901", "手机号应以 13 至 19 开头"),
        ("0377-639931", "固定电话应为区号加 7 或 8 位号码，这里共 10 位"),
        ("138****8000", "星号"),
        ("1.5837E+10", "科学计数"),
        ("+852 9123 4567", "不是中国内地"),
        ("12345", "应为 11 位手机号"),
        ("见附件", "不是电话号码"),
    ],
)
def test_what_is_wrong_is_said(typed, words):
    reading = read_phones(typed)
    assert reading.phones == ()
    assert len(reading.faults) == 1
    assert words in reading.faults[0]


def test_a_good_number_is_kept_beside_a_bad_one():
    reading = read_phones("1380013800/13900139000")
    assert [phone.number for phone in reading.phones] == ["13900139000"]
    assert "这里是 10 位" in reading.faults[0]


def test_a_local_number_gets_the_countys_area_code_and_a_warning():
    reading = read_phones("63993185-801", area_code="0376")
    assert reading.phones == (Phone("0376-63993185", "801", PhoneKind.LANDLINE),)
    assert "0376" in reading.warnings[0]


@pytest.mark.parametrize(
    ("typed", "kind", "sms", "e164"),
    [
        ("13800138000", "mobile", True, "+8613800138000"),
        ("0377-63993185", "landline", False, "+8637763993185"),
        ("4008001234", "service", False, "+864008001234"),
    ],
)
def test_only_a_mobile_takes_sms(typed, kind, sms, e164):
    (phone,) = read_phones(typed).phones
    assert (phone.kind, phone.takes_sms, phone.e164) == (kind, sms, e164)


@given(st.one_of(st.text(), st.text(alphabet="0123456789-+ ()转/、ext.E*~\n")))
def test_no_text_breaks_the_reader(text):
    reading = read_phones(text)
    assert reading.phones or reading.faults
    for phone in reading.phones:
        assert read_phones(str(phone)).phones == (phone,)


@given(
    st.lists(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), min_size=1, max_size=4, unique=True),
    st.sampled_from("/、,;；，| \n"),
)
def test_any_mobiles_with_any_separator_are_all_kept(mobiles, separator):
    assert [phone.number for phone in read_phones(separator.join(mobiles)).phones] == mobiles
