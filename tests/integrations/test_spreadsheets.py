"""The door to spreadsheets: every kind of file in, nothing dangerous through, safe files out."""

import contextlib
import csv
import io
import random
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.sheet import Sheet, UnusableFileError
from survey_app.integrations.compound_file import CompoundFile, write_compound_file
from survey_app.integrations.limits import MAX_FILE_BYTES
from survey_app.integrations.spreadsheets import Cell, OutSheet, read_sheets, write_csv, write_workbook

ROOT = Path(__file__).parents[2]
FRAMES = ROOT / "tests" / "frames"
XLS = FRAMES / "3-供电公司-旧格式.xls"
XLSX = FRAMES / "6-汇总-多单位.xlsx"
ROWS = [["企业名称", "联系电话"], ["甲公司", "13800138000"], ["乙,公司", "0377-67230000"]]


def workbook(fill: Callable[[xlsxwriter.Workbook], object]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        fill(book)
    return buffer.getvalue()


def changed(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """Return the archive with `old` replaced by `new` in one part."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert old in content
                content = content.replace(old, new)
            target.writestr(name, content)
    return buffer.getvalue()


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def cells(sheets: list[Sheet]) -> list[tuple[str, ...]]:
    return [row.cells for row in sheets[0].rows]


def text_table(delimiter: str = ",") -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(ROWS)
    return buffer.getvalue()


def test_values_come_as_people_would_type_them():
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("表")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for column, value in enumerate((15837005067.0, 0.5, "007", True, "", 914113225925925000)):
            sheet.write(1, column, value)
        sheet.write_datetime(1, 6, datetime(2022, 3, 31), day)
        sheet.write_datetime(
            1, 7, datetime(2022, 3, 31, 9, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        )
        sheet.write_formula(1, 8, '="甲"&"公司"', None, "甲公司")
        sheet.write_string(1, 9, "=1+1")
        sheet.write_string(1, 10, "NA")

    (sheet,) = read_sheets(workbook(fill), "x.xlsx")
    (row,) = sheet.rows
    assert row.number == 2
    assert row.cells == (
        "15837005067", "0.5", "007", "TRUE", "", "9.14113225925925E+17", "2022-03-31", "2022-03-31 09:30",
        "甲公司", "=1+1", "NA",
    )  # fmt: skip


def test_hidden_rows_and_sheets_are_marked():
    def fill(book: xlsxwriter.Workbook) -> None:
        for name in ("表一", "表二"):
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, ("甲", "乙", "丙"))
        sheet.set_row(1, None, None, {"hidden": True})
        book.add_worksheet("藏").hide()

    sheets = read_sheets(workbook(fill), "x.xlsx")
    assert [(sheet.name, sheet.hidden) for sheet in sheets] == [
        ("表一", False),
        ("表二", False),
        ("藏", True),
    ]
    assert [row.number for sheet in sheets for row in sheet.rows if row.hidden] == [2]
    assert sheets[1].rows[1].hidden


def test_hidden_rows_of_an_old_workbook():
    container = CompoundFile(XLS.read_bytes())
    stream = bytearray(container.read("Workbook"))
    place = stream.index(struct.pack("<HHH", 0x208, 16, 4))
    stream[place + 16] |= 0x20
    (sheet,) = read_sheets(write_compound_file("Workbook", bytes(stream)), "x.xls")
    assert [row.number for row in sheet.rows if row.hidden] == [5]
    assert len(sheet.rows) == 31


@pytest.mark.parametrize("name", ["x.et", "x.xlsx", "x.csv", ""])
def test_the_content_decides_not_the_name(name):
    assert cells(read_sheets(XLS.read_bytes(), name)) == cells(read_sheets(XLS, XLS.name))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_in_every_encoding_and_with_every_delimiter(encoding, delimiter):
    data = text_table(delimiter).encode(encoding)
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    (sheet,) = read_sheets(data, "样本库.txt")
    assert (sheet.name, sheet.hidden) == ("样本库", False)
    assert [list(row.cells) for row in sheet.rows] == ROWS


def test_text_with_title_quotes_line_breaks_and_blank_lines():
    text = (
        '样本库\r\n企业名称;电话;地址\r\n\r\n"甲""老店""\n公司";1;"方城,凤瑞路,1号"\r\n'
        "乙;2;方城,凤瑞路,2号;;;\r\n"
    )
    rows = read_sheets(text.encode(), "x.csv")[0].rows
    assert [(row.number, row.cells) for row in rows] == [
        (1, ("样本库",)),
        (2, ("企业名称", "电话", "地址")),
        (4, ('甲"老店"\n公司', "1", "方城,凤瑞路,1号")),
        (5, ("乙", "2", "方城,凤瑞路,2号")),
    ]


def test_a_declared_delimiter_is_obeyed():
    assert cells(read_sheets(b"sep=;\r\na,b;c,d\r\n", "x.csv"))[1] == ("a,b", "c,d")


def test_a_quote_that_is_never_closed_is_named():
    with pytest.raises(UnusableFileError, match="第 2 行的双引号"):
        read_sheets('企业名称,电话\n"甲公司,1\n乙公司,2\n'.encode(), "x.csv")


def ole(*names: str) -> bytes:
    return write_compound_file(names[0], b"x" * 5000)


REFUSED = {
    "empty": (b"", "空的"),
    "blank": (b"\xef\xbb\xbf \r\n\r\n", "空的"),
    "zeros": (bytes(5000), "空的"),
    "html": ("<html><table><tr><td>企业名称</td></tr></table></html>".encode(), "网页"),
    "html gbk": ("\r\n<!DOCTYPE html><p>企业名称</p>".encode("gb18030"), "网页"),
    "xml table": (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office"/>', "XML"),
    "mhtml": (b"MIME-Version: 1.0\r\n", "网页"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "png": (b"\x89PNG\r\n\x1a\n", "图片"),
    "jpeg": (b"\xff\xd8\xff\xe0", "图片"),
    "rar": (b"Rar!\x1a\x07", "压缩包"),
    "random": (random.Random(1).randbytes(3000), "无法识别"),
    "zip": (archive(a=b"1"), "压缩包"),
    "docx": (archive(**{"word/document.xml": b"<w/>"}), "Word"),
    "pptx": (archive(**{"ppt/presentation.xml": b"<p/>"}), "PowerPoint"),
    "ods": (archive(**{"content.xml": b"<o/>"}), "OpenDocument"),
    "xlsb": (archive(**{"xl/workbook.bin": b"1"}), "xlsb"),
    "doc": (ole("WordDocument"), "Word"),
    "other ole": (ole("Contents"), "其他程序"),
    "encrypted xlsx": (ole("EncryptedPackage"), "密码"),
    "encrypted xls": (write_compound_file("Workbook", struct.pack("<HHHH", 0x2F, 4, 1, 1)), "密码"),
    "cut ole": (XLS.read_bytes()[:700], "损坏"),
    "cut zip": (XLSX.read_bytes()[:5000], "损坏"),
    "large": (b"a,b\n" * (MAX_FILE_BYTES // 4 + 1), "10 MB"),
    "many rows": (b"a,b\n" * 50_001, "50001 行"),
    "many columns": (b"," * 100 + b"a\n", "101 列"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_other_files_are_refused_with_a_sentence(kind):
    data, words = REFUSED[kind]
    with pytest.raises(UnusableFileError, match=words):
        read_sheets(data, "样本库.xlsx")


def test_a_workbook_with_macros_is_read_without_them():
    with_macros = changed(XLSX.read_bytes(), "[Content_Types].xml", b"sheet.main+xml", b"sheet.main+xml")
    buffer = io.BytesIO(with_macros)
    with zipfile.ZipFile(buffer, "a") as target:
        target.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
    assert len(read_sheets(buffer.getvalue(), "x.xlsm")) == 3


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
EMPTY_BOOK = {"xl/workbook.xml": b"<workbook/>"}


def plain() -> bytes:
    return workbook(lambda book: book.add_worksheet("a").write(0, 0, "x"))


def zeros(*sizes: int) -> bytes:
    sheets = {
        f"xl/worksheets/sheet{number}.xml": b"<worksheet>" + bytes(size) for number, size in enumerate(sizes)
    }
    return archive(**EMPTY_BOOK, **sheets)


def lying_directory() -> bytes:
    """An archive whose directory says that a part of 200 MB holds 100 bytes."""
    data = bytearray(zeros(200_000_000))
    true_size = struct.pack("<I", 200_000_011)
    assert true_size in data
    return bytes(data.replace(true_size, struct.pack("<I", 100)))


def many_long_strings() -> bytes:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("a")
        for row in range(2000):
            sheet.write(row, 0, "甲" * 32_000)

    return workbook(fill)


def entities() -> bytes:
    declared = (
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet'
    )
    return changed(plain(), SHEET, b"<worksheet", declared)


def old_with_dimensions(rows: int, columns: int) -> bytes:
    stream = bytearray(CompoundFile(XLS.read_bytes()).read("Workbook"))
    place = stream.index(struct.pack("<HH", 0x200, 14)) + 4
    struct.pack_into("<IIHH", stream, place, 0, rows, 0, columns)
    return write_compound_file("Workbook", bytes(stream))


def old_with_far_cell() -> bytes:
    stream = bytearray(CompoundFile(XLS.read_bytes()).read("Workbook"))
    place = stream.index(struct.pack("<HH", 0xFD, 10)) + 4
    struct.pack_into("<HH", stream, place, 65_535, 255)
    return write_compound_file("Workbook", bytes(stream))


def beside_noise(sheet: bytes) -> bytes:
    """An archive that doesn't look as if it would burst, since most of it can't shrink."""
    return beside_noise_at(SHEET, sheet)


def beside_noise_at(name: str, part: bytes) -> bytes:
    return archive(**EMPTY_BOOK, **{"xl/media/a.png": random.Random(1).randbytes(500_000), name: part})


def one_part_for_many_sheets() -> bytes:
    """A part that is small by itself, and that a reader lays out as often as a sheet names it."""
    data = workbook(lambda book: [book.add_worksheet(f"s{number}") for number in range(9)])
    return changed(data, "xl/_rels/workbook.xml.rels", b"sheet2.xml", b"Sheet1.xml")


def padded_tag() -> bytes:
    """Attributes of 2 MB in one tag, with a ">" in some that looks like its end."""
    attributes = b"".join(b" a%d='%s'" % (n, b"" if n % 1000 else b">") for n in range(200_000))
    return archive(**EMPTY_BOOK, **{SHEET: b"<worksheet><row" + attributes + b"/></worksheet>"})


BOMBS = {
    "inflated size": lambda: zeros(60_000_000, 60_000_000),
    "ratio": lambda: zeros(20_000_000),
    "lying directory": lying_directory,
    "members": lambda: archive(**{f"xl/{number}.xml": b"" for number in range(1200)}, **EMPTY_BOOK),
    "entities": entities,
    "far cell": lambda: workbook(lambda book: book.add_worksheet("a").write(1_048_575, 16_383, "x")),
    "large rectangle": lambda: workbook(lambda book: book.add_worksheet("a").write(49_999, 99, "x")),
    "one string many times": many_long_strings,
    "announced strings": lambda: changed(plain(), STRINGS, b'uniqueCount="1"', b'uniqueCount="99999999999"'),
    "impossible reference": lambda: changed(plain(), SHEET, b'r="A1"', b'r="ZZZ99999999"'),
    "one part beside noise": lambda: beside_noise(b"<worksheet>" + b"<c/>" * 10_000_000),
    "text beside noise": lambda: beside_noise(b"<worksheet><t>" + b"a" * 40_000_000),
    "deep beside noise": lambda: beside_noise(b"<worksheet>" + b"<a>" * 10_000_000),
    "attributes": lambda: archive(
        **EMPTY_BOOK,
        **{SHEET: b"<worksheet " + b" ".join(b"a%d='1'" % n for n in range(500_000)) + b"/>"},
    ),
    "zip within": lambda: archive(**EMPTY_BOOK, **{"xl/embeddings/a.zip": zeros(60_000_000)}),
    "one part for many sheets": one_part_for_many_sheets,
    "attributes with a sign in them": padded_tag,
    "cells below another root": lambda: changed(
        changed(plain(), SHEET, b"worksheet", b"w"), SHEET, b'"A1"', b'"A999999"'
    ),
    "strings below another root": lambda: changed(many_long_strings(), STRINGS, b"sst", b"s"),
    "styles": lambda: beside_noise_at("xl/styles.xml", b"<styleSheet>" + b"<a/>" * 500_001 + b"</styleSheet>"),
    "old, lying dimensions": lambda: old_with_dimensions(2**32 - 1, 256),
    "old, far cell": old_with_far_cell,
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_within_a_second_and_50_megabytes(kind):
    data = BOMBS[kind]()
    assert len(data) < MAX_FILE_BYTES
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(UnusableFileError):
        read_sheets(data, "x.xlsx")
    seconds = time.process_time() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 1
    assert peak < 50 * 1024 * 1024


@pytest.mark.parametrize("text", [b"a\n" + b"\n" * 1_100_000, b"a\n" + b"," * 20_000])
def test_text_of_more_blanks_than_a_spreadsheet_has_is_refused(text):
    with pytest.raises(UnusableFileError, match="最多"):
        read_sheets(text, "x.csv")


def test_bombs_take_no_memory_of_any_kind(tmp_path):
    """Measured from outside, since what a parser takes is seen by no tracer of Python's."""
    for place, make in enumerate(BOMBS.values()):
        (tmp_path / f"{place:02}.xlsx").write_bytes(make())
    command = [sys.executable, "-m", "tests.integrations.bomb_child", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split("\n")
    found = dict(zip(BOMBS, told, strict=False))
    assert len(told) == len(BOMBS) + 1
    for kind, line in found.items():
        seconds, kibibytes = line.split()
        assert float(seconds) < 1, kind
        assert int(kibibytes) < 50 * 1024, kind


def test_an_empty_formatted_cell_far_away_is_no_reason_to_refuse():
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("a")
        sheet.write(0, 0, "x")
        sheet.write_blank(1_000_000, 16_000, None, book.add_format({"bold": True}))

    assert cells(read_sheets(workbook(fill), "x.xlsx")) == [("x",)]


def test_a_lying_dimension_is_not_believed():
    far = changed(plain(), SHEET, b'ref="A1"', b'ref="A1:XFD1048576"')
    assert cells(read_sheets(far, "x.xlsx")) == [("x",)]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    with contextlib.suppress(UnusableFileError):
        assert read_sheets(data, "x")


@pytest.mark.parametrize("path", [XLS, XLSX], ids=["xls", "xlsx"])
@given(st.randoms(use_true_random=False))
def test_no_damage_breaks_the_reader(path, chance):
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 3, 30))):
        data[chance.randrange(len(data))] = chance.choice((0, 255, chance.randrange(256)))
    with contextlib.suppress(UnusableFileError):
        read_sheets(bytes(data), "x")


