"""What people type, and what a bundle makes of it."""

import pytest

from survey_app.domain.entry_fields import bundle_value, entry_faults, entry_fields, in_words, read_typed
from survey_app.schemes.loader import load_scheme

SCHEME = load_scheme()


@pytest.mark.parametrize(
    ("item", "keys"),
    [
        ("revisits", ["sampled", "revisited"]),
        ("problems", ["raised", "solved"]),
        ("rectification", ["found", "fixed_on_time"]),
        ("innovation_effect", ["points"]),
        ("supervisors", ["points"]),
        ("indicator_tasks", ["result"]),
        ("publicity", ["national", "provincial", "municipal", "points"]),
        ("mass_appraisal", ["satisfied", "basically_satisfied", "dissatisfied"]),
        ("satisfaction", []),  # answers only
    ],
)
def test_each_item_has_the_fields_of_its_bundle(item: str, keys: list[str]) -> None:
    assert [field.key for field in entry_fields(SCHEME.item(item))] == keys


@pytest.mark.parametrize(
    ("typed", "data"),
    [
        ({"points": " ７．５ "}, {"points": "7.5"}),
        ({"points": "−1"}, {"points": "-1"}),
        ({"points": "  "}, None),
        ({}, None),
        ({"points": "很好", "other": "1"}, {"points": "很好"}),
    ],
)
def test_typed_text_is_tidied_and_never_guessed(typed: dict[str, str], data: dict[str, str] | None) -> None:
    assert read_typed(SCHEME.item("assigned_tasks"), typed) == data


@pytest.mark.parametrize(
    ("item", "data", "value"),
    [
        ("assigned_tasks", {"points": "7.50"}, 7.5),
        ("assigned_tasks", {"points": "8.0"}, 8),
        ("assigned_tasks", {"points": "1e3"}, "1e3"),
        ("assigned_tasks", {"points": "NaN"}, "NaN"),
        ("assigned_tasks", {"points": "٣"}, "٣"),
        ("assigned_tasks", None, None),
        ("revisits", {"sampled": "10", "revisited": "8"}, {"sampled": 10, "revisited": 8}),
        ("supervisors", {"points": "7.5"}, {"points": 7.5}),
    ],
)
def test_numbers_become_numbers_and_all_else_stays_text(
    item: str, data: dict[str, str] | None, value: object
) -> None:
    assert bundle_value(SCHEME.item(item), data) == value


def test_a_fault_speaks_of_fields_by_their_names() -> None:
    item = SCHEME.item("publicity")
    reasons = entry_faults(item, {"national": "1", "provincial": "-2", "municipal": "0"})
    assert reasons == ["provincial 应为不小于 0 的整数，不是 -2"]
    assert in_words(item, reasons[0]) == "省级 应为不小于 0 的整数，不是 -2"
