"""A draw for several units: repeatable in any order, nobody who rests, nobody beyond the cap, every change found."""

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.domain.draw_announcement import AnnouncedFrame, Announcement
from survey_app.domain.draw_file import MadeDraw, assemble, replay, why_no_draw_file
from survey_app.domain.sampling import draw
from survey_app.domain.unit_draws import (
    DrawSettings,
    Listed,
    PassedOver,
    draw_units,
    drawing_order,
    effective_seed,
    rests,
    sealed_digest,
    shortfall_of,
)

QUARTER, SEALED = "2022-Q2", "0f" * 32
UNITS = ("税务局", "住建局", "供电公司", "农商银行")
listed = st.builds(
    Listed,
    st.integers(0, 14).map("uscc:{:02}".format),
    st.sampled_from([None, None, "2022-Q1", "2021-Q4", "2021-Q3"]),
)
frames = st.dictionaries(
    st.sampled_from(UNITS),
    st.lists(listed, min_size=1, max_size=15, unique_by=lambda each: each.key),
    min_size=1,
)
terms = st.builds(DrawSettings, st.integers(1, 8), st.integers(0, 2), st.integers(0, 3))


@settings(max_examples=40, deadline=None)
@given(frames, terms, st.randoms())
def test_a_draw_follows_from_its_inputs_in_whatever_order_and_keeps_its_terms(
    libraries: dict[str, list[Listed]], wanted: DrawSettings, random: Any
) -> None:
    made = draw_units(libraries, wanted, "种子", QUARTER)
    shuffled = [(unit, random.sample(rows, len(rows))) for unit, rows in libraries.items()]
    random.shuffle(shuffled)
    assert draw_units(dict(shuffled), wanted, "种子", QUARTER) == made
    assert [each.unit for each in made] == drawing_order(libraries, "种子")
    asked: Counter[str] = Counter()
    for unit in made:
        keys = [row.key for row in libraries[unit.unit]]
        assert [place.listed.key for place in unit.places] == list(draw(keys, 1, "种子", unit.unit).order)
        resting = [p for p in unit.places if rests(p.listed.asked_in, QUARTER, wanted.rest_quarters)]
        assert [p for p in unit.places if p.passed_over is PassedOver.REST] == resting
        for place in unit.places:
            full = bool(wanted.units_cap) and asked[place.listed.key] >= wanted.units_cap
            assert (place.passed_over is not PassedOver.CAP) or full
            assert not (place.drawn and (full or place in resting))
        # Whoever is left over comes after everybody drawn: nobody is skipped without a reason.
        left = [p.rank for p in unit.places if not p.drawn and p.passed_over is None]
        assert not left or max((p.rank for p in unit.drawn), default=0) < min(left)
        short = shortfall_of(unit)
        assert (short.size == wanted.size) or (
            not left and short.frame_size == short.size + short.rested + short.capped
        )
        assert bool(short) is (short.size < wanted.size)
        asked.update(place.listed.key for place in unit.drawn)
    assert not wanted.units_cap or max(asked.values(), default=0) <= wanted.units_cap


def test_without_rest_and_cap_each_unit_is_drawn_as_if_it_were_alone() -> None:
    rows = [Listed(f"uscc:{n:02}", "2022-Q1") for n in range(30)]
    for unit in draw_units(dict.fromkeys(UNITS, rows), DrawSettings(6, 0, 0), "种子", QUARTER):
        alone = draw([row.key for row in rows], 6, "种子", unit.unit)
        assert tuple(place.listed.key for place in unit.drawn) == alone.sample


def test_the_cap_counts_what_was_asked_in_an_earlier_draw_of_the_round() -> None:
    rows = [Listed("uscc:1", asked_about=2), Listed("uscc:2")]
    (unit,) = draw_units({"税务局": rows}, DrawSettings(2, 0, 2), "种子", QUARTER)
    assert [place.listed.key for place in unit.drawn] == ["uscc:2"]
    assert str(shortfall_of(unit).sentence) == (
        "应抽 2 户，抽中 1 户，不足 1 户：样本库有 2 户，1 户被问到的单位已满"
    )


@pytest.mark.parametrize(
    ("asked_in", "quarters", "rest"),
    [(None, 4, False), ("2022-Q1", 0, False), ("2022-Q1", 1, True), ("2021-Q4", 1, False), ("2021-Q4", 2, True),
     ("2022-Q2", 4, False), ("2022-Q3", 4, False)],
)  # fmt: skip
def test_who_rests(asked_in: str | None, quarters: int, rest: bool) -> None:
    assert rests(asked_in, QUARTER, quarters) is rest


