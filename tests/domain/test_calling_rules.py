"""The settings of how enterprises are called: what is read, and every fault by its name."""

import tomllib
from datetime import time, timedelta

import pytest

from survey_app.domain.calling_rules import parse_calling_rules
from survey_app.domain.disposition import DELAYED, RULES, Disposition
from survey_app.schemes.calling import load_calling_rules
from survey_app.schemes.loader import scheme_keys

RIGHT = """
max_attempts = 5
least_days = 2
least_parts = 2
day_parts = [["09:30", "11:30"], ["15:00", "17:30"]]
lease_minutes = 30
appointment_lead_minutes = 15
rest_minutes = 15
replace_at_once = true
[delay_minutes]
no_answer = 180
busy = 30
phone_off = 1440
person_away = 240
broken_off = 120
soft_refusal = 10080
"""


def test_what_is_read() -> None:
    rules = parse_calling_rules(tomllib.loads(RIGHT))
    assert rules.parts == ((time(9, 30), time(11, 30)), (time(15), time(17, 30)))
    assert (rules.lease, rules.replace_at_once) == (timedelta(minutes=30), True)
    assert rules.delays[Disposition.SOFT_REFUSAL] == timedelta(days=7)
    assert set(rules.delays) == set(DELAYED)


@pytest.mark.parametrize("key", scheme_keys())
def test_the_shipped_delays_are_those_of_the_table(key: str) -> None:
    assert load_calling_rules(key).delays == {code: RULES[code].retry_after for code in DELAYED}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("max_attempts = 5", "max_attempts = 6", "max_attempts：应为 3 至 5 的整数"),
        ("max_attempts = 5", 'max_attempts = "5"', "max_attempts：应为不小于 0 的整数，不是 「5」"),
        ("max_attempts = 5\n", "", "max_attempts：缺少"),
        ("least_parts = 2", "least_parts = 3", "least_parts：应为 1 至 2 的整数"),
        ("least_days = 2", "least_days = 0", "least_days：应为 1 至 3 的整数"),
        ("lease_minutes = 30", "lease_minutes = 1", "lease_minutes：应为 5 至 120 的整数"),
        ("busy = 30\n", "", "delay_minutes.busy：缺少"),
        ("busy = 30", "busy = 30\nfax = 1", "delay_minutes.fax：不认识的设置"),
        ("rest_minutes", "reset_minutes", "reset_minutes：不认识的设置"),
        ('["15:00"', '["18:00"', 'day_parts：第 2 段应写成 ["09:30", "11:30"] 的样子，先开始后结束'),
        ('["15:00"', '["10:00"', "day_parts：各段应从早到晚，互不重叠"),
        ('"09:30"', '"9:30"', 'day_parts：第 1 段应写成 ["09:30", "11:30"] 的样子，先开始后结束'),
    ],
)
def test_faults(old: str, new: str, fault: str) -> None:
    assert old in RIGHT
    with pytest.raises(ValueError) as raised:
        parse_calling_rules(tomllib.loads(RIGHT.replace(old, new, 1)))
    assert fault in str(raised.value).splitlines()


def test_all_faults_at_once() -> None:
    with pytest.raises(ValueError) as raised:
        parse_calling_rules({})
    assert len(str(raised.value).splitlines()) >= 9
