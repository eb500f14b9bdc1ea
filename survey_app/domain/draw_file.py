"""抽样文件: a round's draws with the libraries they were made from, and making them again from it alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from survey_app.domain.canonical import canonical_digest
from survey_app.domain.difference import Difference, compare, is_deeper, repeated_keys, shown
from survey_app.domain.draw_announcement import AnnouncedFrame, Announcement, announcement_as_json
from survey_app.domain.points import describe, read_count
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.unit_draws import (
    LARGEST_CAP,
    LARGEST_SIZE,
    MOST_REST_QUARTERS,
    DrawSettings,
    Listed,
    Place,
    UnitDraw,
    draw_units,
    effective_seed,
    sealed_digest,
)

FORMAT = "survey-draw/1"
DRAWN, RESERVE = "drawn", "reserve"
_DEEPEST = 8
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class MadeDraw:
    """A draw that was made: what was announced, its sealed part, and every unit's places."""

    announcement: Announcement
    sealed: str | None
    drawn_at: str
    units: tuple[UnitDraw, ...]


class _WrongError(Exception):
    """A value that a draw can't be made from."""

    def __init__(self, where: tuple[str, ...], reason: str) -> None:
        super().__init__(reason)
        self.difference = Difference(where, reason)


def assemble(draws: Sequence[MadeDraw]) -> dict[str, object]:
    """Return the file of a round's draws for one survey as decoded JSON, in the order of their announcements."""
    content: dict[str, object] = {
        "format": FORMAT,
        "draws": [_draw_as_json(each) for each in draws],
    }
    return {**content, "digest": canonical_digest(content)}


def result_digest(units: Sequence[UnitDraw]) -> str:
    """Return the digest of all that a draw gave, which is published when it is made."""
    return canonical_digest([_unit_as_json(each) for each in units])


def why_no_draw_file(obj: object) -> str | None:
    """Return why decoded JSON is no file that can be replayed, or None."""
    if not isinstance(obj, Mapping):
        return f"文件不是抽样文件：应为对象（{{…}}），不是{describe(obj)}"
    if obj.get("format") != FORMAT:
        found = "没有写明" if "format" not in obj else f"写的是{shown(obj['format'])}"
        return f"文件不是本程序能重演的抽样文件：格式（format）应为「{FORMAT}」，{found}"
    if is_deeper(obj, _DEEPEST):
        return "文件不是抽样文件：层层嵌套过深"
    draws = obj.get("draws")
    if not isinstance(draws, list | tuple) or not draws:
        return "文件里没有抽样（draws）：请重新导出"
    for number, each in enumerate(draws, 1):
        announced = each.get("announcement") if isinstance(each, Mapping) else None
        if isinstance(announced, Mapping) and announced.get("sealed_digest") and not each.get("sealed_part"):
            return f"第 {number} 次抽样的封存部分（sealed_part）还没有公布，不能重演：请等回访截止后再试"
    return None


def replay(file: Mapping[str, object], published: Sequence[str] = ()) -> list[Difference]:
    """Return everything in a file that doesn't follow from its announcements, seeds and libraries.

    `why_no_draw_file` has nothing against it. `published` are digests from the public page, of announcements
    or of results: only they tell of a file that was changed throughout, with all its digests made anew.
    """
    found = list(repeated_keys(file))
    known: set[str] = set()
    draws = file["draws"]
    assert isinstance(draws, list | tuple)
    for number, given in enumerate(draws, 1):
        where = (f"第 {number} 次抽样",)
        try:
            announcement, sealed, frames, drawn_at = _read(given, where)
        except _WrongError as error:
            found.append(error.difference)
            continue
        units = draw_units(
            frames, announcement.settings, effective_seed(announcement.seed, sealed), announcement.round
        )
        made = MadeDraw(announcement, sealed, drawn_at, units)
        known |= {announcement.digest, result_digest(units)}
        found += _against_announcement(made, where)
        found += compare(_by_name(given), _by_name(_draw_as_json(made)), where)
    content = {key: value for key, value in file.items() if key != "digest"}
    found += compare(file.get("digest"), canonical_digest(content), ("校验码（digest）",))
    found += [Difference((key,), "不应有这一项") for key in content if key not in ("format", "draws")]
    found += [
        Difference(("公布的校验码",), f"{shown(each)}不是文件里任何一次公告或抽样结果的校验码")
        for each in published
        if each not in known
    ]
    return list(dict.fromkeys(found))


