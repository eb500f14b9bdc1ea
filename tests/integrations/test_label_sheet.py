"""The sheet of labels: every code on the rendered page is scanned, every name is read from the PDF."""

import re
import shutil
import subprocess
import time
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from survey_app.domain.access_code import ALPHABET
from survey_app.integrations.label_sheet import MAX_URL_BYTES, Label, LabelSheetError, label_sheet
from survey_app.integrations.qr import qr_svg

ADDRESS = "https://hf.example.gov.cn/s"
QR_MILLIMETRES = 34
MARKUP = [
    "#panic()",
    '#read("/etc/passwd")',
    "*粗*",
    "_斜_",
    "<script>alert(1)</script>",
    "$x$",
    "@x",
    "\\",
    "`raw`",
    "// 注",
    "/* 注 */",
    "= 题",
    "[方括号]",
    "#{1+1}",
    "~ -- ...",
    "<label>",
    '"引号"',
]


def label(number: int, name: str | None = None) -> Label:
    code = "".join(ALPHABET[(number * (place + 3) + place) % len(ALPHABET)] for place in range(8))
    return Label(name or f"方城县第{number}机械有限公司", f"{ADDRESS}/{number:022d}", code)


def sheet(labels: list[Label], **changes: str | None) -> bytes:
    words = {"address": ADDRESS, "phone": "0377-67266959", **changes}
    return label_sheet("2022年第二季度企业满意度", labels, deadline=date(2022, 6, 25), **words)  # type: ignore[arg-type]


def page_texts(pdf: bytes) -> list[str]:
    """Return the text of each page without spaces and break marks, since a name may run over lines."""
    return [re.sub(r"[\s\u200b]", "", page.extract_text()) for page in PdfReader(BytesIO(pdf)).pages]


def render(pdf: bytes, folder: Path, dpi: int = 150) -> list[Image.Image]:
    if not shutil.which("pdftoppm"):
        pytest.skip("needs pdftoppm (Debian package poppler-utils)")
    (folder / "sheet.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-gray", "-png", "-r", str(dpi), folder / "sheet.pdf", folder / "page"]
    subprocess.run(command, check=True, capture_output=True)
    return [Image.open(path).convert("L") for path in sorted(folder.glob("page*.png"))]


def test_each_label_has_its_name_and_code() -> None:
    labels = [label(number) for number in range(1, 15)]
    first, second = page_texts(sheet(labels))
    for one in labels[:12]:
        assert one.enterprise in first
        assert one.code in first
        assert one.enterprise not in second
    for one in labels[12:]:
        assert one.enterprise in second
        assert one.code in second


def test_code_is_printed_in_two_groups() -> None:
    [page] = PdfReader(BytesIO(sheet([Label("甲", f"{ADDRESS}/t", "7K3M9QXW")]))).pages
    assert "7K3M 9QXW" in page.extract_text()


def test_label_says_what_it_is_and_how_to_answer() -> None:
    [text] = page_texts(sheet([label(1)]))
    for words in ("政务服务回访", ADDRESS, "约2分钟", "信息保密", "6月25日前有效", "咨询电话：0377-67266959"):
        assert words in text


def test_without_a_phone_nothing_is_said_of_one() -> None:
    assert "电话" not in page_texts(sheet([label(1)], phone=None))[0]


def test_pages_are_headed_and_numbered() -> None:
    first, second = page_texts(sheet([label(number) for number in range(20)]))
    assert "2022年第二季度企业满意度" in first
    assert "2022年第二季度企业满意度" in second
    assert "第1–12张，共20张" in first
    assert "第1页，共2页" in first
    assert "第13–20张，共20张" in second
    assert "第2页，共2页" in second


@pytest.mark.parametrize(("labels", "pages"), [(1, 1), (12, 1), (13, 2), (24, 2), (25, 3)])
def test_twelve_labels_make_an_a4_page(labels: int, pages: int) -> None:
    reader = PdfReader(BytesIO(sheet([label(number) for number in range(labels)])))
    assert len(reader.pages) == pages
    millimetres = [round(float(side) * 25.4 / 72) for side in reader.pages[0].mediabox[2:]]
    assert millimetres == [210, 297]


def test_every_code_on_the_page_is_scanned_to_its_link(tmp_path: Path) -> None:
    labels = [label(number) for number in range(14)]
    pages = render(sheet(labels), tmp_path)
    found = [{code.text for code in zxingcpp.read_barcodes(page)} for page in pages]
    assert found == [{one.url for one in labels[:12]}, {one.url for one in labels[12:]}]


def test_printed_code_has_its_size(tmp_path: Path) -> None:
    dpi = 300
    [page] = render(sheet([label(1)]), tmp_path, dpi)
    [code] = zxingcpp.read_barcodes(page)
    modules = 33  # version 4; the quiet zone adds eight
    width = (code.position.top_right.x - code.position.top_left.x) * 25.4 / dpi
    assert width == pytest.approx(QR_MILLIMETRES * modules / (modules + 8), abs=0.8)