DANGEROUS = [
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    "＋1",
    "－1",
    "＠a",
    "\t=1",
    " =1",
    "http://x",
    "'a",
    "007",
]


def test_a_workbook_holds_text_as_text():
    data = write_workbook([OutSheet("表", [["名称"], *([text] for text in DANGEROUS)])])
    sheet = openpyxl.load_workbook(io.BytesIO(data))["表"]
    written = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert all(cell.data_type in ("s", "inlineStr") and cell.hyperlink is None for cell in written)
    assert [cell.value.strip() for cell in written] == [text.strip() for text in DANGEROUS]
    assert [row.cells[0].strip() for row in read_sheets(data, "x")[0].rows[1:]] == [
        text.strip() for text in DANGEROUS
    ]


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_holds_no_formula(text):
    data = write_csv([[text, 1]])
    assert data.startswith(b"\xef\xbb\xbf")
    ((written, number),) = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert number == "1"
    assert not written.strip(" ").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"))
    assert written in (text, "'" + text)


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r")), min_size=1), max_size=5
    )
)
def test_csv_can_be_read_back(rows):
    data = write_csv(rows)
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


def test_a_sheet_is_made_for_printing():
    sheet = OutSheet(
        "评分表/一",
        [
            [Cell("县税务局评分表", "title", columns=3)],
            ["监测内容", "得分", "日期"],
            [Cell("日常工作", "centre", rows=2), Decimal("7.5"), date(2022, 3, 31)],
            [None, 20, None],
        ],
        widths=(30, 10),
        header_rows=2,
    )
    written = openpyxl.load_workbook(io.BytesIO(write_workbook([sheet])))["评分表_一"]
    assert {str(merged) for merged in written.merged_cells.ranges} == {"A1:C1", "A3:A4"}
    assert (written["B3"].value, written["B4"].value, written["C3"].value) == (7.5, 20, datetime(2022, 3, 31))
    assert (written["A1"].font.bold, written["A2"].font.bold, written["A3"].font.bold) == (True, True, False)
    assert (written.freeze_panes, written.print_title_rows) == ("A3", "$1:$2")
    assert str(written.page_setup.paperSize) == written.PAPERSIZE_A4
    assert written.page_setup.orientation == "portrait"
    assert written.column_dimensions["A"].width > 29


def test_a_row_is_as_high_as_its_longest_text():
    """Programs that only print or convert fit no row themselves; none fits one to a merged cell."""
    rows = [
        ["短", "短"],
        ["一" * 30, "短"],
        ["短", "一\n二\n三"],
        [Cell("一" * 30, "note", columns=2)],
        [Cell("一" * 60, "text", rows=2), "短"],
        [None, "短"],
    ]
    data = write_workbook([OutSheet("表", rows, (20, 80), header_rows=0)])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [sheet.row_dimensions[row].height for row in range(1, 7)] == [None, 60, 45, None, None, None]


def test_a_footer_stands_on_every_page_and_its_signs_are_no_codes():
    data = write_workbook([OutSheet("表", [["名称"]], footer="2022 年 A&P")])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        written = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "&amp;8 2022 年 A&amp;&amp;P</oddFooter>" in written, "&82022 would be a size"
