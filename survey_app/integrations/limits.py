"""How much a spreadsheet may hold before it is refused, counted before anything large is read into memory."""

from survey_app.domain.sheet import UnusableFileError

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_MEMBERS = 1000
MAX_INFLATED_BYTES = 60 * 1024 * 1024
# Real workbooks shrink to a tenth or a fiftieth; only files made to burst shrink to less than this.
MAX_RATIO = 200
RATIO_FROM_BYTES = 5 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 100
# A spreadsheet's own size: so far blank rows and columns may reach that were written out with the rest.
MAX_BLANK_ROWS = 1_048_576
MAX_BLANK_COLUMNS = 16_384
# Of the rectangles from A1 to the last filled cell, all sheets together: readers lay them out in full.
MAX_CELLS = 1_000_000
MAX_TEXT_CHARACTERS = 20_000_000
MAX_XML_ELEMENTS = 2_000_000
# Of the parts that hold no cells; a workbook with all the cell formats that there may be has a third of it.
MAX_OTHER_TAGS = 500_000
# Of a tag and the text after it. The longest cell of a workbook, written as entities, has fewer; a parser keeps
# all of a tag's attributes at once.
MAX_TAG_BYTES = 256 * 1024


def check_extent(rows: int, columns: int) -> None:
    """Raise UnusableFileError when a sheet has too many rows or columns."""
    if rows > MAX_ROWS:
        raise UnusableFileError(
            f"工作表的内容到了第 {rows} 行，最多 {MAX_ROWS} 行；请只保留样本库名单后重新导入"
        )
    if columns > MAX_COLUMNS:
        raise UnusableFileError(
            f"工作表的内容到了第 {columns} 列，最多 {MAX_COLUMNS} 列；请只保留样本库名单后重新导入"
        )


def check_total(cells: int, characters: int) -> None:
    """Raise UnusableFileError when a file's sheets would be too much to lay out in memory."""
    if cells > MAX_CELLS or characters > MAX_TEXT_CHARACTERS:
        raise UnusableFileError("文件内容展开后太大，请删去名单以外的内容，或分成几个文件导入")