def test_longest_link_has_modules_of_half_a_millimetre_and_is_scanned(tmp_path: Path) -> None:
    url = "https://hf.example.gov.cn/".ljust(MAX_URL_BYTES, "x")
    side = int(re.search(r'viewBox="0 0 (\d+)', qr_svg(url))[1])  # type: ignore[index]
    assert QR_MILLIMETRES / side >= 0.5
    [page] = render(sheet([Label("甲", url, "7K3M9QXW")]), tmp_path, 300)
    assert [code.text for code in zxingcpp.read_barcodes(page)] == [url]


def test_names_are_never_markup() -> None:
    text = "".join(page_texts(sheet([label(number, name) for number, name in enumerate(MARKUP)])))
    for name in MARKUP:
        assert re.sub(r"\s", "", name) in text


def test_round_title_address_and_phone_are_never_markup() -> None:
    pdf = label_sheet(
        "#panic() *粗*", [label(1)], address="https://a_b_c/#x", deadline=date(2022, 6, 25), phone="$1$"
    )
    [text] = page_texts(pdf)
    assert "#panic()*粗*" in text
    assert "https://a_b_c/#x" in text
    assert "$1$" in text


@pytest.mark.parametrize(
    "name",
    [
        "河南省南阳市方城县裕州现代农业科技发展股份有限公司释之街道第一分公司暨农产品冷链物流配送中心",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 3,
        "WWWWWWWWWWWWWWWWWWWWWWWWWW",
    ],
)
def test_long_names_are_whole(name: str) -> None:
    assert name in page_texts(sheet([label(1, name)]))[0]


def test_an_endless_name_is_cut_with_a_mark_and_covers_nothing(tmp_path: Path) -> None:
    short, endless = sheet([label(1, "甲")]), sheet([label(1, "长" * 200)])
    assert re.search("长{40,}…", page_texts(endless)[0])
    below_the_name = (360, 260, 610, 375)  # in pixels at 150 dpi: address, code and what follows
    folders = [tmp_path / "short", tmp_path / "endless"]
    for folder in folders:
        folder.mkdir()
    images = [render(pdf, folder)[0] for pdf, folder in zip((short, endless), folders, strict=True)]
    assert images[0].crop(below_the_name).getextrema() == (0, 255)
    assert images[0].crop(below_the_name).tobytes() == images[1].crop(below_the_name).tobytes()


@pytest.mark.parametrize("name", ["甲", "长" * 200, "W" * 200])
def test_a_label_keeps_clear_of_its_edges(tmp_path: Path, name: str) -> None:
    [page] = render(sheet([label(1, name)]), tmp_path)
    left, top, right, bottom = (round(edge * 150 / 25.4) for edge in (4.65, 21.6, 103.75, 63.9))
    margin = 9  # pixels: 1.5 mm, without the cutting line
    assert page.crop((left + 3, top + 3, right - 3, top + margin)).getextrema() == (255, 255)
    assert page.crop((left + 3, bottom - margin, right - 3, bottom - 3)).getextrema() == (255, 255)
    assert page.crop((right - margin, top + 3, right - 3, bottom - 3)).getextrema() == (255, 255)


def test_lines_in_a_name_become_one() -> None:
    [page] = PdfReader(BytesIO(sheet([label(1, "甲\n乙\t丙")]))).pages
    assert "甲 乙 丙" in page.extract_text()


def test_no_labels_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(LabelSheetError, match="请先抽取样本"):
        sheet([])


def test_too_long_a_link_names_the_label() -> None:
    endless = Label("甲公司", "https://hf.example.gov.cn/" + "x" * MAX_URL_BYTES, "7K3M9QXW")
    with pytest.raises(LabelSheetError, match=r"第 2 张标签（甲公司）.*PUBLIC_BASE_URL"):
        sheet([label(1), endless])


def test_too_long_an_address_is_refused_rather_than_cut() -> None:
    with pytest.raises(LabelSheetError, match=r"印不下.*PUBLIC_BASE_URL"):
        sheet([label(1)], address="https://" + "x" * 60)
    longest = "https://" + "hf-" * 12 + "n"
    assert len(longest) == 45
    assert longest in page_texts(sheet([label(1)], address=longest))[0]


@pytest.mark.slow
def test_a_thousand_labels_take_seconds() -> None:
    labels = [label(number) for number in range(1000)]
    start = time.process_time()
    pdf = sheet(labels)
    assert time.process_time() - start < 30  # 7 s on the machine it was written on
    assert len(PdfReader(BytesIO(pdf)).pages) == 84
    assert len(pdf) < 5_000_000
