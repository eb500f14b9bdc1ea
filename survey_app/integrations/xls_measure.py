"""Measuring the records of an .xls (BIFF) before a reader lays them out: extent, text, hidden rows."""

import struct
from collections.abc import Iterator

from survey_app.integrations.limits import check_extent, check_total

_BEGIN, _END, _BOUND_SHEET, _FILE_PASS, _SST, _CONTINUE = 0x809, 0x0A, 0x85, 0x2F, 0xFC, 0x3C
_ROW, _DIMENSIONS = 0x208, 0x200
_BIFF8_ROWS, _BIFF8_COLUMNS = 65_536, 256
_LABEL_SST, _MUL_RK = 0xFD, 0xBD
# Number, RK, label, formula, boolean or error, rich string, and formulas of older versions.
_CELLS = frozenset((0x203, 0x27E, 0x204, 0x06, 0x205, 0xD6, 0x206, 0x406, _LABEL_SST))
_HIDDEN_BIT = 0x20


class EncryptedWorkbookError(Exception):
    """The workbook needs a password."""


def measure_xls(book: bytes) -> list[frozenset[int]]:
    """Return the hidden rows (from 1) of each sheet, in the workbook's order, once all are within the limits.

    `book` is the Workbook stream. Raises UnusableFileError over a limit, EncryptedWorkbookError, and
    struct.error for records cut short.
    """
    starts: list[int] = []
    strings: list[int] = []
    for kind, place, size in _records(book, 0):
        if kind == _FILE_PASS:
            raise EncryptedWorkbookError
        if kind == _BOUND_SHEET:
            starts.append(struct.unpack_from("<I", book, place)[0])
        elif kind == _SST:
            strings = _string_lengths(book, place, size)
    hidden: list[frozenset[int]] = []
    cells = characters = 0
    # Two sheets that claim the same records would be laid out twice.
    for start in starts:
        rows, last_row, last_column, text = _measure_sheet(book, start, strings)
        cells, characters = cells + last_row * last_column, characters + text
        check_total(cells, characters)
        hidden.append(frozenset(rows))
    return hidden


def _records(book: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Give (type, place of the content, its size) of a substream's records, those of nested ones too."""
    place, depth = start, 0
    while place + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, place)
        depth += (kind == _BEGIN) - (kind == _END)
        if kind == _END and depth <= 0:
            return
        yield kind, place + 4, size
        place += 4 + size


def _measure_sheet(book: bytes, start: int, strings: list[int]) -> tuple[set[int], int, int, int]:
    """Return a sheet's hidden rows, last filled row and column (from 1), and its characters of text."""
    hidden: set[int] = set()
    last_row = last_column = characters = 0
    for kind, place, size in _records(book, start):
        if kind == _ROW and size >= 16:
            row, options = struct.unpack_from("<H10xH", book, place)
            if options & _HIDDEN_BIT:
                hidden.add(row + 1)
        elif kind == _DIMENSIONS:
            _check_dimensions(book, place, size)
        elif kind in _CELLS or kind == _MUL_RK:
            row, column = struct.unpack_from("<HH", book, place)
            if kind == _MUL_RK:
                (column,) = struct.unpack_from("<H", book, place + size - 2)
            elif kind == _LABEL_SST:
                (index,) = struct.unpack_from("<I", book, place + 6)
                characters += strings[index] if index < len(strings) else 0
            last_row, last_column = max(last_row, row + 1), max(last_column, column + 1)
            check_extent(last_row, last_column)
            check_total(last_row * last_column, characters)
    return hidden, last_row, last_column, characters


def _check_dimensions(book: bytes, place: int, size: int) -> None:
    """Refuse a sheet that claims an extent no sheet can have: a reader sets memory aside for it."""
    first_row, end_row, first_column, end_column = struct.unpack_from(
        "<IIHH" if size == 14 else "<HHHH", book, place
    )
    backwards = first_row > max(0, end_row - 1) or first_column > max(0, end_column - 1)
    if backwards or end_row > _BIFF8_ROWS or end_column > _BIFF8_COLUMNS:
        raise struct.error("dimensions")


def _string_lengths(book: bytes, place: int, size: int) -> list[int]:
    """Return the lengths of the shared strings; the table goes on in continuation records."""
    segments = [(place, place + size)]
    following = place + size
    while following + 4 <= len(book):
        kind, more = struct.unpack_from("<HH", book, following)
        if kind != _CONTINUE:
            break
        segments.append((following + 4, following + 4 + more))
        following += 4 + more
    lengths: list[int] = []
    segment, position = 0, place + 8
    while segment < len(segments):
        if position >= segments[segment][1]:
            segment += 1
            position = segments[segment][0] if segment < len(segments) else 0
            continue
        characters, flags = struct.unpack_from("<HB", book, position)
        position += 3
        runs = struct.unpack_from("<H", book, position)[0] if flags & 8 else 0
        position += 2 if flags & 8 else 0
        extra = struct.unpack_from("<I", book, position)[0] if flags & 4 else 0
        position += 4 if flags & 4 else 0
        lengths.append(characters)
        check_total(len(lengths), 0)
        width, left = 1 + (flags & 1), characters
        while left and segment < len(segments):
            fits = min(left, max(0, segments[segment][1] - position) // width)
            left, position = left - fits, position + fits * width
            if left:
                segment += 1
                if segment < len(segments):
                    # The rest begins with a byte that says anew how wide its characters are.
                    position = segments[segment][0] + 1
                    width = 1 + (book[position - 1] & 1) if position <= len(book) else 1
        skip = 4 * runs + extra
        while skip and segment < len(segments):
            fits = min(skip, max(0, segments[segment][1] - position))
            skip, position = skip - fits, position + fits
            if skip:
                segment += 1
                position = segments[segment][0] if segment < len(segments) else 0
    return lengths
