"""文书: what an official document says, the same for every format that it is written in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum


class Form(StrEnum):
    """What a document is: 公文, in large type that is read as a letter is, or a sheet, which is mostly a table."""

    LETTER = "letter"
    SHEET = "sheet"


class Align(StrEnum):
    """Where a cell's text stands."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Style(StrEnum):
    """What a paragraph is: a part's heading, running text, whom a letter is for, or a small note."""

    HEADING = "heading"
    BODY = "body"
    ADDRESSEE = "addressee"
    NOTE = "note"


@dataclass(frozen=True)
class Paragraph:
    """段落 — one paragraph, without markup: whatever stands in `text` is printed as it is."""

    text: str
    style: Style = Style.BODY


@dataclass(frozen=True)
class Facts:
    """What a document is about, as pairs of a label and its value, in a line above the table."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cell:
    """单元格 — spans `columns` and `rows`; a line end parts its paragraphs."""

    text: str = ""
    align: Align = Align.LEFT
    columns: int = 1
    rows: int = 1
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """表 — `widths` are relative; the rows of `head` stand on every page that the table reaches.

    A row leaves out the places that a cell spans. The cells of a row stay on one page. `new_page`: the table
    begins one, as an attachment does.
    """

    widths: tuple[int, ...]
    head: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    new_page: bool = False


@dataclass(frozen=True)
class Picture:
    """图 — a drawing as SVG, somewhat wider than half the text; `alt` says what it shows to whoever can't see it."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Signatures:
    """签字栏 — what is filled in by hand, each label followed by an empty line."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class Issuer:
    """落款 — who issues the document, and the day; `day` has blanks until it is known."""

    name: str
    day: str


Block = Paragraph | Facts | Table | Picture | Signatures | Issuer


@dataclass(frozen=True)
class Document:
    """文书 — `mark` says on every page that it isn't official yet; `stamp` of which result it is printed.

    A line end in `title` parts its lines, where it is too long for one.
    `as_of` is the moment of the figures, which the file carries as its own.
    """

    title: str
    form: Form
    blocks: tuple[Block, ...]
    stamp: str
    as_of: datetime
    mark: str | None = None


def placed(rows: Sequence[Sequence[Cell]], columns: int) -> Iterator[tuple[int, int, Cell]]:
    """Yield each cell with its row and column, from 0.

    Raises ValueError when the rows don't fill a rectangle of `columns` without a gap or an overlap.
    """
    taken: set[tuple[int, int]] = set()
    for row, cells in enumerate(rows):
        column = 0
        for cell in cells:
            while (row, column) in taken:
                column += 1
            area = {
                (row + down, column + right) for down in range(cell.rows) for right in range(cell.columns)
            }
            if area & taken or column + cell.columns > columns or row + cell.rows > len(rows):
                raise ValueError(f"第 {row + 1} 行的单元格「{cell.text}」放不下")
            taken |= area
            yield row, column, cell
    if len(taken) != len(rows) * columns:
        raise ValueError(f"表格应有 {len(rows) * columns} 格，只填了 {len(taken)} 格")


def as_data(document: Document, *more: Document) -> Mapping[str, object]:
    """Return a document as what JSON can hold, each block under its kind (paragraph, table, …).

    `more` documents follow in the same file, each from a new page; ValueError unless they share its form,
    stamp and mark, which stand on every page.
    """
    documents = (document, *more)
    if len({(each.form, each.stamp, each.mark) for each in documents}) > 1:
        raise ValueError("只有同一种、同一版本的文书才能放在一个文件里")
    return {
        "form": document.form.value,
        "stamp": document.stamp,
        "mark": document.mark,
        "parts": [
            {
                "title": each.title,
                "blocks": [{"kind": type(block).__name__.lower(), **asdict(block)} for block in each.blocks],
            }
            for each in documents
        ],
    }
