"""What people type for an item, field by field, and what a score bundle makes of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from unicodedata import normalize

from survey_app.domain.item_inputs import read_item
from survey_app.domain.json_object import Fault, JsonObject
from survey_app.domain.scheme import (
    AllOrNothing,
    Answered,
    Kind,
    PointRange,
    Reference,
    ScoreItem,
    Tiers,
    TierSource,
)
from survey_app.domain.text import Name, Text

# As long as a float can hold exactly; anything else stays text, for the rule of the item to refuse.
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,6})?", re.ASCII)

Data = dict[str, str]


@dataclass(frozen=True)
class EntryField:
    """A number that is typed for an item: its key in a bundle, its name, whether it may stay empty."""

    key: str
    name: Name | Text
    optional: bool = False


def entry_fields(item: ScoreItem) -> tuple[EntryField, ...]:
    """Return the fields of an item; none where the points come from the survey's answers alone."""
    match item.settings:
        case AllOrNothing() as settings:
            return tuple(EntryField(field.key, field.name) for field in (settings.whole, settings.part))
        case PointRange():
            return (EntryField("points", Text("得分")),)
        case Tiers() as settings if settings.source is TierSource.MARKS:
            return (EntryField("points", Text("核定分"), optional=True),)
        case Tiers() as settings:
            counts = (EntryField(field.key, field.name) for field in settings.fields)
            return (*counts, EntryField("points", Text("核定分"), optional=True))
        case Reference():
            return (EntryField("result", Text("评价结果")),)
        case Answered() as settings if not settings.from_library:
            return tuple(EntryField(level.key, level.name) for level in settings.levels)
        case _:
            return ()


def read_typed(item: ScoreItem, typed: Mapping[str, str]) -> Data | None:
    """Return what was typed into an item's fields, tidied; None when all of it is empty."""
    data = {}
    for field in entry_fields(item):
        text = normalize("NFKC", typed.get(field.key) or "").strip().replace("−", "-")
        if text:
            data[field.key] = text
    return data or None


def bundle_value(item: ScoreItem, data: Mapping[str, str] | None) -> object:
    """Return stored data as a bundle gives it: a number, an object of numbers, or None for nothing."""
    if data is None:
        return None
    values = {key: typed_number(text) for key, text in data.items()}
    return values.get("points") if item.kind is Kind.POINTS else values


def entry_faults(item: ScoreItem, data: Mapping[str, str] | None) -> list[str]:
    """Return what is wrong with an item's data taken alone, in the bundle's own sentences."""
    faults: list[Fault] = []
    read_item(JsonObject({item.id: bundle_value(item, data)}, "", item.id, faults), item)
    return [fault.reason for fault in faults]


def field_of(item: ScoreItem, reason: str) -> str:
    """Return the key of the field that a fault is about: the one it begins with, or the item's first."""
    fields = entry_fields(item)
    return next((field.key for field in fields if reason.startswith(field.key + " ")), fields[0].key)


def in_words(item: ScoreItem, reason: str) -> str:
    """Return a fault's sentence with the fields' names in place of their keys."""
    names = {field.key: str(field.name) for field in entry_fields(item)}
    keys = "|".join(map(re.escape, names))
    return re.sub(rf"\b({keys})\b", lambda match: names[match[1]], reason, flags=re.ASCII)


def typed_number(text: str) -> int | float | str:
    """Return a typed number as JSON has it; a text that is none comes back as it is."""
    if not _NUMBER.fullmatch(text):
        return text
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
