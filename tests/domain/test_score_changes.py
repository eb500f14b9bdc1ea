"""What differs between two versions of the scores: which units, which lines, and why."""

from survey_app.domain.score_changes import UnitChange, score_changes
from survey_app.domain.scoring import UnitScore
from tests.domain.bundles import score, unit


def _scores(*units: dict[str, object]) -> dict[int, UnitScore]:
    return dict(enumerate(score(*units).units, start=1))


def _changes(before: dict[int, UnitScore], after: dict[int, UnitScore]) -> dict[str, UnitChange]:
    return {change.unit: change for change in score_changes(before, after)}


def test_same_scores_differ_in_nothing() -> None:
    assert score_changes(_scores(unit("甲局"), unit("乙局")), _scores(unit("甲局"), unit("乙局"))) == ()


def test_a_changed_item_is_named_with_its_reasons_and_moves_the_others_rank() -> None:
    before = _scores(unit("甲局", assigned_tasks=7), unit("乙局", assigned_tasks=7.5))
    after = _scores(unit("甲局", assigned_tasks=8), unit("乙局", assigned_tasks=7.5))
    found = _changes(before, after)
    assert list(found) == ["甲局", "乙局"]
    (line,) = found["甲局"].lines
    assert (str(line.title), line.before, line.after) == ("日常交办", 7, 8)
    assert str(line.why_before) != str(line.why_after)
    assert found["甲局"].totals[1] - found["甲局"].totals[0] == 1
    assert (found["甲局"].ranks, found["乙局"].ranks) == ((2, 1), (1, 2))
    assert found["乙局"].lines == ()


def test_a_reason_may_change_where_the_points_do_not() -> None:
    before = _scores(unit("甲局", problems={"raised": 2, "solved": 2}))
    after = _scores(unit("甲局", problems={"raised": 3, "solved": 3}))
    (line,) = _changes(before, after)["甲局"].lines
    assert line.before == line.after == 3
    assert str(line.why_before) != str(line.why_after)


def test_bonus_and_penalty_are_lines_too() -> None:
    after = _scores(unit("甲局", broken_promises=1, endorsements=[{"practice": "帮办", "level": "city"}]))
    lines = _changes(_scores(unit("甲局")), after)["甲局"].lines
    assert [(str(line.title), line.before, line.after) for line in lines] == [
        ("加分", 0, 2),
        ("减分", 0, -10),
    ]


def test_renamed_new_and_missing_units_are_changes() -> None:
    before, after = _scores(unit("甲局"), unit("乙局")), _scores(unit("甲局（已更名）"))
    after[3] = after[1]
    found = score_changes(before, after)
    assert [(change.unit_id, change.renamed) for change in found] == [(1, "甲局"), (3, None), (2, None)]
    assert [change.before is None for change in found] == [False, True, False]
    assert found[2].totals[1] is None
    assert found[2].unit == "乙局"
