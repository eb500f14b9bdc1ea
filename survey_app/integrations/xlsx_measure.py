"""Measuring the XML parts of an .xlsx before a reader lays them out: extent, text, hidden rows."""

import re
from collections.abc import Callable, Mapping
from xml.parsers import expat

from survey_app.integrations.limits import (
    MAX_INFLATED_BYTES,
    MAX_OTHER_TAGS,
    MAX_TAG_BYTES,
    MAX_XML_ELEMENTS,
    check_extent,
    check_total,
)

_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
# Up to the next tag and not to a ">", which an attribute may hold.
_LONG_TAG = re.compile(rb"<[^<]{%d}" % MAX_TAG_BYTES)
_Start = Callable[[str, dict[str, str]], None]


class DamagedXmlError(Exception):
    """A part that no spreadsheet program would write."""


class _Root(Exception):
    """Carries a document's root element out of the parser."""


def measure(parts: Mapping[str, bytes]) -> dict[str, frozenset[int]]:
    """Return the hidden rows of each sheet, by the sheet's name, once all the parts are within the limits.

    `parts` are the inflated XML parts by name. Raises DamagedXmlError, or UnusableFileError over a limit.
    """
    roots = {name: _root(part) for name, part in parts.items()}
    sheets = _sheet_parts(parts)
    # By their place too: a reader doesn't ask what their root element is called.
    string_parts = {
        name for name, root in roots.items() if root == "sst" or name.lower() == "xl/sharedstrings.xml"
    }
    cell_parts = {name for name, root in roots.items() if root == "worksheet"} | set(sheets.values())
    others = (part.count(b"<") for name, part in parts.items() if name not in string_parts | cell_parts)
    if sum(others) > MAX_OTHER_TAGS:
        check_total(0, MAX_INFLATED_BYTES)
    strings = _Strings()
    for name in string_parts:
        _parse(parts[name], strings.start, text=strings.text)
    elements = _Elements()
    hidden: dict[str, frozenset[int]] = {}
    cells = characters = 0
    for name in cell_parts:
        sheet = _Worksheet(strings.lengths, cells, characters, elements)
        _parse(parts[name], sheet.start, sheet.end, sheet.text)
        cells, characters = sheet.total_cells, sheet.characters
        hidden[name] = frozenset(sheet.hidden)
    return {title: hidden[part] for title, part in sheets.items()}


class _Elements:
    """How many elements were read, of all parts that share it."""

    def __init__(self) -> None:
        self.count = 0

    def one_more(self) -> None:
        self.count += 1
        if self.count > MAX_XML_ELEMENTS:
            check_total(0, MAX_INFLATED_BYTES)


class _Strings:
    """The lengths of the shared strings, in characters."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.elements = _Elements()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements.one_more()
        local = _local(name)
        if local == "sst":
            # A reader sets memory aside for as many strings as are announced.
            check_total(_whole(attributes.get("uniqueCount"), 0), 0)
        elif local == "si":
            self.lengths.append(0)
            check_total(len(self.lengths), 0)

    def text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class _Worksheet:
    """One sheet's extent, hidden rows and text; the totals go on from those of the sheets before."""

    def __init__(self, string_lengths: list[int], cells: int, characters: int, elements: _Elements) -> None:
        self.string_lengths, self.cells_before, self.characters = string_lengths, cells, characters
        self.elements = elements
        self.hidden: set[int] = set()
        self.row = self.column = self.last_row = self.last_column = 0
        self.in_cell = self.filled = self.shared = False
        self.index: str | None = None
        self.columns: dict[str, int] = {}

    @property
    def total_cells(self) -> int:
        return self.cells_before + self.last_row * self.last_column

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements.one_more()
        local = _local(name)
        if local == "c":
            self._start_cell(attributes)
        elif local == "row":
            self.row = _whole(attributes.get("r"), self.row + 1)
            self.column = 0
            if attributes.get("hidden") in ("1", "true"):
                self.hidden.add(self.row)
        elif self.in_cell:
            self.filled = True
            if self.shared and local == "v":
                self.index = ""

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.in_cell, self.filled, self.shared = True, False, attributes.get("t") == "s"
        reference = attributes.get("r")
        if reference is None:
            self.column += 1
            return
        match = _CELL.fullmatch(reference)
        if match is None:
            raise DamagedXmlError(reference[:20])
        self.row, self.column = int(match[2]), self._column(match[1])

    def _column(self, letters: str) -> int:
        if letters not in self.columns:
            number = 0
            for letter in letters.upper():
                number = number * 26 + ord(letter) - 64
            self.columns[letters] = number
        return self.columns[letters]

    def text(self, text: str) -> None:
        if self.index is not None:
            self.index += text

    def end(self, name: str) -> None:
        local = _local(name)
        if local == "v" and self.index is not None:
            place = _whole(self.index.strip(), -1)
            self.index = None
            if 0 <= place < len(self.string_lengths):
                self.characters += self.string_lengths[place]
                check_total(0, self.characters)
        elif local == "c":
            self.in_cell = False
            if self.filled and (self.row > self.last_row or self.column > self.last_column):
                self.last_row = max(self.last_row, self.row)
                self.last_column = max(self.last_column, self.column)
                check_extent(self.last_row, self.last_column)
                check_total(self.total_cells, 0)


def _root(part: bytes) -> str:
    """Return a part's root element; refuse entities, which can be made to burst, huge tags, other encodings."""
    if (
        not part.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        or b"<!DOCTYPE" in part
        or b"<!ENTITY" in part
        or _LONG_TAG.search(part)
    ):
        raise DamagedXmlError("not plain XML")

    def stop(name: str, _attributes: dict[str, str]) -> None:
        raise _Root(_local(name))

    try:
        _parse(part, stop)
    except _Root as root:
        return str(root)
    return ""


def _parse(
    part: bytes,
    start: _Start,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise DamagedXmlError(str(error)) from error


def _sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Follow the workbook's relations from each sheet's name to its part.

    Raises DamagedXmlError where two sheets share a part: it would be laid out as often as it is named.
    """
    targets: dict[str, str] = {}
    names: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            identifier = attributes.get("Id", "")
            if identifier in targets:
                raise DamagedXmlError("relation given twice")
            targets[identifier] = _place(attributes.get("Target", ""))

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet":
            identifier = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if identifier in names:
                raise DamagedXmlError("two sheets of one part")
            names[identifier] = attributes.get("name", "")

    _parse(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"), relation)
    _parse(parts["xl/workbook.xml"], sheet)
    places = [targets[identifier] for identifier in names if identifier in targets]
    if len(set(places)) != len(places):
        raise DamagedXmlError("two sheets of one part")
    by_place = {_place(part): part for part in parts}
    return {
        name: by_place[targets[identifier]]
        for identifier, name in names.items()
        if targets.get(identifier) in by_place
    }


def _place(target: str) -> str:
    """Return where a part is, below xl/, however a relation or the archive spells it."""
    return target.replace("\\", "/").lstrip("/").lower().removeprefix("xl/")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else otherwise
