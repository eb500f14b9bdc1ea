"""The one door to spreadsheets: files of any origin in, as text; workbooks and CSV out, safe to open."""

import csv
import io
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pandas as pd
import xlsxwriter
from python_calamine import CalamineError, PasswordError, SheetVisibleEnum

from survey_app.domain.sheet import Row, Sheet, UnusableFileError
from survey_app.integrations.compound_file import (
    CompoundFile,
    DamagedCompoundFileError,
    is_compound_file,
    write_compound_file,
)
from survey_app.integrations.delimited_text import read_delimited
from survey_app.integrations.limits import MAX_FILE_BYTES
from survey_app.integrations.xls_measure import EncryptedWorkbookError, measure_xls
from survey_app.integrations.xlsx_archive import check_archive

# From here on a spreadsheet no longer keeps every digit of a number.
_INEXACT = 10**15
_DAMAGED = "文件已损坏，无法读取，请重新导出或另存为 .xlsx 后再导入"
_ENCRYPTED = "文件加了密码，请取消密码后重新导入"
_OTHER_KINDS = (
    (b"%PDF", "PDF 文件"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"II*\x00", "图片"),
    (b"MM\x00*", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def read_sheets(source: Path | bytes, filename: str) -> list[Sheet]:
    """Read a file of which the content, not the name, says what it is: .xlsx, .xls, or delimited text.

    Numbers, dates and truth values come as text: 15837005067, 2022-03-31, TRUE; a formula as the value it
    last had. `filename` (without its ending) names the one sheet of a text file. Raises UnusableFileError,
    with one sentence, for another kind of file, an encrypted, damaged or empty one, or one over the limits.
    """
    data = _bytes(source)
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise UnusableFileError("文件是空的，请确认选对了文件后重新导入")
    for sign, kind in _OTHER_KINDS:
        if data.startswith(sign):
            raise UnusableFileError(f"这是{kind}，不是表格，请用表格软件另存为 .xlsx 后再导入")
    if data.startswith(b"PK"):
        archive = check_archive(data)
        return _read_workbook(archive.data, archive.hidden_rows)
    if is_compound_file(data):
        return _read_xls(data)
    return [Sheet(Path(filename).stem, read_delimited(data))]


def _bytes(source: Path | bytes) -> bytes:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MAX_FILE_BYTES:
        raise UnusableFileError(f"文件超过 {MAX_FILE_BYTES // 1024 // 1024} MB，请只保留样本库名单后重新导入")
    return source if isinstance(source, bytes) else source.read_bytes()


def _read_xls(data: bytes) -> list[Sheet]:
    try:
        container = CompoundFile(data)
        names = container.streams.keys()
        if "EncryptedPackage" in names or "EncryptionInfo" in names:
            raise UnusableFileError(_ENCRYPTED)
        book = next((name for name in ("Workbook", "Book", "WORKBOOK", "BOOK") if name in names), None)
        if book is None:
            kind = "Word 文档" if "WordDocument" in names else "其他程序的文档"
            raise UnusableFileError(f"这是{kind}，不是表格，请用表格软件另存为 .xlsx 后再导入")
        stream = container.read(book)
        hidden = measure_xls(stream)
    except EncryptedWorkbookError as error:
        raise UnusableFileError(_ENCRYPTED) from error
    except (DamagedCompoundFileError, struct.error) as error:
        raise UnusableFileError(_DAMAGED) from error
    return _read_workbook(write_compound_file("Workbook", stream), hidden)


def _read_workbook(data: bytes, hidden: dict[str, frozenset[int]] | list[frozenset[int]]) -> list[Sheet]:
    """Read a measured workbook; `hidden` are each sheet's hidden rows, by name or in the workbook's order."""
    try:
        with pd.ExcelFile(io.BytesIO(data), engine="calamine") as workbook:
            visible = {sheet.name: sheet.visible for sheet in workbook.book.sheets_metadata}
            by_name = hidden if isinstance(hidden, dict) else dict(zip(visible, hidden, strict=False))
            frames = pd.read_excel(workbook, sheet_name=None, header=None, dtype=object, na_filter=False)
    except PasswordError as error:
        raise UnusableFileError(_ENCRYPTED) from error
    except (CalamineError, ValueError, OSError) as error:
        raise UnusableFileError(_DAMAGED) from error
    except BaseException as error:
        # The reader is compiled code; what it did not foresee comes as a panic that is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise UnusableFileError(_DAMAGED) from error
    return [
        Sheet(
            name,
            tuple(_rows(frame, by_name.get(name, frozenset()))),
            visible.get(name, SheetVisibleEnum.Visible) != SheetVisibleEnum.Visible,
        )
        for name, frame in frames.items()
    ]


def _rows(frame: pd.DataFrame, hidden: frozenset[int]) -> Iterable[Row]:
    for number, values in enumerate(frame.itertuples(index=False, name=None), start=1):
        cells = tuple(_text(value) for value in values)
        if any(cells):
            yield Row(number, cells, number in hidden)


def _text(value: object) -> str:
    """Return a cell's value as people would type it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)


def _number_text(value: float) -> str:
    if value != value:
        return ""
    if abs(value) >= _INEXACT:
        return f"{float(value):.15G}"
    return str(int(value)) if value == int(value) else repr(value)


@dataclass(frozen=True)
class Cell:
    """A cell of a workbook to write; `style` is one of STYLES; it may cover several columns and rows."""

    value: str | int | Decimal | date | None = None
    style: str = "text"
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True)
class OutSheet:
    """A sheet to write: rows of values or Cells, widths in characters, and how it is printed on A4.

    The first `header_rows` rows stay in view and are repeated on every page; plain values in them get the
    header style. `footer` stands under the page's number on paper.
    """

    name: str
    rows: Sequence[Sequence[Cell | str | int | Decimal | date | None]]
    widths: Sequence[float] = ()
    header_rows: int = 1
    landscape: bool = False
    footer: str = ""


LONGEST_SHEET_NAME = 31
LONGEST_TEXT = 32_767
TITLE_HEIGHT = 30  # points
_LINE_HEIGHT, _MOST_HEIGHT = 15, 409  # points; the most that a row can have
_STANDARD_WIDTH = 8.43  # characters
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_BORDERED = {"border": 1, "valign": "vcenter", "text_wrap": True}
STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter", "text_wrap": True},
    "note": {"valign": "top", "text_wrap": True},
    "header": {**_BORDERED, "bold": True, "align": "center", "bg_color": "#E8EEF5"},
    "text": {**_BORDERED, "align": "left"},
    "centre": {**_BORDERED, "align": "center"},
    "number": {**_BORDERED, "align": "right"},
    "date": {**_BORDERED, "align": "center", "num_format": "yyyy-mm-dd"},
    "total": {**_BORDERED, "bold": True, "align": "right"},
    "sum": {**_BORDERED, "bold": True, "align": "center"},
}


def write_workbook(sheets: Sequence[OutSheet]) -> bytes:
    """Return an .xlsx; text is written as text, never as a formula or a link, whatever it begins with."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as workbook:
        formats = {
            name: workbook.add_format({"font_name": "宋体", **style}) for name, style in STYLES.items()
        }
        for sheet in sheets:
            name = _FORBIDDEN_IN_NAMES.sub("_", sheet.name).strip("'")[:LONGEST_SHEET_NAME]
            _write_sheet(workbook.add_worksheet(name), sheet, formats)
    return buffer.getvalue()


def _write_sheet(
    worksheet: "xlsxwriter.worksheet.Worksheet",
    sheet: OutSheet,
    formats: "dict[str, xlsxwriter.format.Format]",
) -> None:
    for column, width in enumerate(sheet.widths):
        worksheet.set_column(column, column, width)
    for row, values in enumerate(sheet.rows):
        height = _height(values, sheet.widths)
        if height is not None:
            worksheet.set_row(row, height)
        for column, value in enumerate(values):
            if value is None:
                continue
            cell = value if isinstance(value, Cell) else Cell(value, _style(value, row < sheet.header_rows))
            style = formats[cell.style]
            if cell.columns > 1 or cell.rows > 1:
                last_row, last_column = row + cell.rows - 1, column + cell.columns - 1
                worksheet.merge_range(row, column, last_row, last_column, "", style)
            _write_value(worksheet, row, column, cell.value, style)
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
    # The blank ends the type's size, so that a digit that follows isn't read as part of it.
    under = "\n&8 " + sheet.footer.replace("&", "&&") if sheet.footer else ""
    worksheet.set_footer(f"&C第 &P 页，共 &N 页{under}")
    if sheet.landscape:
        worksheet.set_landscape()
    if sheet.header_rows:
        worksheet.freeze_panes(sheet.header_rows, 0)
        worksheet.repeat_rows(0, sheet.header_rows - 1)


def _height(values: Sequence[object], widths: Sequence[float]) -> float | None:
    """The height that a row's longest text needs; None where one line does, as every program gives it.

    No program fits a row to a merged cell, and not all do to others when they only print or convert.
    """
    lines = 1
    for column, value in enumerate(values):
        cell = value if isinstance(value, Cell) else Cell(value if isinstance(value, str) else None)
        if cell.style == "title":
            return TITLE_HEIGHT
        if cell.rows == 1 and isinstance(cell.value, str):
            room = sum(widths[column : column + cell.columns]) or _STANDARD_WIDTH * cell.columns
            lines = max(lines, sum(_lines(part, room) for part in cell.value[:LONGEST_TEXT].split("\n")))
    return None if lines == 1 else min(lines * _LINE_HEIGHT, _MOST_HEIGHT)


def _lines(text: str, room: float) -> int:
    """How many lines a text takes in a room of so many characters; a Chinese one is somewhat wider than two."""
    width = sum(2.2 if ord(symbol) > 0x2000 else 1.2 for symbol in text)
    return max(1, -int(-width // max(room - 0.5, 1)))


def _write_value(
    worksheet: "xlsxwriter.worksheet.Worksheet",
    row: int,
    column: int,
    value: str | int | Decimal | date | None,
    style: "xlsxwriter.format.Format",
) -> None:
    if value is None or value == "":
        worksheet.write_blank(row, column, None, style)
    elif isinstance(value, str):
        worksheet.write_string(row, column, value[:LONGEST_TEXT], style)
    elif isinstance(value, date):
        worksheet.write_datetime(row, column, value, style)
    else:
        worksheet.write_number(row, column, value, style)


def _style(value: object, header: bool) -> str:
    if header:
        return "header"
    if isinstance(value, date):
        return "date"
    return "number" if isinstance(value, int | Decimal) else "text"


def write_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Return CSV as Excel opens it; text that could be a formula gets an apostrophe before it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_csv_value(value) for value in row])
    return buffer.getvalue().encode("utf-8-sig")


def _csv_value(value: object) -> object:
    if isinstance(value, str) and value.lstrip(" \u3000").startswith(_FORMULA_STARTS):
        return "'" + value
    return value
