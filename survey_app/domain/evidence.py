"""依据: which ledger proves which item, the figures that its entries give, and where an entry falls short of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from survey_app.domain.entry_fields import entry_fields
from survey_app.domain.ledger import LEDGERS, Ledger, LedgerKind
from survey_app.domain.scheme import AllOrNothing, Bonus, Counting, PointRange, Scheme, ScoreItem, Tiers
from survey_app.domain.text import Name, Text, joined

Figures = dict[str, int]
Id = TypeVar("Id")


@dataclass(frozen=True)
class Book:
    """台账 of one item, of the bonus or of the penalty, with the levels that its entries may have."""

    item: str
    title: Name
    requirement: Name
    ledger: Ledger
    levels: tuple[tuple[str, Name], ...] = ()

    @property
    def gives_points(self) -> bool:
        """Whether each entry moves points by itself, as bonuses and penalties do."""
        return self.ledger.kind in (LedgerKind.ENDORSEMENTS, LedgerKind.BROKEN_PROMISES)

    def level_name(self, key: str) -> Name | None:
        """Return the name of a level, None for one that the scheme doesn't know."""
        return dict(self.levels).get(key)


def books(scheme: Scheme) -> tuple[Book, ...]:
    """Return a scheme's ledgers in the order of its sheet, those of bonus and penalty last."""
    of_items = (
        Book(item.id, item.title, item.requirement, LEDGERS[item.ledger], _levels(item))
        for item in scheme.items
        if item.ledger
    )
    bonus, penalty = scheme.bonus, scheme.penalty
    endorsed = tuple((level.key, level.name) for level in bonus.levels)
    return (
        *of_items,
        Book(bonus.id, bonus.title, bonus.requirement, LEDGERS[LedgerKind.ENDORSEMENTS], endorsed),
        Book(penalty.id, penalty.title, penalty.requirement, LEDGERS[LedgerKind.BROKEN_PROMISES]),
    )


def figures_of(item: ScoreItem, entries: Sequence[Mapping[str, str]]) -> Figures:
    """Return the figures of an item that its ledger's entries give, by the keys of the item's fields.

    A figure that the ledger can't know (how many enterprises were sampled) is not among them.
    """
    match item.settings, item.ledger:
        case AllOrNothing() as settings, LedgerKind.VISITS:
            return {settings.part.key: len({entry["enterprise"] for entry in entries})}
        case AllOrNothing() as settings, LedgerKind.PROBLEMS:
            solved = sum("solved_on" in entry for entry in entries)
            return {settings.whole.key: len(entries), settings.part.key: solved}
        case AllOrNothing() as settings, LedgerKind.RECTIFICATIONS:
            in_time = sum("fixed_on" in entry and entry["fixed_on"] <= entry["deadline"] for entry in entries)
            return {settings.whole.key: len(entries), settings.part.key: in_time}
        case Tiers() as settings, LedgerKind.ARTICLES:
            return {
                field.key: sum(entry["level"] == field.key for entry in entries) for field in settings.fields
            }
        case _:
            return {}


def in_few_words(item: ScoreItem, figures: Figures) -> Text:
    """Return figures as "提出问题 3、已解决问题 2"."""
    parts = tuple(
        Text("%(name)s %(count)s", {"name": field.name, "count": figures[field.key]})
        for field in entry_fields(item)
        if field.key in figures
    )
    return Text("%(parts)s", {"parts": joined(parts)})


def contradicts(data: Mapping[str, str] | None, figures: Figures | None) -> bool:
    """Whether entered figures differ from those of the ledger (`figures`; None: nothing is approved in it)."""
    if not data or not figures:
        return False
    return any(key in data and data[key] != str(number) for key, number in figures.items())


def evidence_gap(
    item: ScoreItem,
    data: Mapping[str, str] | None,
    note: str,
    figures: Figures | None,
    attachments: int,
) -> Text | None:
    """Return where an item's entry falls short of its evidence, or None.

    `data` is the entry as it is stored, `figures` what the approved ledger gives (None: nothing is approved in
    it), `attachments` how many files are there for this unit and item.
    """
    if not data:
        return None
    if figures and contradicts(data, figures):
        return Text("填报数与台账不一致：台账为%(figures)s", {"figures": in_few_words(item, figures)})
    if figures is None and not attachments and not note.strip():
        return Text("缺少依据：没有台账、附件，也没有说明")
    return None


def why_not_approve(data: Mapping[str, str] | None, note: str, figures: Figures | None) -> Text | None:
    """Return why an entry may not be approved as it stands: it contradicts the ledger and doesn't say why."""
    if contradicts(data, figures) and not note.strip():
        return Text("填报数与台账不一致，说明里也没有写原因：请退回更正，或请填报人写明原因")
    return None


def range_of(item: ScoreItem) -> Text:
    """Return the points that an item may give, as people say them."""
    match item.settings:
        case PointRange() as settings:
            values = {"low": settings.low, "high": settings.high, "step": settings.step}
            return Text("%(low)s 至 %(high)s 分，每 %(step)s 分一档", values)
        case Tiers() as settings:
            bands = tuple(
                Text("%(name)s %(low)s–%(high)s 分", {"name": band.name, "low": band.low, "high": band.high})
                for band in settings.bands
            )
            return Text("%(bands)s", {"bands": joined(bands)})
        case AllOrNothing():
            return Text("全部做到得 %(max)s 分，否则不得分或按比例得分", {"max": item.max})
        case _:
            return Text("最高 %(max)s 分", {"max": item.max})


def counted(bonus: Bonus, claims: Iterable[tuple[Id, object, str]]) -> set[Id]:
    """Return which endorsements earn points: of each practice the one at its highest level, or every one.

    A claim is its id, what tells the practice of a unit from all others, and its level; the first of equals counts.
    """
    points = {level.key: level.points for level in bonus.levels}
    highest: dict[object, tuple[Id, str]] = {}
    every = set()
    for claim, practice, level in claims:
        if level not in points:
            continue
        every.add(claim)
        if practice not in highest or points[level] > points[highest[practice][1]]:
            highest[practice] = (claim, level)
    return every if bonus.counting is Counting.EVERY else {claim for claim, _ in highest.values()}


def _levels(item: ScoreItem) -> tuple[tuple[str, Name], ...]:
    if isinstance(item.settings, Tiers) and item.ledger is LedgerKind.ARTICLES:
        return tuple((field.key, field.name) for field in item.settings.fields)
    return ()