def _against_announcement(made: MadeDraw, where: tuple[str, ...]) -> Iterator[Difference]:
    """What a library differs in from what was announced of it, and a sealed part from its digest."""
    announcement = made.announcement
    if made.sealed is not None and sealed_digest(made.sealed) != announcement.sealed_digest:
        yield Difference((*where, "sealed_part"), "与公告的封存部分的摘要（sealed_digest）对不上")
    announced = {each.unit: each for each in announcement.frames}
    for unit in made.units:
        frame = announced.get(unit.unit)
        if frame is None:
            yield Difference((*where, unit.unit), "公告里没有这个单位")
        elif frame != AnnouncedFrame(unit.unit, len(unit.places), unit.frame_digest):
            yield Difference(
                (*where, unit.unit),
                f"公告的样本库是 {frame.frame_size} 户、摘要 {frame.frame_digest[:16]}…，"
                f"文件里是 {len(unit.places)} 户、摘要 {unit.frame_digest[:16]}…",
            )
    drawn = {unit.unit for unit in made.units}
    for each in announcement.frames:
        if each.unit not in drawn:
            yield Difference((*where, each.unit), "公告了，文件里没有抽样")


def _draw_as_json(made: MadeDraw) -> dict[str, object]:
    return {
        "announcement": announcement_as_json(made.announcement),
        "announcement_digest": made.announcement.digest,
        "sealed_part": made.sealed,
        "drawn_at": made.drawn_at,
        "result_digest": result_digest(made.units),
        "units": [_unit_as_json(each) for each in made.units],
    }


def _unit_as_json(unit: UnitDraw) -> dict[str, object]:
    return {
        "unit": unit.unit,
        "size": len(unit.drawn),
        "order_digest": unit.order_digest,
        "frame": [_place_as_json(place) for place in unit.places],
    }


def _place_as_json(place: Place) -> dict[str, object]:
    if place.passed_over is not None:
        result: str = place.passed_over.value
    else:
        result = DRAWN if place.drawn else RESERVE
    return {
        "rank": place.rank,
        "key": place.listed.key,
        "asked_in": place.listed.asked_in,
        "asked_about": place.listed.asked_about,
        "result": result,
    }


def _by_name(given: object) -> object:
    """A draw whose units and rows are told apart by what they are of; the order they stand in is kept beside."""
    if not isinstance(given, Mapping) or not isinstance(given.get("units"), list | tuple):
        return given
    units = {str(unit.get("unit")): _rows_by_key(unit) for unit in given["units"]}
    return {**given, "units": units, "单位的次序": list(units)}


def _rows_by_key(unit: Mapping[str, object]) -> Mapping[str, object]:
    rows = unit["frame"]
    assert isinstance(rows, list | tuple)  # _read would not have had it otherwise
    by_key = {str(row["key"]): row for row in rows}
    return {**unit, "frame": by_key, "企业的次序": list(by_key)}


