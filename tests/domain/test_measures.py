"""Times, papers and fees: what counts as a number, as a code, and as not known."""

from decimal import Decimal
from typing import Any

import pytest

from survey_app.domain.measures import MEASURES, Measured, measure
from survey_app.schemes.instruments import load_instrument

BY_QUESTION = {each.question: each for each in MEASURES}


def _measured(question: str, *values: Any) -> Measured:
    return measure(BY_QUESTION[question], [{question: value} for value in values])


def test_durations_are_working_days_whatever_they_were_given_in() -> None:
    found = _measured(
        "duration", {"value": "4", "unit": "hours"}, {"value": "2.5", "unit": "workdays"},
        {"value": "14", "unit": "days"}, "on_the_spot", "unfinished", "unknown", "unknown", "blank",
    )  # fmt: skip
    assert found.quartiles is not None
    assert (found.quartiles.n, found.quartiles.median) == (4, Decimal("1.5"))
    assert (found.unknown, found.codes, found.said) == (2, {"unfinished": 1}, 7)


def test_no_charge_is_zero_and_online_is_no_number() -> None:
    found = _measured("cost", "no_charge", "no_charge", "100")
    assert found.quartiles is not None
    assert (found.quartiles.n, found.quartiles.median) == (3, Decimal(0))
    papers = _measured("documents", "online", "3", "not_applicable")
    assert papers.quartiles is not None
    assert (papers.quartiles.n, papers.codes) == (1, {"online": 1})


def test_visits_count_four_or_more_as_four() -> None:
    found = _measured("visits", "4_or_more", "0", "2")
    assert found.quartiles is not None
    assert (found.quartiles.median, found.quartiles.high) == (Decimal(2), Decimal(3))


@pytest.mark.parametrize(
    "value", [None, 3, [], "", "1e9", "-1", "NaN", {"unit": "weeks", "value": "1"}, {"value": "x"}]
)
def test_what_no_form_gives_is_no_number(value: Any) -> None:
    assert _measured("duration", value).quartiles is None
    assert measure(BY_QUESTION["cost"], [{}]).said == 0


def test_every_measure_is_asked_for_and_its_zeros_are_options() -> None:
    instrument = load_instrument("fangcheng-2022", "satisfaction")
    for each in MEASURES:
        question = instrument.question(each.question)
        assert all(question.option(zero) for zero in each.zeros)
