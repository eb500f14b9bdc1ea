"""Reading CSV and other delimited text, whatever its encoding and delimiter."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from survey_app.domain.sheet import Row, UnusableFileError
from survey_app.integrations.limits import MAX_BLANK_COLUMNS, MAX_BLANK_ROWS, check_extent

_DELIMITERS = (",", "\t", ";", "|", "，")
_ROWS_TRIED = 200
# Control characters that no text file holds; a blank is more than what a spreadsheet leaves.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b]")
_MARKUP = (
    (re.compile(r"<\?xml.{0,2000}schemas-microsoft-com:office:spreadsheet", re.I | re.S), "XML 格式的表格"),
    (re.compile(r"<\?xml", re.I), "XML 文件"),
    (re.compile(r"<(!--|(!doctype\s+html|html|head|meta|table|body|style|div)\b)", re.I), "网页（HTML）"),
    (re.compile(r"mime-version:", re.I), "网页（MHTML）"),
    (re.compile(r"\{\\rtf", re.I), "RTF 文档"),
)


def decode(data: bytes) -> str:
    """Return text in UTF-8, UTF-16 with its mark, or GB 18030; raises UnusableFileError if none fits."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = data.decode("utf-16")
        else:
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise UnusableFileError("这不是表格文件，内容无法识别，请用表格软件另存为 .xlsx 后再导入") from error
    text = text.rstrip("\x1a\x00")
    if _CONTROL.search(text):
        raise UnusableFileError("这不是表格文件，内容无法识别，请用表格软件另存为 .xlsx 后再导入")
    for pattern, kind in _MARKUP:
        if pattern.match(text.lstrip()):
            raise UnusableFileError(f"这是{kind}，不是表格，请用表格软件打开后另存为 .xlsx 再导入")
    return text


def read_delimited(data: bytes) -> tuple[Row, ...]:
    """Return the filled rows of a text; a row's number counts records, blank ones too, as Excel does."""
    text = decode(data)
    rows: list[Row] = []
    try:
        for number, cells in enumerate(_reader(text, _delimiter(text)), start=1):
            if number > MAX_BLANK_ROWS or len(cells) > MAX_BLANK_COLUMNS:
                check_extent(number, len(cells))
            if any(cell.strip() for cell in cells):
                filled = max(place for place, cell in enumerate(cells, start=1) if cell.strip())
                check_extent(number, filled)
                rows.append(Row(number, tuple(cells[:filled])))
    except csv.Error as error:
        raise UnusableFileError("文件中有过长的单元格，多半是双引号没有成对，请修正后重新导入") from error
    _check_quotes(text, rows)
    return tuple(rows)


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts most rows into the same number of cells, the more cells the better."""
    if declared := re.match(r"sep=(.)[\r\n]", text, re.I):
        return declared[1]
    return max(_DELIMITERS, key=lambda delimiter: _regularity(text, delimiter))


def _regularity(text: str, delimiter: str) -> float:
    widths: Counter[int] = Counter()
    try:
        for cells, _ in zip(_reader(text, delimiter), range(_ROWS_TRIED), strict=False):
            if any(cell.strip() for cell in cells):
                widths[len(cells)] += 1
    except csv.Error:
        return 0
    return max(((width - 1) * count for width, count in widths.items()), default=0) / max(1, widths.total())


def _check_quotes(text: str, rows: list[Row]) -> None:
    """Refuse text whose last cell runs over lines because a quotation mark was never closed."""
    if not rows or not any("\n" in cell or "\r" in cell for cell in rows[-1].cells[-1:]):
        return
    if not text.rstrip().endswith('"'):
        raise UnusableFileError(f"第 {rows[-1].number} 行的双引号没有成对，无法分行，请修正后重新导入")