def _read(
    given: object, where: tuple[str, ...]
) -> tuple[Announcement, str | None, dict[str, list[Listed]], str]:
    draw = _object(given, where)
    announcement = _announcement(_object(draw.get("announcement"), (*where, "announcement")), where)
    sealed = draw.get("sealed_part")
    if sealed is not None and (not isinstance(sealed, str) or not _HEX.fullmatch(sealed)):
        raise _WrongError((*where, "sealed_part"), f"应为 64 位十六进制数字，不是{shown(sealed)}")
    if (sealed is None) != (announcement.sealed_digest is None):
        raise _WrongError((*where, "sealed_part"), "公告里没有封存部分的摘要（sealed_digest）")
    frames: dict[str, list[Listed]] = {}
    for number, each in enumerate(_rows(draw, "units", where), 1):
        unit = _object(each, (*where, f"units 第 {number} 个"))
        name = _text(unit, "unit", (*where, f"units 第 {number} 个"))
        if name in frames:
            raise _WrongError((*where, name), "写了不止一次")
        frames[name] = _frame(unit, announcement, (*where, name))
    if not frames:
        raise _WrongError((*where, "units"), "一个单位也没有")
    return announcement, sealed, frames, _text(draw, "drawn_at", where)


def _announcement(given: Mapping[str, object], where: tuple[str, ...]) -> Announcement:
    place = (*where, "announcement")
    frames = []
    for number, each in enumerate(_rows(given, "units", place), 1):
        row = _object(each, (*place, f"units 第 {number} 个"))
        name = _text(row, "unit", place)
        frames.append(
            AnnouncedFrame(
                name,
                _count(row, "frame_size", (*place, name), 0, None),
                _text(row, "frame_digest", (*place, name)),
            )
        )
    digest = given.get("sealed_digest")
    if digest is not None and not isinstance(digest, str):
        raise _WrongError((*place, "sealed_digest"), f"应为文字或 null，不是{shown(digest)}")
    return Announcement(
        _quarter(_text(given, "round", place), (*place, "round")),
        _text(given, "survey", place),
        _count(given, "number", place, 1, None),
        _text(given, "announced_at", place),
        _text(given, "seed", place),
        digest,
        DrawSettings(
            _count(given, "n", place, 1, LARGEST_SIZE),
            _count(given, "rest_quarters", place, 0, MOST_REST_QUARTERS),
            _count(given, "units_cap", place, 0, LARGEST_CAP),
        ),
        tuple(frames),
    )


def _frame(unit: Mapping[str, object], announcement: Announcement, where: tuple[str, ...]) -> list[Listed]:
    listed: dict[str, Listed] = {}
    for number, each in enumerate(_rows(unit, "frame", where), 1):
        place = (*where, f"第 {number} 行")
        row = _object(each, place)
        key = _text(row, "key", place)
        if key in listed:
            raise _WrongError(place, f"企业{shown(key)}写了不止一次")
        asked_in = row.get("asked_in")
        if asked_in is not None:
            asked_in = _quarter(_text(row, "asked_in", place), (*place, "asked_in"))
            if asked_in >= announcement.round:
                raise _WrongError((*place, "asked_in"), f"应早于本轮，不是{shown(asked_in)}")
        listed[key] = Listed(key, asked_in, _count(row, "asked_about", place, 0, None))
    return list(listed.values())


def _object(value: object, where: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _WrongError(where, f"应为对象（{{…}}），不是{shown(value)}")
    return value


def _rows(values: Mapping[str, object], key: str, where: tuple[str, ...]) -> Sequence[object]:
    rows = values.get(key)
    if not isinstance(rows, list | tuple):
        raise _WrongError((*where, key), f"应为列表，不是{shown(rows)}")
    return rows


def _text(values: Mapping[str, object], key: str, where: tuple[str, ...]) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _WrongError((*where, key), f"应为文字，不是{shown(value)}")
    return value


def _count(
    values: Mapping[str, object], key: str, where: tuple[str, ...], least: int, most: int | None
) -> int:
    count = read_count(values.get(key))
    if count is None or count < least or (most is not None and count > most):
        takes = f"不小于 {least} 的整数" if most is None else f"{least} 至 {most} 的整数"
        raise _WrongError((*where, key), f"应为{takes}，不是{shown(values.get(key))}")
    return count


def _quarter(text: str, where: tuple[str, ...]) -> str:
    try:
        return str(parse_quarter(text))
    except ValueError as error:
        raise _WrongError(where, str(error)) from error
