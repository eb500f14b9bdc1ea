"""Promised limits: what may be typed, and which answers stayed within."""

from decimal import Decimal

import pytest

from survey_app.domain.promise import PROMISE_KINDS, Kept, Promise, compare, read_promise

DAYS, DOCUMENTS, FEE = PROMISE_KINDS


def _time(value: str, unit: str = "workdays", matter: object = "permit") -> dict[str, object]:
    return {"matter": matter, "duration": {"value": value, "unit": unit}}


def test_full_width_digits_and_empty_fields_are_understood() -> None:
    typed = {"days": " ３．５ ", "documents": "", "fee": "0", "source": " 办事\n 指南 "}
    assert read_promise(typed) == (Promise(Decimal("3.5"), None, Decimal(0), "办事 指南"), [])
    assert read_promise({}) == (Promise(), [])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("days", "1000.5"),
        ("days", "1.25"),
        ("days", "-1"),
        ("days", "五"),
        ("days", "1e3"),
        ("documents", "2.5"),
        ("documents", "100"),
        ("fee", "0.001"),
        ("fee", "NaN"),
    ],
)
def test_numbers_that_nobody_promises_are_refused(key: str, text: str) -> None:
    _, faults = read_promise({key: text, "source": "办事指南"})
    assert [field for field, _ in faults] == [key]


def test_number_and_source_belong_together_and_all_faults_are_named() -> None:
    assert [key for key, _ in read_promise({"days": "5"})[1]] == ["source"]
    assert [key for key, _ in read_promise({"source": "办事指南"})[1]] == ["source"]
    assert [key for key, _ in read_promise({"days": "x", "fee": "y", "source": "a\x01"})[1]] == [
        "days",
        "fee",
        "source",
    ]
    assert [key for key, _ in read_promise({"days": "1", "source": "长" * 201})[1]] == ["source"]


def test_times_are_compared_in_working_days_to_the_very_limit() -> None:
    answers = [
        _time("5"),
        _time("7", "days"),  # 5 working days
        _time("40", "hours"),  # 5 working days
        _time("5.1"),
        {"matter": "permit", "duration": "on_the_spot"},
        {"matter": "permit", "duration": "unfinished"},
        {"matter": "permit"},
        _time("1", matter="taxes"),
        _time("1", matter="other"),
        {"duration": {"value": "1", "unit": "workdays"}},
        _time("1", matter=["permit"]),
    ]
    promises = {"permit": Promise(days=Decimal(5)), "taxes": Promise(fee=Decimal(0))}
    found = compare(DAYS, promises, answers)
    assert found.matters == (("permit", Decimal(5), Kept(within=4, beyond=1)),)
    assert (found.unpromised, found.silent) == (4, 2)
    assert found.overall.n + found.unpromised + found.silent == len(answers)


def test_matters_add_up_and_nothing_gives_no_share() -> None:
    promises = {"permit": Promise(fee=Decimal(0)), "taxes": Promise(fee=Decimal(10))}
    answers = [
        {"matter": "permit", "cost": "no_charge"},
        {"matter": "permit", "cost": "0.5"},
        {"matter": "taxes", "cost": "10"},
    ]
    assert compare(FEE, promises, answers).overall == Kept(within=2, beyond=1)
    assert compare(DOCUMENTS, promises, answers).overall.share is None
