"""Documents for a word processor, read back as one would: tables, type, page numbers, and hostile text."""

import io
import zipfile
from datetime import UTC, datetime

import docx
import pytest
from docx.oxml.ns import qn

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
)
from survey_app.integrations.docx import write_docx

HOSTILE = 'A&B <script>alert("x")</script> {{ 7*7 }} {% raw %} 「\x00\x0b\ud800」=HYPERLINK(1)'
TABLE = Table(
    (1, 2, 3),
    ((Cell("监测内容", Align.CENTRE, columns=2), Cell("得分")),),
    ((Cell("日常", rows=2), Cell("帮扶"), Cell("8")), (Cell("整改"), Cell("一\n二"))),
    caption="评分表",
)


def _document(*blocks: Block, form: Form = Form.SHEET, mark: str | None = None) -> Document:
    moment = datetime(2022, 4, 1, 2, tzinfo=UTC)
    return Document("关于结果的\n通报", form, blocks, "第 1 版　校验码 abc", moment, mark)


def _read(document: Document) -> "docx.document.Document":
    return docx.Document(io.BytesIO(write_docx(document)))


def test_tables_keep_their_merged_cells_rows_and_repeated_heads() -> None:
    [table] = _read(_document(TABLE)).tables
    texts = [[cell.text for cell in row.cells] for row in table.rows]
    assert texts == [["监测内容", "监测内容", "得分"], ["日常", "帮扶", "8"], ["日常", "整改", "一\n二"]]
    heads = [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows]
    assert heads == [True, False, False]
    assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows)
    first, second, third = (column.width for column in table.columns)
    assert abs(second - 2 * first) < 5
    assert abs(third - 3 * first) < 5


@pytest.mark.parametrize("form", list(Form))
def test_page_is_a4_with_number_stamp_and_mark(form: Form) -> None:
    word = _read(_document(Paragraph("正文"), form=form, mark="试算（未核定）"))
    [section] = word.sections
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    number, stamp = section.footer.paragraphs
    fields = [each.get(qn("w:instr")) for each in number._p.iter(qn("w:fldSimple"))]
    assert fields == ["PAGE", "NUMPAGES"]
    assert stamp.text == "第 1 版　校验码 abc"
    assert section.header.paragraphs[0].text == "试算（未核定）"
    assert word.core_properties.title == "关于结果的通报"
    assert word.core_properties.author == ""


def test_every_run_has_a_chinese_font_that_others_can_stand_in_for() -> None:
    blocks = (Paragraph("一、情况", Style.HEADING), Paragraph("正文"), Facts((("单位", "税务局"),)), TABLE)
    document = _document(
        *blocks, Signatures(("填表人",)), Issuer("县委营商办", "2022年4月1日"), form=Form.LETTER
    )
    word = _read(document)
    used = {fonts.get(qn("w:eastAsia")) for fonts in word.element.body.iter(qn("w:rFonts"))}
    assert used == {"方正小标宋简体", "黑体", "仿宋"}
    with zipfile.ZipFile(io.BytesIO(write_docx(document))) as archive:
        table = archive.read("word/fontTable.xml").decode()
        assert archive.testzip() is None
    assert all(f'<w:font w:name="{font}"><w:altName' in table for font in used)


def test_letter_has_its_parts_in_order() -> None:
    word = _read(
        _document(
            Paragraph("各责任单位", Style.ADDRESSEE),
            Paragraph("正文。"),
            Issuer("县委营商办", "2022年4月1日"),
        )
    )
    texts = [paragraph.text for paragraph in word.paragraphs]
    assert texts == ["关于结果的\n通报", "各责任单位：", "正文。", "县委营商办", "2022年4月1日"]


def test_text_is_written_as_it_is_without_what_xml_cannot_hold() -> None:
    printable = HOSTILE.replace("\x00", "").replace("\x0b", "").replace("\ud800", "")
    word = _read(
        _document(Paragraph(HOSTILE), Facts(((HOSTILE, HOSTILE),)), Table((1,), (), ((Cell(HOSTILE),),)))
    )
    assert word.paragraphs[1].text == printable
    assert word.paragraphs[2].text == f"{printable}：{printable}"
    assert word.tables[0].cell(0, 0).text == printable
    assert not list(word.element.body.iter(qn("w:hyperlink"), qn("w:fldSimple"), qn("w:instrText")))


def test_what_has_no_form_here_is_refused() -> None:
    with pytest.raises(TypeError, match="picture"):
        write_docx(_document(Picture("<svg/>", "图")))


def test_nobody_signs_a_page_with_nothing_else_on_it() -> None:
    for last in (Signatures(("填表人",)), Issuer("某办公室", "2022年4月1日")):
        word = _read(_document(Paragraph("前"), Paragraph("后"), last))
        kept = {each.text: each.paragraph_format.keep_with_next for each in word.paragraphs}
        assert (kept["前"], kept["后"]) == (None, True)


def test_a_fact_begins_a_line_rather_than_leave_its_label() -> None:
    facts = Facts((("责任单位", "某" * 20), ("类别", "政府部门"), ("截至", "2022年3月31日 10:00" * 2)))
    [paragraph] = [each for each in _read(_document(facts)).paragraphs if "责任单位" in each.text]
    lines = paragraph.text.split("\n")
    assert [line.split("：")[0] for line in lines] == ["责任单位", "截至"]
