"""A form of many small fields, item by item: what was typed stays, and each fault stands at its field."""

from collections.abc import Iterable, Mapping

from survey_app.domain.entry_fields import entry_fields, read_typed
from survey_app.domain.scheme import ScoreItem
from survey_app.models.item_entry import ItemEntry
from survey_app.services.items import Change, Place


class EntryForm:
    """Fields named ITEM-UNIT-KEY, a note ITEM-UNIT-note and the version that was seen ITEM-UNIT-version."""

    def __init__(self, places: Iterable[tuple[int, ScoreItem]]) -> None:
        self.places = list(places)
        self.typed: dict[str, str] = {}
        self.errors: dict[str, str] = {}

    @staticmethod
    def name(unit_id: int, item_id: str, key: str) -> str:
        """Return a field's name, which is its id in the page too."""
        return f"{item_id}-{unit_id}-{key}"

    def value(self, unit_id: int, item_id: str, key: str) -> str:
        """Return what stands in a field."""
        return self.typed.get(self.name(unit_id, item_id, key), "")

    def error(self, unit_id: int, item_id: str, key: str) -> str | None:
        """Return what is wrong with a field, or None."""
        return self.errors.get(self.name(unit_id, item_id, key))

    def fill(self, entries: Mapping[Place, ItemEntry]) -> None:
        """Put the entries in force into the fields."""
        for unit_id, item in self.places:
            entry = entries.get((unit_id, item.id))
            if entry is not None:
                values = {**(entry.data or {}), "note": entry.note, "version": str(entry.version)}
                self.typed |= {self.name(unit_id, item.id, key): text for key, text in values.items()}

    def read(self, sent: Mapping[str, str]) -> None:
        """Take what was sent, as it was typed."""
        for unit_id, item in self.places:
            for key in (*(field.key for field in entry_fields(item)), "note", "version"):
                name = self.name(unit_id, item.id, key)
                self.typed[name] = sent.get(name, "")

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

    def fault(self, unit_id: int, item_id: str, key: str, sentence: str) -> None:
        """Note what is wrong with a field."""
        self.errors.setdefault(self.name(unit_id, item_id, key), sentence)

    def conflict(self, unit_id: int, item_id: str, newest: int, sentence: str) -> None:
        """Note that somebody else changed an item; sending again then changes their version, knowingly."""
        item = next(item for unit, item in self.places if (unit, item.id) == (unit_id, item_id))
        self.fault(unit_id, item_id, entry_fields(item)[0].key, sentence)
        self.typed[self.name(unit_id, item_id, "version")] = str(newest)
