"""Documents as .docx, to be edited and signed on the way through an office; the one door to python-docx."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import docx
from docx.document import Document as WordDocument
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.oxml.text.font import CT_RPr
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.table import _Cell as WordCell
from docx.table import _Row as WordRow
from docx.text.paragraph import Paragraph as WordParagraph

from survey_app.domain.document import (
    Align,
    Block,
    Cell,
    Document,
    Facts,
    Form,
    Issuer,
    Paragraph,
    Picture,
    Signatures,
    Style,
    Table,
    placed,
)

# GB/T 9704: 标题 in 小标宋, 一级标题 in 黑体, 正文 in 仿宋; what stands in for them where they are not installed.
TITLE_FONT, HEADING_FONT, BODY_FONT, LATIN_FONT = "方正小标宋简体", "黑体", "仿宋", "Times New Roman"
_STAND_INS = {
    TITLE_FONT: "FZXiaoBiaoSong-B05S,华文中宋,STZhongsong,宋体,SimSun,Noto Serif CJK SC",
    HEADING_FONT: "SimHei,Microsoft YaHei,Noto Sans CJK SC",
    BODY_FONT: "FangSong,仿宋_GB2312,FangSong_GB2312,华文仿宋,STFangsong,宋体,SimSun,Noto Serif CJK SC",
}
_ALIGNMENTS = {
    Align.LEFT: WD_ALIGN_PARAGRAPH.LEFT,
    Align.CENTRE: WD_ALIGN_PARAGRAPH.CENTER,
    Align.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
}
_RED, _QUIET = RGBColor(0xB3, 0x26, 0x1E), RGBColor(0x55, 0x61, 0x6E)
_HEAD_FILL = "EEF1F5"
# What XML can't hold; Word could not open the file.
_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Sizes:
    """Sizes in points, margins in millimetres (top, right, bottom, left)."""

    title: float
    body: float
    table: float
    note: float
    margins: tuple[float, float, float, float]


_SIZES = {
    Form.LETTER: _Sizes(22, 16, 11, 10, (37, 26, 35, 28)),
    Form.SHEET: _Sizes(17, 10.5, 9.5, 8.5, (18, 16, 19, 16)),
}


def write_docx(document: Document) -> bytes:
    """Return a document as an A4 .docx; texts are values, and never fields or markup.

    Raises TypeError for a block that has no form here, such as a picture, ValueError for a table with gaps.
    """
    word = docx.Document()
    writer = _Writer(word, document.form)
    writer.set_up(document)
    writer.title(document.title)
    for place, block in enumerate(document.blocks):
        if isinstance(block, Signatures | Issuer) and place:
            writer.keep_with_next()  # nobody signs a page with nothing on it
        writer.block(block)
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


class _Writer:
    """Appends blocks to a document, in the sizes of its form."""

    def __init__(self, word: WordDocument, form: Form) -> None:
        self.word = word
        self.sizes = _SIZES[form]
        self.letter = form is Form.LETTER

    def set_up(self, document: Document) -> None:
        """Set the paper, the standard type, the properties, and what stands at the head and foot of each page."""
        word = self.word
        properties = word.core_properties
        properties.title = _clean(document.title.replace("\n", ""))
        properties.author = properties.comments = properties.last_modified_by = ""
        properties.created = properties.modified = document.as_of.replace(tzinfo=None)
        section = word.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        top, right, bottom, left = self.sizes.margins
        section.top_margin, section.right_margin = Mm(top), Mm(right)
        section.bottom_margin, section.left_margin = Mm(bottom), Mm(left)
        section.footer_distance = Mm(bottom * 0.4)
        normal = word.styles["Normal"]
        normal.font.size = Pt(self.sizes.body)
        _set_fonts(normal.element.get_or_add_rPr(), BODY_FONT)
        normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)
        normal.paragraph_format.line_spacing = Pt(28) if self.letter else 1.2
        for language in word.styles.element.iter(qn("w:lang")):
            language.set(qn("w:eastAsia"), "zh-CN")  # by which lines are broken
        _declare_fonts(word)
        if document.mark:
            head = section.header.paragraphs[0]
            head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            self._run(head, document.mark, HEADING_FONT, 10, bold=True, colour=_RED)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        foot.paragraph_format.line_spacing = 1
        self._run(foot, "— ", size=10)
        _add_field(foot, "PAGE", 10)
        self._run(foot, " / ", size=10)
        _add_field(foot, "NUMPAGES", 10)
        self._run(foot, " —", size=10)
        stamp = section.footer.add_paragraph()
        stamp.alignment = WD_ALIGN_PARAGRAPH.CENTER
        stamp.paragraph_format.line_spacing = 1
        self._run(stamp, document.stamp, size=7, colour=_QUIET)

    def title(self, title: str) -> None:
        """Write the title, centred, in as many lines as it has."""
        paragraph = self.word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(self.sizes.body)
        paragraph.paragraph_format.line_spacing = 1.2
        self._run(paragraph, title, TITLE_FONT, self.sizes.title, bold=not self.letter)

    def block(self, block: Block) -> None:
        """Write one block."""
        match block:
            case Paragraph():
                self._paragraph(block)
            case Facts():
                self._facts(block)
            case Table():
                self._table(block)
            case Signatures():
                self._signatures(block)
            case Issuer():
                self._issuer(block)
            case Picture():
                raise TypeError("a picture has no form in a .docx here")

    def keep_with_next(self) -> None:
        """Keep what was written last on the page of what follows."""
        self.word.paragraphs[-1].paragraph_format.keep_with_next = True

    def _paragraph(self, block: Paragraph) -> None:
        paragraph = self.word.add_paragraph()
        shape = paragraph.paragraph_format
        match block.style:
            case Style.HEADING:
                shape.keep_with_next = True
                self._indent(paragraph, 2 if self.letter else 0)
                self._run(paragraph, block.text, HEADING_FONT, bold=not self.letter)
            case Style.ADDRESSEE:
                self._run(paragraph, f"{block.text}：")
            case Style.NOTE:
                self._run(paragraph, block.text, size=self.sizes.note, colour=_QUIET)
            case Style.BODY:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
                self._indent(paragraph, 2)
                self._run(paragraph, block.text)

    def _facts(self, block: Facts) -> None:
        paragraph = self.word.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(4)
        _, right, _, left = self.sizes.margins
        room, used = Mm(210 - left - right).pt / self.sizes.body, 0.0
        for label, value in block.pairs:
            # A fact that doesn't fit the line begins the next, rather than being parted from its label.
            width = sum(1 if ord(symbol) > 0x2000 else 0.6 for symbol in f"{label}：{value}")
            if used and used + 2 + width > room:
                paragraph.add_run().add_break()
                used = 0
            self._run(paragraph, f"{'　　' if used else ''}{label}：")
            self._run(paragraph, value, bold=True)
            used += width + (2 if used else 0)

    def _table(self, block: Table) -> None:
        if block.caption:
            caption = self.word.add_paragraph()
            caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
            caption.paragraph_format.keep_with_next = True
            caption.paragraph_format.page_break_before = block.new_page
            caption.paragraph_format.space_after = Pt(4)
            self._run(caption, block.caption, HEADING_FONT, self.sizes.table + 2)
        rows = (*block.head, *block.rows)
        table = self.word.add_table(len(rows), len(block.widths), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        _narrow_margins(table)
        self._set_widths(table, block.widths)
        for number, row in enumerate(table.rows):
            _keep_whole(row)
            if number < len(block.head):
                _repeat(row)
        for part, offset in ((block.head, 0), (block.rows, len(block.head))):
            for row_number, column, cell in placed(part, len(block.widths)):
                first = table.cell(offset + row_number, column)
                last = table.cell(offset + row_number + cell.rows - 1, column + cell.columns - 1)
                self._cell(first if first._tc is last._tc else first.merge(last), cell, part is block.head)
        self.word.add_paragraph().paragraph_format.line_spacing = Pt(8)

    def _set_widths(self, table: WordTable, widths: Sequence[int]) -> None:
        _, right, _, left = self.sizes.margins
        room = 210 - left - right
        for column, width in zip(table.columns, widths, strict=True):
            # Word goes by the columns' widths, other programs by the cells'.
            column.width = Mm(room * width / sum(widths))
            for cell in column.cells:
                cell.width = column.width

    def _cell(self, target: WordCell, cell: Cell, head: bool) -> None:
        target.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        if head:
            _shade(target)
        for number, text in enumerate(cell.text.split("\n")):
            paragraph = target.paragraphs[0] if number == 0 else target.add_paragraph()
            paragraph.alignment = _ALIGNMENTS[cell.align]
            # Exact, so that a table is as long with whatever font stands in.
            paragraph.paragraph_format.line_spacing = Pt(round(self.sizes.table * 1.3, 1))
            self._run(paragraph, text, size=self.sizes.table, bold=cell.strong)

    def _signatures(self, block: Signatures) -> None:
        paragraph = self.word.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(self.sizes.body)
        # The date is written out; all else gets room to sign in.
        self._run(
            paragraph, "　".join(each if "年" in each else f"{each}：　　　　　　" for each in block.labels)
        )

    def _issuer(self, block: Issuer) -> None:
        for place, text in enumerate((block.name, block.day)):
            paragraph = self.word.add_paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            if place == 0:
                paragraph.paragraph_format.space_before = Pt(2 * self.sizes.body)
                paragraph.paragraph_format.keep_with_next = True
            else:
                paragraph.paragraph_format.right_indent = Pt(4 * self.sizes.body)
            self._run(paragraph, text)

    def _indent(self, paragraph: WordParagraph, characters: int) -> None:
        paragraph.paragraph_format.first_line_indent = Pt(characters * self.sizes.body)

    def _run(
        self,
        paragraph: WordParagraph,
        text: str,
        font: str = BODY_FONT,
        size: float | None = None,
        bold: bool = False,
        colour: RGBColor | None = None,
    ) -> None:
        run = paragraph.add_run(_clean(text))
        run.font.size = Pt(size or self.sizes.body)
        run.font.bold = bold or None
        if colour is not None:
            run.font.color.rgb = colour
        _set_fonts(run._r.get_or_add_rPr(), font)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text)


def _set_fonts(properties: CT_RPr, font: str) -> None:
    """Set the Chinese font, which python-docx has no name for, and the one of digits and Latin letters."""
    fonts = properties._add_rFonts() if properties.rFonts is None else properties.rFonts
    for script, name in (
        ("ascii", LATIN_FONT),
        ("hAnsi", LATIN_FONT),
        ("cs", LATIN_FONT),
        ("eastAsia", font),
    ):
        fonts.set(qn(f"w:{script}"), name)


def _declare_fonts(word: WordDocument) -> None:
    """Tell which fonts may stand in for those that a machine lacks: `altName` in the table of fonts."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{stand_ins}"/><w:charset w:val="86"/></w:font>'
        for name, stand_ins in _STAND_INS.items()  # charset 86 is GB2312
    )
    content = f'<?xml version="1.0" encoding="UTF-8"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
    for key, relation in list(word.part.rels.items()):
        if relation.reltype == RELATIONSHIP_TYPE.FONT_TABLE:
            del word.part.rels[key]
    part = Part(
        PackURI("/word/fontTable.xml"), CONTENT_TYPE.WML_FONT_TABLE, content.encode(), word.part.package
    )
    word.part.relate_to(part, RELATIONSHIP_TYPE.FONT_TABLE)


def _add_field(paragraph: WordParagraph, code: str, size: float) -> None:
    """Add a field, such as the page's number; a program that doesn't compute it shows 1."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = paragraph.add_run("1")
    run.font.size = Pt(size)
    field.append(run._r)
    paragraph._p.append(field)


def _narrow_margins(table: WordTable) -> None:
    """Give cells 1.2 mm at the sides, as the PDF has, in place of Word's 1.9."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "68")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.insert_element_before(
        margins, "w:tblLook", "w:tblCaption", "w:tblDescription", "w:tblPrChange"
    )


def _repeat(row: WordRow) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))


def _keep_whole(row: WordRow) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))


def _shade(cell: WordCell) -> None:
    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", _HEAD_FILL)):
        shading.set(qn(f"w:{name}"), value)
    # Before vAlign, as the schema orders them.
    properties = cell._tc.get_or_add_tcPr()
    properties.insert_element_before(
        shading, "w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign"
    )
