"""试算: typed figures as a unit of a score bundle and back, for scoring that stores nothing."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize

from survey_app.domain.entry_fields import EntryField, bundle_value, entry_fields, typed_number
from survey_app.domain.scheme import Answered, Bonus, Counting, Scheme, ScoreItem, Tiers, TierSource
from survey_app.domain.text import Name, Text

MARKS = "marks"
MOST_MARKS = 50
# A bonus is typed as how many practices each level endorsed; more than this no unit has.
MOST_PRACTICES = 99
_SEPARATOR = re.compile(r"[,，、;；\s]+")


@dataclass(frozen=True)
class TypedField:
    """One line of the form: its item (or bonus, penalty), its key there, and what people call both."""

    item: str
    key: str
    title: Name
    name: Name | Text

    @property
    def id(self) -> str:
        """What the field is called in a form, without the unit's number."""
        return f"{self.item}-{self.key}"


def typed_fields(scheme: Scheme) -> list[TypedField]:
    """Return the fields that make up a unit's figures under a scheme, in the order of the sheet."""
    found = [
        TypedField(item.id, field.key, item.title, field.name)
        for item in scheme.items
        for field in _fields(item)
    ]
    found += [
        TypedField(scheme.bonus.id, level.key, scheme.bonus.title, level.name)
        for level in scheme.bonus.levels
    ]
    return [*found, TypedField(scheme.penalty.id, "cases", scheme.penalty.title, Text("查实次数"))]


def typed_unit(scheme: Scheme, name: str, category: str, typed: Mapping[str, str]) -> dict[str, object]:
    """Return the unit that typed figures (by TypedField.id) make in a bundle; an empty field is not known.

    Nothing is checked here but that counts of practices are small numbers: what is no number stays text, which
    the bundle's own rules refuse.
    """
    unit: dict[str, object] = {"unit": name}
    if category:
        unit["category"] = category
    for item in scheme.items:
        data = {
            field.key: text
            for field in _fields(item)
            if (text := _tidy(typed.get(f"{item.id}-{field.key}", "")))
        }
        marks = data.pop(MARKS, None)
        value = bundle_value(item, data or None)
        if marks is not None:
            given: list[object] = [typed_number(each) for each in _SEPARATOR.split(marks) if each]
            value = {**(value if isinstance(value, dict) else {}), MARKS: given[:MOST_MARKS]}
        if value is not None:
            unit[item.id] = value
    unit[scheme.bonus.id] = _practices(scheme, typed)
    unit[scheme.penalty.id] = typed_number(_tidy(typed.get(f"{scheme.penalty.id}-cases", "")) or "0")
    return unit


def as_typed(scheme: Scheme, unit: Mapping[str, object]) -> dict[str, str]:
    """Return what would have to be typed for a bundle's unit, by TypedField.id."""
    typed: dict[str, str] = {}
    for item in scheme.items:
        value = unit.get(item.id)
        values = value if isinstance(value, Mapping) else {"points": value}
        for field in _fields(item):
            found = values.get(field.key)
            if found is not None:
                text = " ".join(map(str, found)) if isinstance(found, list) else str(found)
                typed[f"{item.id}-{field.key}"] = text
    for key, number in Counter(_levels(scheme.bonus, unit.get(scheme.bonus.id))).items():
        typed[f"{scheme.bonus.id}-{key}"] = str(number)
    cases = unit.get(scheme.penalty.id)
    return {**typed, f"{scheme.penalty.id}-cases": str(cases)} if cases else typed


def _fields(item: ScoreItem) -> tuple[EntryField, ...]:
    """An item's fields as staff enter them, and what otherwise comes from supervisors and from answers."""
    match item.settings:
        case Tiers() as settings if settings.source is TierSource.MARKS:
            return (EntryField(MARKS, Text("各位评分")), *entry_fields(item))
        case Answered() as settings:
            return tuple(EntryField(level.key, level.name) for level in settings.levels)
    return entry_fields(item)


def _levels(bonus: Bonus, endorsed: object) -> list[str]:
    """The levels that earn points, of the practices as a bundle lists them: of each the highest, or every one."""
    listed = endorsed if isinstance(endorsed, list) else []
    if bonus.counting is Counting.EVERY:
        return [each["level"] for each in listed]
    points = {level.key: level.points for level in bonus.levels}
    highest: dict[str, str] = {}
    for each in listed:
        known = highest.setdefault(each["practice"], each["level"])
        highest[each["practice"]] = max(known, each["level"], key=lambda key: points[key])
    return list(highest.values())


def _practices(scheme: Scheme, typed: Mapping[str, str]) -> object:
    practices = []
    for level in scheme.bonus.levels:
        number = typed_number(_tidy(typed.get(f"{scheme.bonus.id}-{level.key}", "")) or "0")
        if not isinstance(number, int) or not 0 <= number <= MOST_PRACTICES:
            # Left for the bundle's rules to refuse, under the bonus's own name.
            return number
        practices += [{"practice": f"{level.name}做法{n}", "level": level.key} for n in range(1, number + 1)]
    return practices


def _tidy(text: str) -> str:
    return normalize("NFKC", text).strip().replace("−", "-")
