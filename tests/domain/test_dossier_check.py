"""A dossier agrees with itself, and any single change of one is found and named by its place."""

import json
import random
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.domain import dossier_check
from survey_app.domain.canonical import canonical_digest, canonical_json, text_digest
from survey_app.domain.difference import Difference
from survey_app.domain.dossier import assemble, dossier_digest, part_digests
from survey_app.domain.dossier_check import check, why_no_dossier
from survey_app.domain.dossier_reader import section_name
from survey_app.domain.scheme_parser import parse_scheme_text
from tests.domain.bundles import golden, unit
from tests.domain.dossiers import Path, at, changed, changes, facts_of, one_change
from tests.domain.test_scoring_properties import UNITS

SMALL = [
    unit("甲局", satisfaction={"satisfied": 2, "basically_satisfied": 1}, supervisors={"marks": [8, 6.5]}),
    unit("乙局", satisfaction={"dissatisfied": 1}, broken_promises=1, indicator_tasks=None,
         endorsements=[{"practice": "一窗通办", "level": "city"}, {"practice": "一窗通办", "level": "province"}]),
]  # fmt: skip


def found_in(obj: Any) -> list[Difference]:
    reason = why_no_dossier(obj)
    return [Difference(("format",), reason)] if reason else check(obj)


def sealed(dossier: dict[str, Any]) -> dict[str, Any]:
    """The dossier as whoever changed it would seal it again."""
    again = dossier | {"parts": part_digests(dossier)}
    return again | {"digest": dossier_digest(again)}


def unit_at(dossier: dict[str, Any], path: Path) -> str | None:
    """The unit that a place belongs to, if it does to one."""
    if not path or path[0] == "scheme":
        return None
    names = {row["unit"] for row in dossier["units"]}
    for depth in range(2, len(path) + 1):
        value = at(dossier, path[:depth])
        if path[depth - 1] in names:
            return str(path[depth - 1])
        if isinstance(value, dict) and "unit" in value:
            return str(value["unit"])
    return None


def is_named(found: list[Difference], dossier: dict[str, Any], path: Path) -> bool:
    """Whether a difference is about the place: its part, its unit, and its key where the part is made of others."""
    if not path:
        return bool(found)
    part, whose = str(path[0]), unit_at(dossier, path)
    keys = [str(step) for step in path[1:] if isinstance(step, str)]
    for each in found:
        where = each.where
        about = where[0] in (section_name(part), part) or where[:2] == (section_name("parts"), part)
        exact = part not in ("inputs", "scores") or not keys or keys[-1] in where or len(where) < len(path)
        if about and exact and (whose is None or whose in where):
            return True
    return False


def said(found: list[Difference]) -> str:
    return "\n".join(map(str, found))


def test_a_dossier_agrees_with_itself_before_and_after_a_file() -> None:
    for version in (1, None):
        dossier = assemble(facts_of(SMALL, version=version))
        assert found_in(dossier) == []
        read = json.loads(
            json.dumps(dossier, ensure_ascii=False, indent=1), parse_float=Decimal, parse_int=Decimal
        )
        assert check(read, dossier["digest"]) == []


def test_no_version_has_the_number_0() -> None:
    assert "version" in said(found_in(assemble(replace(facts_of(SMALL), version=0))))


def test_order_of_facts_tells_nothing() -> None:
    facts = facts_of(SMALL)
    lists = ("draws", "answers", "entries", "marks", "endorsements", "broken_promises", "receipts")
    turned = replace(facts, **{key: tuple(reversed(getattr(facts, key))) for key in lists})
    assert assemble(turned) == assemble(facts)


@pytest.mark.slow
def test_a_change_at_any_place_of_a_small_dossier_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # Most changes leave the scheme's text as it is, and reading it takes as long as all the rest.
    monkeypatch.setattr(dossier_check, "parse_scheme_text", lru_cache(parse_scheme_text))
    dossier = assemble(facts_of(SMALL))
    unnamed = [path for path, other in changes(dossier) if not is_named(found_in(other), dossier, path)]
    assert unnamed == []


