"""Dossiers to check: facts that a bundle could have come from, and every single change of one."""

import copy
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from survey_app.domain.access_code import ALPHABET
from survey_app.domain.dossier_facts import (
    AnswerFact,
    BrokenPromiseFact,
    DossierFacts,
    DrawFact,
    EndorsementFact,
    EntryFact,
    MarksFact,
    ReceiptsFact,
)
from survey_app.domain.receipt import RECEIPT_LENGTH, list_digest
from survey_app.domain.round_inputs import UnitInRound
from survey_app.schemes.loader import scheme_text

Path = tuple[str | int, ...]
NOT_TYPED = ("unit", "category", "satisfaction", "endorsements", "broken_promises")


def facts_of(units: Sequence[Mapping[str, Any]], seed: int = 0, version: int | None = 1) -> DossierFacts:
    """Facts that lead to a bundle's units, with made-up days, channels and draws."""
    chance = random.Random(seed)
    answers, entries, marks, endorsements, broken = [], [], [], [], []
    for given in units:
        name = given["unit"]
        for rating, number in (given.get("satisfaction") or {}).items():
            answers += [_answer(chance, name, rating) for _ in range(number)]
        answers.append(_answer(chance, name, None))
        answers.append(_answer(chance, name, "dissatisfied", "later"))
        for item in sorted(given.keys() - set(NOT_TYPED)):
            value = given[item] if isinstance(given[item], dict) else {"points": given[item]}
            typed = {key: str(n) for key, n in value.items() if n is not None and key != "marks"}
            if typed:
                entries.append(EntryFact(name, item, chance.randint(1, 3), typed, "office", None))
            if value.get("marks"):
                marks.append(MarksFact(name, tuple(sorted(value["marks"], reverse=True))))
        for each in given.get("endorsements", []):
            endorsements.append(EndorsementFact(name, each["practice"].strip(), each["level"], "2022-03-01"))
        broken += [BrokenPromiseFact(name, "2022-03-02")] * given.get("broken_promises", 0)
    return DossierFacts(
        round="2022-Q1",
        version=version,
        frozen_at="2022-04-20T10:00:00+08:00" if version else None,
        scheme_text=scheme_text(),
        units=tuple(UnitInRound(given["unit"], "政府部门", 60, 50, 40) for given in units),
        draws=tuple(
            DrawFact(given["unit"], "satisfaction", "2022041", 50, 60, "a" * 64, "b" * 64) for given in units
        ),
        answers=tuple(answers),
        entries=tuple(entries),
        marks=tuple(marks),
        endorsements=tuple(endorsements),
        broken_promises=tuple(broken),
        receipts=tuple(_receipts(chance, answers, version)) if version else (),
    )


def _receipts(chance: random.Random, answers: Sequence[AnswerFact], version: int) -> Iterator[ReceiptsFact]:
    """A list for each of the scheme's surveys: as few receipts as the counted answers allow."""
    for instrument in ("satisfaction", "mass_appraisal"):
        counted = Counter(a.unit for a in answers if (a.instrument, a.state) == (instrument, "counted"))
        number = max(counted.values(), default=0)
        codes = sorted("".join(chance.choices(ALPHABET, k=RECEIPT_LENGTH)) for _ in range(number))
        yield ReceiptsFact(instrument, version, number, list_digest(codes), tuple(codes))


def changes(dossier: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Changes of a dossier at every place: what is there comes twice or goes, and says something else in turn."""
    for turn, path in enumerate(_paths(dossier)):
        others = list(_changes_at(dossier, path))
        yield path, others[turn % len(others)]
        yield path, others[-1]


def one_change(dossier: Mapping[str, Any], chance: random.Random) -> tuple[Path, dict[str, Any]]:
    """One change of a dossier, each part as likely as any other, however long."""
    part = chance.choice(list(dossier))
    path = (part, *chance.choice(list(_paths(dossier[part]))))
    return path, chance.choice(list(_changes_at(dossier, path)))


def changed(dossier: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of a dossier in which one place says something else; the rest is shared with it."""
    copied = copy.copy(dossier)
    inner: Any = copied
    for step in path[:-1]:
        inner[step] = copy.copy(inner[step])
        inner = inner[step]
    inner[path[-1]] = value
    return dict(copied)


def at(dossier: Any, path: Path) -> Any:
    for step in path:
        dossier = dossier[step]
    return dossier


def _answer(chance: random.Random, unit: str, rating: str | None, state: str = "counted") -> AnswerFact:
    mode, day = chance.choice(["qr", "sms", "phone"]), f"2022-03-{chance.randint(10, 28)}"
    return AnswerFact(unit, "satisfaction", rating, mode, day, state)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _paths(inner, (*path, place))


def _changes_at(dossier: Mapping[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    value = at(dossier, path)
    others: list[Any] = []
    match value:
        case dict():
            others = [value | {"别的": 1}, {}, [], None]
        case list():
            others = [[*value, None], [*value, *value[:1]], {}, None]
        case bool():
            others = [not value, int(value)]
        case None:
            others = [0, "x", []]
        case str():
            others = [value + "x", value[1:], "", 7]
        case _:
            others = [value + 1, value + 0.5, -value - 1, str(value), value == 1]
    if not path:
        yield from (other for other in others if isinstance(other, dict) and other)
        return
    for other in others:
        if other != value or type(other) is not type(value):
            yield changed(dossier, path, other)
    holder = at(dossier, path[:-1])
    if isinstance(holder, dict):
        less: Any = {key: inner for key, inner in holder.items() if key != path[-1]}
        yield changed(dossier, path[:-1], less) if path[:-1] else less
    else:
        place = path[-1]
        assert isinstance(place, int)
        yield changed(dossier, path[:-1], holder[:place] + holder[place + 1 :])
        yield changed(dossier, path[:-1], [*holder[:place], holder[place], *holder[place:]])
