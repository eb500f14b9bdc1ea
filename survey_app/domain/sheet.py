"""What a spreadsheet is once it is read: sheets of rows of text, with nothing left of the file's format."""

from dataclasses import dataclass


class UnusableFileError(ValueError):
    """A file that can't be read at all; `str(error)` is one sentence that says what it is and what to do."""


@dataclass(frozen=True)
class Row:
    """A row: its number as a spreadsheet program shows it (from 1), and its cells as text."""

    number: int
    cells: tuple[str, ...]
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """工作表 — a sheet's name and those of its rows that hold anything, in order."""

    name: str
    rows: tuple[Row, ...]
    hidden: bool = False
