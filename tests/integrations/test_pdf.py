"""Documents: what is in their data stays data, and nothing but the package is read."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from survey_app.domain.document import Document, Form, Issuer, Paragraph, Signatures, Style, as_data
from survey_app.integrations.pdf import DOCUMENTS, compile_pdf
from survey_app.integrations.qr import qr_svg
from tests.pdf_text import pages_of

TEMPLATES = sorted(DOCUMENTS.glob("*.typ"))


def sheet(name: str, labels: int = 1) -> dict[str, object]:
    label = {"enterprise": name, "code": "7K3M 9QXW", "qr": qr_svg("https://hf.example.gov.cn/s/x")}
    return {
        "round_title": "2022年第二季度",
        "address": "https://hf.example.gov.cn/s",
        "deadline": "6月25日",
        "phone": None,
        "labels": [label] * labels,
    }


def resident_megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


@pytest.mark.parametrize(
    "name", ["missing", "../config", "../documents/labels", "labels.typ", "", "/etc/passwd"]
)
def test_only_templates_of_the_package_can_be_named(name: str) -> None:
    with pytest.raises(ValueError, match="没有名为"):
        compile_pdf(name, {})


def test_the_same_data_gives_the_same_bytes() -> None:
    assert compile_pdf("labels", sheet("甲公司")) == compile_pdf("labels", sheet("甲公司"))


def test_threads_do_not_mix_their_documents() -> None:
    names = [f"第{number}公司" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        documents = list(pool.map(lambda name: compile_pdf("labels", sheet(name)), names))
    for name, document in zip(names, documents, strict=True):
        text = "".join(PdfReader(BytesIO(document)).pages[0].extract_text().split())
        assert re.findall(r"第\d公司", text) == [name]


def test_every_font_is_embedded() -> None:
    [page] = PdfReader(BytesIO(compile_pdf("labels", sheet("甲公司")))).pages
    fonts = page["/Resources"]["/Font"].values()
    descendants = [font.get_object()["/DescendantFonts"][0].get_object() for font in fonts]
    assert descendants
    for font in descendants:
        assert {"/FontFile2", "/FontFile3"} & set(font["/FontDescriptor"].get_object())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_fetch_no_packages_and_evaluate_no_text(template: Path) -> None:
    source = template.read_text()
    assert not re.search(r"@preview|@local|\beval\(|\bplugin\(", source)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_documents_leave_no_memory_behind() -> None:
    compile_pdf("labels", sheet("第一", 1000))
    before = resident_megabytes()
    for number in range(6):
        compile_pdf("labels", sheet(f"公司{number}", 1000))
    assert resident_megabytes() - before < 60


@pytest.mark.parametrize(
    ("form", "last"), [(Form.SHEET, Signatures(("审核人",))), (Form.LETTER, Issuer("审核人", "2022年4月1日"))]
)
def test_nobody_signs_a_page_with_nothing_else_on_it(form: Form, last: Signatures | Issuer) -> None:
    """The shortest document whose signature goes to a second page takes the last paragraph there too."""
    style = Style.NOTE if form is Form.SHEET else Style.BODY
    for count in range(10, 90):
        notes = tuple(Paragraph(f"第{number}条说明", style) for number in range(count))
        document = Document("题", form, (*notes, last), "第 1 版", datetime(2022, 4, 1, tzinfo=UTC))
        pages = pages_of(compile_pdf("official", as_data(document)))
        if len(pages) == 2:
            break
    assert "审核人" in pages[1]
    assert f"第{count - 1}条说明" in pages[1]
    assert f"第{count - 2}条说明" in pages[0]