def _file(sealed: str | None = SEALED) -> dict[str, Any]:
    libraries = {
        unit: [Listed(f"uscc:{n:02}", "2022-Q1" if n % 5 == 0 else None) for n in range(place, place + 9)]
        for place, unit in enumerate(UNITS[:3])
    }
    wanted = DrawSettings(4, 1, 2)
    made = draw_units(libraries, wanted, effective_seed("公开", sealed), QUARTER)
    announced = Announcement(
        QUARTER,
        "satisfaction",
        1,
        "2022-06-06T10:00:00+08:00",
        "公开",
        None if sealed is None else sealed_digest(sealed),
        wanted,
        tuple(AnnouncedFrame(each.unit, len(each.places), each.frame_digest) for each in made),
    )
    return assemble([MadeDraw(announced, sealed, "2022-06-07T10:00:00+08:00", made)])


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key in value:
            yield from _leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for place in range(len(value)):
            yield from _leaves(value[place], (*path, place))
    else:
        yield path


def _other(value: Any) -> Any:
    match value:
        case None:
            return "2022-Q1"
        case int():
            return value + 1
        case "2022-Q1" | "2022-Q2":
            return "2021-Q4"
        case str() if len(value) == 64:
            return ("1" if value[0] == "0" else "0") + value[1:]
        case _:
            return f"{value}9"


@pytest.mark.parametrize("sealed", [SEALED, None])
def test_a_replay_agrees_and_finds_every_change(sealed: str | None) -> None:
    file = _file(sealed)
    assert why_no_draw_file(file) is None
    assert replay(file) == []
    for path in list(_leaves(file))[1:]:
        changed = copy.deepcopy(file)
        inner: Any = changed
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = _other(inner[path[-1]])
        assert why_no_draw_file(changed) is not None or replay(changed), path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda draw: draw["announcement"].update(seed="别的"), "result"),
        (lambda draw: draw["announcement"].update(n=5), "announcement_digest"),
        (lambda draw: draw["units"][0]["frame"].pop(), "公告的样本库是 9 户"),
        (lambda draw: draw["units"].pop(), "公告了，文件里没有抽样"),
        (lambda draw: draw["units"].reverse(), "单位的次序"),
        (lambda draw: draw["units"][0]["frame"].reverse(), "企业的次序"),
        (lambda draw: draw.update(sealed_part="1f" * 32), "与公告的封存部分的摘要"),
        (lambda draw: draw["units"][0]["frame"].append(draw["units"][0]["frame"][0]), "写了不止一次"),
        (lambda draw: draw["units"][0]["frame"][0].update(asked_about="一"), "不小于 0 的整数"),
        (lambda draw: draw["units"][0]["frame"][0].update(asked_in="去年"), "2022-Q1 的样子"),
        (lambda draw: draw.update(units=7), "应为列表"),
        (lambda draw: draw.update(announcement=[]), "应为对象"),
    ],
)
def test_a_change_is_named_by_its_place(change: Any, words: str) -> None:
    file = _file()
    change(file["draws"][0])
    found = "\n".join(map(str, replay(file)))
    assert words in found
    assert "第 1 次抽样" in found


def test_a_forgery_that_is_consistent_is_found_by_what_was_published() -> None:
    file, forged = _file(), _file("1f" * 32)
    (draw,) = file["draws"]
    published = [draw["announcement_digest"], draw["result_digest"]]
    assert replay(file, published) == []
    assert replay(forged) == []
    assert len(replay(forged, published)) == 2


@pytest.mark.parametrize(
    ("file", "words"),
    [([], "应为对象"), ({}, "没有写明"), ({"format": "survey-draw/1"}, "没有抽样")],
)
def test_other_files_are_refused(file: Any, words: str) -> None:
    assert words in (why_no_draw_file(file) or "")


def test_a_draw_whose_sealed_part_is_not_public_waits() -> None:
    file = _file()
    file["draws"][0]["sealed_part"] = None
    assert "还没有公布" in (why_no_draw_file(file) or "")


def test_an_announcement_is_known_by_all_that_it_says() -> None:
    first = Announcement(QUARTER, "satisfaction", 1, "t", "公开", None, DrawSettings(4, 1, 2), ())
    others = [
        replace(first, round="2022-Q3"),
        replace(first, number=2),
        replace(first, seed="封"),
        replace(first, sealed_digest="a"),
        replace(first, settings=DrawSettings(4, 0, 2)),
        replace(first, frames=(AnnouncedFrame("税务局", 1, "b"),)),
    ]
    assert len({each.digest for each in (first, *others)}) == 7
