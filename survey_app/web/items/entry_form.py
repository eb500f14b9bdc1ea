"""A form of many small fields, item by item: what was typed stays, and each fault stands at its field."""

from collections.abc import Iterable, Mapping

from survey_app.domain.entry_fields import entry_fields, read_typed
from survey_app.domain.scheme import Scheme, ScoreItem
from survey_app.models.item_entry import ItemEntry
from survey_app.services.errors import NotFoundError
from survey_app.services.items import Change, EntryConflict, EntryFault, Place
from survey_app.web.parameters import row_id

THEIRS = "theirs"


class EntryForm:
    """Fields named ITEM-UNIT-KEY, a note ITEM-UNIT-note and the version that was seen ITEM-UNIT-version.

    Where somebody else changed an item first, ITEM-UNIT-choice says whose entry shall stand: "theirs", or the
    number of their version, over which what was typed here then goes.
    """

    def __init__(self, places: Iterable[tuple[int, ScoreItem]]) -> None:
        self.places = list(places)
        self.typed: dict[str, str] = {}
        self.errors: dict[str, str] = {}
        self.conflicts: dict[Place, EntryConflict] = {}

    @classmethod
    def sent(cls, scheme: Scheme, sent: Mapping[str, str]) -> "EntryForm":
        """Return a form of the places whose version was sent; raise NotFoundError for an unknown item."""
        known = {item.id: item for item in scheme.items if entry_fields(item)}
        places = []
        for name in sent:
            place, _, key = name.rpartition("-")
            item_id, _, unit_id = place.rpartition("-")
            if key == "version":
                try:
                    places.append((row_id(unit_id), known[item_id]))
                except (KeyError, ValueError):
                    raise NotFoundError("页面上的评分项与评分方案不符：请刷新页面") from None
        form = cls(places)
        form.read(sent, {})
        return form

    @staticmethod
    def place(unit_id: int, item_id: str) -> str:
        """Return what the names of an item's fields begin with."""
        return f"{item_id}-{unit_id}"

    @staticmethod
    def name(unit_id: int, item_id: str, key: str) -> str:
        """Return a field's name, which is its id in the page too."""
        return f"{EntryForm.place(unit_id, item_id)}-{key}"

    def value(self, unit_id: int, item_id: str, key: str) -> str:
        """Return what stands in a field."""
        return self.typed.get(self.name(unit_id, item_id, key), "")

    def error(self, unit_id: int, item_id: str, key: str) -> str | None:
        """Return what is wrong with a field, or None."""
        return self.errors.get(self.name(unit_id, item_id, key))

    def errors_of(self, unit_id: int) -> list[tuple[ScoreItem, str, str]]:
        """Return what is wrong with a unit's fields: the item, the field's name, the sentence."""
        return [
            (item, self.name(unit_id, item.id, key), sentence)
            for unit, item in self.places
            if unit == unit_id
            for key in (*(field.key for field in entry_fields(item)), "note")
            if (sentence := self.error(unit_id, item.id, key))
        ]

    def fill(self, entries: Mapping[Place, ItemEntry]) -> None:
        """Put the entries in force into the fields."""
        for unit_id, item in self.places:
            self._fill(unit_id, item, entries.get((unit_id, item.id)))

    def read(self, sent: Mapping[str, str], entries: Mapping[Place, ItemEntry]) -> None:
        """Take what was sent, as it was typed; where theirs was chosen, what is in force instead."""
        for unit_id, item in self.places:
            for key in (*(field.key for field in entry_fields(item)), "note", "version"):
                name = self.name(unit_id, item.id, key)
                self.typed[name] = sent.get(name, "")
            choice = sent.get(self.name(unit_id, item.id, "choice"), "")
            if choice == THEIRS:
                self._fill(unit_id, item, entries.get((unit_id, item.id)))
            elif choice:
                self.typed[self.name(unit_id, item.id, "version")] = choice

    def changes(self) -> dict[Place, Change]:
        """Return what was typed as the service takes it."""
        found = {}
        for unit_id, item in self.places:
            typed = {field.key: self.value(unit_id, item.id, field.key) for field in entry_fields(item)}
            version = self.value(unit_id, item.id, "version")
            base = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
            note = self.value(unit_id, item.id, "note")
            found[unit_id, item.id] = Change(read_typed(item, typed), note, base)
        return found

    def fault(self, fault: EntryFault) -> None:
        """Note what is wrong with a field."""
        self.errors.setdefault(self.name(fault.unit_id, fault.item, fault.field), fault.sentence)

    def conflict(self, conflict: EntryConflict) -> None:
        """Note that somebody else changed an item first: whoever sends again has to choose."""
        item = next(
            each for unit, each in self.places if (unit, each.id) == (conflict.unit_id, conflict.item)
        )
        self.conflicts[conflict.unit_id, item.id] = conflict
        self.fault(EntryFault(conflict.unit_id, item.id, entry_fields(item)[0].key, conflict.sentence))

    def _fill(self, unit_id: int, item: ScoreItem, entry: ItemEntry | None) -> None:
        data = (entry.data if entry else None) or {}
        values = {field.key: data.get(field.key, "") for field in entry_fields(item)}
        values |= {"note": entry.note if entry else "", "version": str(entry.version) if entry else ""}
        self.typed |= {self.name(unit_id, item.id, key): text for key, text in values.items()}
