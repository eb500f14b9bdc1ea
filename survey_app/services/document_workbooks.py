"""Documents as workbooks: the same tables as on paper, their numbers as numbers, with version and digest."""

import re
from collections.abc import Sequence
from decimal import Decimal

from survey_app.domain.document import Align, Document, Facts, Paragraph, Style, Table, placed
from survey_app.integrations import spreadsheets
from survey_app.integrations.spreadsheets import OutSheet, write_workbook
from survey_app.services.document_marks import moment_text

Value = spreadsheets.Cell | str | int | Decimal | None
_NUMBER = re.compile(r"−?\d{1,9}(\.\d{1,6})?", re.ASCII)
_ORDINAL = re.compile(r"^[一二三四五六七八九十]+、")
_WIDTH = 90  # characters across a sheet of A4, upright


def workbook_of(document: Document, tables: Sequence[tuple[str, Table]], opening: bool = False) -> bytes:
    """Return a document's tables as an .xlsx, a sheet for each with its name.

    With `opening` the first sheet has what the document is about and the paragraphs of its first part.
    """
    sheets = [_opening(document)] if opening else []
    return write_workbook([*sheets, *(_sheet(document, name, table) for name, table in tables)])


def tables_of(document: Document) -> list[tuple[str, Table]]:
    """Return a document's tables, each under its part's heading without the ordinal, or its own caption."""
    found, heading = [], ""
    for block in document.blocks:
        if isinstance(block, Paragraph) and block.style is Style.HEADING:
            heading = _ORDINAL.sub("", block.text)
        elif isinstance(block, Table):
            found.append((heading if not block.caption else block.caption, block))
    return found


def _opening(document: Document) -> OutSheet:
    facts = [pair for block in document.blocks if isinstance(block, Facts) for pair in block.pairs]
    first = next((b for b in document.blocks if isinstance(b, Paragraph) and b.style is Style.HEADING), None)
    rows: list[list[Value]] = [_title(document, 2), _about(document, "", 2)]
    header_rows = len(rows)
    rows += [[label, value] for label, value in facts]
    if first is not None:
        rows += [[], [_note(_ORDINAL.sub("", first.text), 2)]]
        for block in document.blocks[document.blocks.index(first) + 1 :]:
            if not isinstance(block, Paragraph) or block.style is Style.HEADING:
                break
            rows.append([_note(block.text, 2)])
    rows += _stamped(document, 2)
    return OutSheet("概况", rows, (20, _WIDTH - 20), header_rows, footer=document.stamp)


def _sheet(document: Document, name: str, table: Table) -> OutSheet:
    columns = len(table.widths)
    rows: list[list[Value]] = [_title(document, columns), _about(document, name, columns)]
    for part, head in ((table.head, True), (table.rows, False)):
        grid: list[list[Value]] = [[None] * columns for _ in part]
        for row, column, cell in placed(part, columns):
            style = "header" if head else "text" if cell.align is Align.LEFT else "centre"
            value = _value(cell.text) if style == "centre" else cell.text
            grid[row][column] = spreadsheets.Cell(value, style, cell.columns, cell.rows)
        rows += grid
    rows += _stamped(document, columns)
    widths = tuple(round(_WIDTH * width / sum(table.widths), 1) for width in table.widths)
    return OutSheet(name, rows, widths, 2 + len(table.head), footer=document.stamp)


def _title(document: Document, columns: int) -> list[Value]:
    return [spreadsheets.Cell(document.title.replace("\n", ""), "title", columns=columns)]


def _about(document: Document, name: str, columns: int) -> list[Value]:
    """The line under the title: which table it is, of whom, of which moment, and until when it isn't official."""
    facts = [pair for block in document.blocks if isinstance(block, Facts) for pair in block.pairs[:1]]
    parts = (
        name,
        *(f"{label}：{value}" for label, value in facts),
        f"截至{moment_text(document.as_of)}",
        document.mark,
    )
    return [_note("　　".join(part for part in parts if part), columns)]


def _stamped(document: Document, columns: int) -> list[list[Value]]:
    return [[], [_note(document.stamp, columns)]]


def _note(text: str, columns: int) -> spreadsheets.Cell:
    return spreadsheets.Cell(text, "note", columns=columns)


def _value(text: str) -> str | Decimal:
    """A number as the spreadsheet computes with it; a text that is none as it is."""
    return Decimal(text.replace("−", "-")) if _NUMBER.fullmatch(text) else text
