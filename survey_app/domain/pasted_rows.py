"""Rows that somebody copied from a spreadsheet: cells parted by tabs, with or without the heading."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PastedRow:
    """A row that was pasted: its number as people count the lines, from 1, and its cells."""

    number: int
    cells: tuple[str, ...]


def read_rows(text: str, headings: Sequence[str]) -> list[PastedRow]:
    """Return the rows that hold anything, without one that repeats the first heading.

    Each has at least as many cells as there are headings; more only where more were filled in.
    """
    rows = []
    for number, cells in enumerate(_split(text), start=1):
        tidied = [cell.strip() for cell in cells]
        while len(tidied) > len(headings) and not tidied[-1]:
            tidied.pop()
        if any(tidied) and tidied[0] != headings[0]:
            filler = [""] * (len(headings) - len(tidied))
            rows.append(PastedRow(number, (*tidied, *filler)))
    return rows


def _split(text: str) -> list[list[str]]:
    """Spreadsheets quote a cell only where it holds a line break or a tab; other quotes are what was written."""
    lines = [line.split("\t") for line in text.splitlines()]
    torn = any(cell.startswith('"') and cell.count('"') % 2 for line in lines for cell in line)
    if not torn or text.count('"') % 2:
        return lines
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