@settings(deadline=None, max_examples=30)
@given(UNITS, st.integers(0, 10**6))
def test_any_change_of_any_dossier_is_found_and_named(units: list[dict[str, Any]], seed: int) -> None:
    dossier = assemble(facts_of(units, seed))
    assert found_in(dossier) == []
    path, other = one_change(dossier, random.Random(seed))
    assert is_named(found_in(other), dossier, path), (path, said(found_in(other)))


@settings(deadline=None, max_examples=30)
@given(UNITS, st.integers(0, 10**6))
def test_a_change_that_is_sealed_again_differs_from_the_printed_digest(
    units: list[dict[str, Any]], seed: int
) -> None:
    dossier = assemble(facts_of(units, seed))
    path, other = one_change(dossier, random.Random(seed))
    if path[0] not in ("format", "parts", "digest"):
        assert check(sealed(other), dossier["digest"]) != []


def place_of(found: list[Difference], *parts: str) -> str:
    """The one difference that is about a place."""
    matching = [each for each in found if all(part in each.where for part in parts)]
    assert len(matching) == 1, said(found)
    return str(matching[0])


def first(dossier: dict[str, Any], key: str, **values: Any) -> Path:
    """The place of the first row of a list that has these values."""
    rows = dossier[key]
    return key, next(i for i, row in enumerate(rows) if all(row[name] == v for name, v in values.items()))


@pytest.mark.parametrize(
    ("row", "field", "value", "sentence"),
    [
        (
            ("answers", {"unit": "甲局", "rating": "satisfied"}), "rating", "dissatisfied",
            "计分数据（inputs）：units：甲局：satisfaction：satisfied：文件中是 2，应为 1",
        ),
        (
            ("answers", {"unit": "乙局", "state": "counted", "rating": "dissatisfied"}), "state", "voided",
            "计分数据（inputs）：units：乙局：satisfaction：不应有这一项，文件中是一个对象",
        ),
        (
            ("entries", {"unit": "甲局", "item": "assigned_tasks"}), "data", {"points": "7.5"},
            "计分数据（inputs）：units：甲局：assigned_tasks：文件中是 8，应为 7.5",
        ),
        (
            ("marks", {"unit": "甲局"}), "marks", [8, 7],
            "计分数据（inputs）：units：甲局：supervisors：marks：第 2 项：文件中是 6.5，应为 7",
        ),
        (
            ("endorsements", {"unit": "乙局", "level": "province"}), "level", "national",
            "计分数据（inputs）：units：乙局：endorsements：第 2 项：level：文件中是「province」，应为「national」",
        ),
        (
            ("broken_promises", {"unit": "乙局"}), "unit", "甲局",
            "计分数据（inputs）：units：乙局：broken_promises：文件中是 1，应为 0",
        ),
        (
            ("units", {"unit": "甲局"}), "sampled", 2,
            "计分数据（inputs）：甲局：sampled：这些数据不能成立：答卷 3 多于抽取企业 2",
        ),
        (
            ("draws", {"unit": "甲局"}), "frame_size", 61,
            "责任单位（units）：甲局：frame_size：文件中是 60，抽样（draws）中是 61",
        ),
    ],
    ids=["rating", "state", "entry", "mark", "level", "case", "sampled", "frame"],
)  # fmt: skip
def test_changed_facts_contradict_what_was_made_of_them_whoever_sealed_it_again(
    row: tuple[str, dict[str, Any]], field: str, value: Any, sentence: str
) -> None:
    dossier = assemble(facts_of(SMALL))
    place = first(dossier, row[0], **row[1])
    assert sentence in said(check(sealed(changed(dossier, (*place, field), value))))


