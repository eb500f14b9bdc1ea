"""The draw of call-backs: at least one in ten, hidden, the same whenever and however often it is asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from survey_app.domain.back_check import BackCheckState, Interview, after_outcome, drawn
from survey_app.domain.disposition import Disposition
from survey_app.domain.quality_rules import parse_quality_rules
from survey_app.schemes.quality import load_quality_rules

RULES = load_quality_rules("fangcheng-2022")
START = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
LATE = START + timedelta(days=90)


def interviews(count: int, first: int = 1) -> list[Interview]:
    return [Interview(first + n, START + timedelta(minutes=5 * n)) for n in range(count)]


@pytest.mark.parametrize("count", range(0, 45, 4))
def test_after_the_end_exactly_one_of_each_block(count: int) -> None:
    found = drawn(b"key", interviews(count), LATE, RULES, True, ())
    assert len(found) == -(-count // RULES.block)
    assert sorted({(each - 1) // RULES.block for each in found}) == list(range(-(-count // RULES.block)))


def test_drawn_one_by_one_is_drawn_at_once() -> None:
    everything = interviews(53)
    already: list[int] = []
    for n in range(1, len(everything) + 1):
        so_far = everything[:n]
        already += drawn(b"key", so_far, so_far[-1].received_at, RULES, False, already)
    already += drawn(b"key", everything, LATE, RULES, True, already)
    assert sorted(already) == sorted(drawn(b"key", everything, LATE, RULES, True, ()))


def test_every_place_of_a_block_is_drawn_and_the_secret_decides_which() -> None:
    places = [0] * RULES.block
    for first in range(1, 20000, 10):
        (found,) = drawn(b"key", interviews(10, first), LATE, RULES, True, ())
        places[found - first] += 1
    assert min(places) > 140  # of 2000; 200 each
    assert max(places) < 260
    assert drawn(b"key", interviews(200), LATE, RULES, True, ()) != drawn(
        b"other", interviews(200), LATE, RULES, True, ()
    )


def test_a_block_that_is_not_filled_in_time_is_settled() -> None:
    few = interviews(1)
    settled = START + RULES.settle + timedelta(seconds=1)
    assert drawn(b"key", few, settled, RULES, False, ()) == [1]
    two_blocks = [*few, Interview(2, settled)]
    assert drawn(b"key", two_blocks, settled, RULES, True, ()) == [1, 2]


def test_one_in_one_is_all() -> None:
    assert drawn(b"key", interviews(7), START, replace(RULES, block=1), False, ()) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("outcome", "tries", "left", "state"),
    [
        (Disposition.NO_ANSWER, 1, True, BackCheckState.WAITING),
        (Disposition.NO_ANSWER, 3, True, BackCheckState.UNREACHABLE),
        (Disposition.HARD_REFUSAL, 1, True, BackCheckState.REFUSED),
        (Disposition.WRONG_NUMBER, 1, True, BackCheckState.WAITING),
        (Disposition.WRONG_NUMBER, 1, False, BackCheckState.UNREACHABLE),
    ],
)
def test_what_a_call_without_answers_comes_to(
    outcome: Disposition, tries: int, left: bool, state: BackCheckState
) -> None:
    assert after_outcome(outcome, tries, RULES, left) is state


def test_a_wrong_file_names_all_its_faults() -> None:
    with pytest.raises(ValueError, match=r"one_in：应为 1 至 10 的整数\nsettle_days：缺少") as caught:
        parse_quality_rules({"one_in": 11, "remark_alike": 2, "colour": 1})
    assert "remark_alike：应不大于 1" in str(caught.value)
    assert "colour：不认识的设置" in str(caught.value)
