"""Comparing decoded JSON leaf by leaf, so that every difference is named by its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from survey_app.domain.canonical import canonical_json
from survey_app.domain.json_object import RepeatedKeys, one_line
from survey_app.domain.points import describe

_SHOWN = 64  # symbols of a text that a sentence quotes


@dataclass(frozen=True)
class Difference:
    """What is wrong with a file: where, from the whole to the part, and what it says and should say."""

    where: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return "：".join(one_line(part) for part in (*self.where, self.reason))


def compare(given: object, wanted: object, where: tuple[str, ...]) -> Iterator[Difference]:
    """Yield what differs between what a file says and what it should say, in the order of the latter.

    Rows about units are told apart by the unit, others by their place.
    """
    if isinstance(given, Mapping) and isinstance(wanted, Mapping):
        yield from _objects(given, wanted, where)
    elif isinstance(given, list | tuple) and isinstance(wanted, list | tuple):
        yield from _lists(given, wanted, where)
    elif not _same(given, wanted):
        yield Difference(where, f"文件中是{shown(given)}，应为{shown(wanted)}")


def repeated_keys(value: object, where: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Yield the keys that were written twice anywhere within: which value was meant can't be known."""
    if isinstance(value, RepeatedKeys):
        for key in value.repeated:
            yield Difference((*where, key), "这个键写了不止一次")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from repeated_keys(inner, (*where, str(key)))
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value, 1):
            yield from repeated_keys(inner, (*where, f"第 {place} 项"))


def is_deeper(value: object, most: int) -> bool:
    """Whether lists and objects lie deeper within each other than `most`; asked before anything recurses."""
    level: list[object] = [value]
    for _ in range(most):
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return False
    return True


def shown(value: object) -> str:
    """Describe a value as a difference quotes it: a text's beginning, else as other sentences do."""
    if isinstance(value, str):
        return f"「{one_line(value[:_SHOWN])}{'…' if len(value) > _SHOWN else ''}」"
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        written = canonical_json(value).decode()
        return f" {written[:_SHOWN]}{'…' if len(written) > _SHOWN else ''}"
    described = describe(value)
    return f" {described}" if described.isascii() else described


def _same(given: object, wanted: object) -> bool:
    """Whether both are written alike; what is equal and of one type is, and need not be written to know it."""
    if type(given) is type(wanted) and given == wanted:
        return True
    return canonical_json(given) == canonical_json(wanted)


def _inner(value: object) -> Sequence[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list | tuple) else ()


def _objects(
    given: Mapping[str, object], wanted: Mapping[str, object], where: tuple[str, ...]
) -> Iterator[Difference]:
    for key in [*wanted, *(key for key in given if key not in wanted)]:
        if key not in given:
            yield Difference((*where, key), f"缺少，应为{shown(wanted[key])}")
        elif key not in wanted:
            yield Difference((*where, key), f"不应有这一项，文件中是{shown(given[key])}")
        else:
            yield from compare(given[key], wanted[key], (*where, key))


def _lists(given: Sequence[object], wanted: Sequence[object], where: tuple[str, ...]) -> Iterator[Difference]:
    if any(_unit_of(row) for row in wanted):
        yield from _rows_by_unit(given, wanted, where)
        return
    if len(given) != len(wanted):
        yield Difference(where, f"文件中有 {len(given)} 项，应有 {len(wanted)} 项")
    for place, (one, other) in enumerate(zip(given, wanted, strict=False), 1):
        yield from compare(one, other, (*where, f"第 {place} 项"))


def _rows_by_unit(
    given: Sequence[object], wanted: Sequence[object], where: tuple[str, ...]
) -> Iterator[Difference]:
    found: dict[str, object] = {}
    for place, row in enumerate(given, 1):
        name = _unit_of(row)
        if name is None:
            yield Difference((*where, f"第 {place} 项"), f"应为一个单位的数据，文件中是{shown(row)}")
        elif name in found:
            yield Difference((*where, name), "这个单位写了不止一次")
        else:
            found[name] = row
    due = {name: row for row in wanted if (name := _unit_of(row)) is not None}
    yield from _objects(found, due, where)
    if found.keys() == due.keys() and list(found) != list(due):
        yield Difference(where, f"单位的次序不对，应为{'、'.join(due)}")


def _unit_of(row: object) -> str | None:
    name = row.get("unit") if isinstance(row, Mapping) else None
    return name if isinstance(name, str) else None
