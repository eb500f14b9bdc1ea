"""The columns of the table of entries, numbered so that every cell can name its heads briefly."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from survey_app.domain.entry_fields import EntryField, entry_fields
from survey_app.domain.scheme import ScoreItem


@dataclass(frozen=True)
class ItemColumns:
    """An item's columns: its fields with their numbers, and its own number."""

    number: int
    item: ScoreItem
    fields: tuple[tuple[int, EntryField], ...]


def grid_columns(items: Iterable[ScoreItem]) -> Iterator[ItemColumns]:
    """Yield the columns of each item in turn."""
    numbers = count(1)
    for number, item in enumerate(items, start=1):
        yield ItemColumns(number, item, tuple((next(numbers), field) for field in entry_fields(item)))
