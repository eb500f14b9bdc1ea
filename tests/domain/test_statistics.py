from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.ranking import ranks
from survey_app.domain.scheme import Deductions, Scheme
from survey_app.domain.statistics import Interval, normalised, rank_ranges, tally_statistics, wilson
from survey_app.domain.tally import Tally
from survey_app.schemes.loader import load_scheme


def deductions(item: str, scheme: Scheme | None = None) -> Deductions:
    found = (scheme or load_scheme()).item(item).settings
    assert isinstance(found, Deductions)
    return found


def tally(*counts: int) -> Tally:
    return Tally(dict(zip(("satisfied", "basically_satisfied", "dissatisfied"), counts, strict=True)))


@pytest.mark.parametrize(
    ("population", "answered", "satisfied", "plain", "corrected"),
    [
        (20, 10, 10, (".722", "1"), (".832", "1")),
        (20, 10, 9, (".596", ".982"), (".693", ".973")),
        (50, 20, 18, (".699", ".972"), (".752", ".964")),
        (200, 30, 27, (".744", ".965"), (".758", ".963")),
    ],
)
def test_intervals_are_those_of_the_published_table(
    population: int, answered: int, satisfied: int, plain: tuple[str, str], corrected: tuple[str, str]
) -> None:
    for size, ends in ((None, plain), (population, corrected)):
        interval = wilson(satisfied, answered, size)
        assert interval is not None
        for end, published in zip((interval.low, interval.high), ends, strict=True):
            assert abs(end - Decimal(published)) <= Decimal("0.00055")  # both are rounded


def test_a_whole_library_leaves_nothing_open() -> None:
    assert wilson(2, 3, 3) == Interval(Decimal("0.6667"), Decimal("0.6667"))
    assert wilson(1, 1, 1) == Interval(Decimal(1), Decimal(1))


def test_nobody_answered() -> None:
    assert wilson(0, 0, 20) is None
    found = tally_statistics(Decimal(20), deductions("satisfaction"), Tally(), 20)
    assert (found.answered, found.normalised, found.share, found.interval) == (0, None, None, None)


@pytest.mark.parametrize(("satisfied", "answered", "population"), [(3, 2, None), (-1, 2, None), (2, 3, 2)])
def test_impossible_numbers_are_refused(satisfied: int, answered: int, population: int | None) -> None:
    with pytest.raises(ValueError, match="答卷"):
        wilson(satisfied, answered, population)


@given(st.integers(1, 400), st.data())
def test_an_interval_holds_the_share_and_narrows_with_the_correction(
    population: int, data: st.DataObject
) -> None:
    answered = data.draw(st.integers(1, population))
    satisfied = data.draw(st.integers(0, answered))
    plain, corrected = wilson(satisfied, answered), wilson(satisfied, answered, population)
    assert plain is not None
    assert corrected is not None
    share, place = Decimal(satisfied) / answered, Decimal("0.0001")
    assert 0 <= plain.low <= corrected.low <= share + place
    assert share - place <= corrected.high <= plain.high <= 1


@pytest.mark.parametrize(
    ("item", "maximum", "counted", "points"),
    [
        ("satisfaction", 20, tally(10, 0, 0), "20"),
        ("satisfaction", 20, tally(7, 2, 1), "16"),  # 20 × (1 − 4/20)
        ("satisfaction", 20, tally(0, 0, 4), "0"),
        ("satisfaction", 20, tally(2, 1, 0), "16.67"),
        ("satisfaction", 20, tally(21, 1, 10), "13.44"),  # 13.4375
        ("mass_appraisal", 30, tally(8, 2, 5), "20"),  # 30 × (1 − 5/15)
        ("mass_appraisal", 30, tally(0, 3, 0), "30"),
        ("mass_appraisal", 30, tally(2, 0, 5), "8.57"),
    ],
)
def test_normalised_points(item: str, maximum: int, counted: Tally, points: str) -> None:
    assert normalised(Decimal(maximum), deductions(item), counted) == Decimal(points)


def test_normalised_points_do_not_change_with_the_number_of_answers() -> None:
    ten, thirty = tally(8, 1, 1), tally(24, 3, 3)
    settings = deductions("satisfaction")
    assert normalised(Decimal(20), settings, ten) == normalised(Decimal(20), settings, thirty) == 17


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=25))
def test_rank_ranges_are_those_of_comparing_all_with_all(rows: list[tuple[int, int, int]]) -> None:
    totals = [Decimal(total) for total, _, _ in rows]
    margins = [(Decimal(below), Decimal(above)) for _, below, above in rows]
    ranked = ranks(totals)

    def unclear(a: int, b: int) -> bool:
        higher, lower = (a, b) if totals[a] >= totals[b] else (b, a)
        return totals[higher] - margins[higher][0] <= totals[lower] + margins[lower][1]

    expected = []
    for one in range(len(rows)):
        others = [ranked[other] for other in range(len(rows)) if other == one or unclear(one, other)]
        expected.append((min(others), max(others)))
    assert rank_ranges(totals, margins) == expected
