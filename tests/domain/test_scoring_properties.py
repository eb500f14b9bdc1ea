"""What holds of every score, whatever the inputs."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.scoring import RoundScore, UnitScore
from survey_app.schemes.loader import load_scheme
from tests.domain.bundles import COMPLETE, score

ITEMS = [item.id for item in load_scheme().items if item.counts]
LEVELS = [level.key for level in load_scheme().ratings]
INPUTS = [*ITEMS, "endorsements", "broken_promises"]


def part_of_whole(whole: str, part: str, least: int = 0) -> st.SearchStrategy[dict[str, int]]:
    pairs = st.integers(least, 15).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
    return pairs.map(lambda pair: {whole: pair[0], part: pair[1]})


def steps(high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, high * 2).map(lambda half: Decimal(half) / 2)


def tallies(most: int) -> st.SearchStrategy[dict[str, int]]:
    counts = st.tuples(*(st.integers(0, most) for _ in LEVELS)).filter(any)
    return counts.map(lambda each: dict(zip(LEVELS, each, strict=True)))


KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "revisits": part_of_whole("sampled", "revisited", least=1),
    "problems": part_of_whole("raised", "solved"),
    "rectification": part_of_whole("found", "fixed_on_time"),
    "innovation_highlight": steps(5),
    "innovation_effect": steps(3),
    "supervisors": st.one_of(
        st.lists(st.integers(1, 8), min_size=1, max_size=5).map(lambda marks: {"marks": marks}),
        st.sampled_from([1, 3, 4, 6, 7, Decimal("7.5"), 8]).map(lambda points: {"points": points}),
    ),
    "assigned_tasks": steps(8),
    "indicator_tasks": st.one_of(st.none(), st.integers(0, 100)).map(lambda result: {"result": result}),
    "publicity": st.fixed_dictionaries({key: st.integers(0, 4) for key in COMPLETE["publicity"]}),
    "satisfaction": tallies(12),
    "mass_appraisal": tallies(20),
    "endorsements": st.lists(
        st.fixed_dictionaries(
            {
                "practice": st.sampled_from(["甲", "乙", " 甲"]),
                "level": st.sampled_from(["city", "province", "national"]),
            }
        ),
        max_size=4,
    ),
    "broken_promises": st.integers(0, 3),
}
COMPLETE_UNITS = st.lists(st.fixed_dictionaries(KNOWN), min_size=1, max_size=7).map(
    lambda rows: [{"unit": f"单位{i}", **row} for i, row in enumerate(rows)]
)
# Any input may be absent.
UNITS = st.lists(st.fixed_dictionaries({}, optional=KNOWN), min_size=1, max_size=7).map(
    lambda rows: [{"unit": f"单位{i}", **row} for i, row in enumerate(rows)]
)


def by_name(found: RoundScore) -> dict[str, UnitScore]:
    return {each.unit: each for each in found.units}


@given(UNITS, st.randoms(use_true_random=False))
def test_the_order_of_units_never_matters(units: list[dict[str, Any]], random: Any) -> None:
    shuffled = units[:]
    random.shuffle(shuffled)
    assert by_name(score(*units)) == by_name(score(*shuffled))


@given(COMPLETE_UNITS, st.sampled_from(INPUTS), st.sampled_from(["absent", "null"]), st.data())
def test_taking_an_input_away_makes_exactly_that_item_pending(
    units: list[dict[str, Any]], item: str, how: str, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(units) - 1))
    less = {key: value for key, value in units[index].items() if key != item}
    if how == "null":
        less[item] = None
    before, after = score(*units), score(*units[:index], less, *units[index + 1 :])
    assert not before.provisional
    assert [u.pending for u in after.units] == [(item,) if i == index else () for i in range(len(units))]
    kept = [line for line in after.units[index].lines if line.item.id != item]
    assert kept == [line for line in before.units[index].lines if line.item.id != item]


@given(UNITS)
def test_sums_bounds_and_pending(units: list[dict[str, Any]]) -> None:
    for given_unit, found in zip(units, score(*units).units, strict=True):
        assert found.base == sum(line.points or 0 for line in found.lines)
        assert found.total == found.base + (found.endorsements or 0) + (found.broken_promises or 0)
        assert 0 <= found.base <= 100
        assert all(line.points is None or 0 <= line.points <= line.max for line in found.lines)
        assert set(found.pending) == set(INPUTS) - set(given_unit)
        assert found.provisional == bool(found.pending)
        assert all(str(line.why) for line in (*found.lines, *found.adjustments))


@given(UNITS)
def test_ties_share_ranks(units: list[dict[str, Any]]) -> None:
    found = score(*units).units
    for one in found:
        assert one.rank == 1 + sum(other.total > one.total for other in found)
        assert one.rank_range[0] <= one.rank <= one.rank_range[1]


@given(COMPLETE_UNITS, st.sampled_from(["satisfaction", "mass_appraisal"]), st.sampled_from(LEVELS))
def test_one_more_answer_never_raises_a_score(units: list[dict[str, Any]], item: str, rating: str) -> None:
    first, *others = units
    more = {**first[item], rating: first[item][rating] + 1}
    before, after = score(*units), score({**first, item: more}, *others)
    assert after.units[0].total <= before.units[0].total
    assert [u.total for u in after.units[1:]] == [u.total for u in before.units[1:]]


@given(COMPLETE_UNITS)
def test_one_more_dissatisfied_never_raises_normalised_points(units: list[dict[str, Any]]) -> None:
    first, *others = units
    for item in ("satisfaction", "mass_appraisal"):
        more = {**first[item], "dissatisfied": first[item]["dissatisfied"] + 1}
        before, after = score(*units), score({**first, item: more}, *others)
        was, now = (each.units[0].statistics[item].normalised for each in (before, after))
        assert was is not None
        assert now is not None
        assert now <= was


@given(COMPLETE_UNITS)
def test_official_deductions_are_the_plans_arithmetic(units: list[dict[str, Any]]) -> None:
    for given_unit, found in zip(units, score(*units).units, strict=True):
        answers = given_unit["satisfaction"]
        deducted = answers["basically_satisfied"] + 2 * answers["dissatisfied"]
        assert found.line("satisfaction").points == max(0, 20 - deducted)
        assert found.line("mass_appraisal").points == max(
            0, 30 - given_unit["mass_appraisal"]["dissatisfied"]
        )