def test_changed_scores_are_named_to_the_last_digit() -> None:
    dossier = assemble(facts_of(SMALL))
    other = changed(dossier, ("scores", "甲局", "total"), dossier["scores"]["甲局"]["total"] + 0.1)
    assert said(check(sealed(other))) == "得分（scores）：甲局：total：文件中是 97.1，应为 97"
    other = changed(dossier, ("scores", "乙局", "rank"), 1)
    assert place_of(check(sealed(other)), "乙局", "rank").endswith("文件中是 1，应为 2")


def test_a_changed_scheme_gives_other_points() -> None:
    dossier = assemble(facts_of(SMALL))
    text = dossier["scheme"]["text"].replace("basically_satisfied = 1,", "basically_satisfied = 2,")
    scheme = dossier["scheme"] | {"text": text, "digest": text_digest(text)}
    found = check(sealed(dossier | {"scheme": scheme}))
    assert place_of(found, "甲局", "items", "satisfaction").endswith("文件中是 19，应为 18")
    found = check(dossier | {"scheme": dossier["scheme"] | {"text": "key = "}})
    assert "不是正确的 TOML" in place_of(found, section_name("scheme"), "text")


def test_what_nothing_contradicts_is_named_by_its_part_and_unit() -> None:
    dossier = assemble(facts_of(SMALL))
    for path in (
        (*first(dossier, "draws", unit="乙局"), "seed"),
        (*first(dossier, "answers", unit="乙局", rating="dissatisfied"), "day"),
    ):
        value = "2022-04-01"
        found = check(changed(dossier, path, value))
        place_of(found, section_name("parts"), str(path[0]), "乙局", "satisfaction")
        again = sealed(changed(dossier, path, value))
        ordered = again | {"answers": sorted(again["answers"], key=canonical_json)}
        assert check(sealed(ordered)) == []
        assert "文书上是" in place_of(check(sealed(ordered), dossier["digest"]), section_name("digest"))


def test_a_trial_bears_its_inputs_digest_on_documents() -> None:
    trial = assemble(facts_of(SMALL, version=None))
    assert check(trial, canonical_digest(trial["inputs"])) == []
    final = assemble(facts_of(SMALL))
    assert check(final, canonical_digest(final["inputs"])) != []


def test_answers_that_do_not_count_are_no_part_of_the_tally() -> None:
    dossier = assemble(facts_of(SMALL))
    tally = dossier["inputs"]["units"][0]["satisfaction"]
    assert tally == {"satisfied": 2, "basically_satisfied": 1, "dissatisfied": 0}
    assert sum(row["unit"] == "甲局" for row in dossier["answers"]) == 5


def test_stale_points_are_left_out_again_when_a_trial_is_verified() -> None:
    units = [unit("甲局", supervisors={"points": 7.5, "marks": [1]}), unit("乙局"), unit("丙局")]
    trial = assemble(facts_of(units, version=None))
    assert trial["inputs"]["units"][0]["supervisors"] == {"marks": [1]}
    assert check(trial) == []


def test_the_worked_example_as_a_dossier() -> None:
    dossier = assemble(facts_of(golden("bundle.json")["units"]))
    assert check(dossier) == []
    for name, wanted in golden("expected.json").items():
        known = {key: value for key, value in wanted.items() if key in ("items", "total", "rank")}
        assert {key: dossier["scores"][name][key] for key in known} == known


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(JSON, st.integers(0, 10**6))
def test_no_json_makes_it_raise(value: Any, seed: int) -> None:
    assert why_no_dossier(value) is not None
    dossier = assemble(facts_of(SMALL))
    chance = random.Random(seed)
    path, _ = one_change(dossier, chance)
    other = changed(dossier, path, value)
    assert found_in(other) or canonical_digest(other) == canonical_digest(dossier)


def test_depth_without_end_is_no_dossier() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert "嵌套过深" in str(why_no_dossier(assemble(facts_of(SMALL)) | {"inputs": deep}))
