"""The paper form: all that is asked stands on it, its code is scanned, and it counts its own pages."""

import shutil
import subprocess
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from unicodedata import normalize

import pytest
import zxingcpp
from PIL import Image

from survey_app.domain.instrument import Instrument, Kind, Option, Question
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.text import Name
from survey_app.integrations.label_sheet import MAX_URL_BYTES
from survey_app.integrations.paper_form import MAX_FORMS, PaperForm, PaperFormError, paper_forms
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.notices import current_notice
from tests.pdf_text import fonts_without_a_file, pages_of, paper_sizes

ADDRESS = "https://hf.example.gov.cn/s"
INSTRUMENT = load_instrument("fangcheng-2022", "satisfaction")
UNITS = ("县税务局", "县供电公司", "县行政审批局")


def form(number: int = 1, units: int = 1, name: str | None = None) -> PaperForm:
    return PaperForm(
        name or f"方城县第{number}农业公司", f"{ADDRESS}/{number:022d}", "7K3M9QXW", UNITS[:units]
    )


def printed(
    *forms: PaperForm, instrument: Instrument = INSTRUMENT, phone: str | None = "0377-67220000"
) -> bytes:
    return paper_forms(
        instrument,
        current_notice("fangcheng-2022", "satisfaction"),
        parse_quarter("2022-Q2"),
        forms,
        address=ADDRESS,
        deadline=date(2022, 6, 25),
        phone=phone,
    )


def plain(words: str) -> str:
    """Return words as `pages_of` gives them: look-alike characters as one, and no blanks."""
    return "".join(normalize("NFKC", words).split())


def test_a_form_says_who_asks_on_what_terms_and_asks_everything() -> None:
    [page] = pages_of(printed(form()))
    for words in (
        "发放给：方城县第1农业公司",
        "2022年第二季度企业办事回访",
        "由方城县委营商办组织，不由被评单位组织",
        "自愿参加",
        "您的企业名称和答案不会提供给被评单位",
        "被评单位不得代填、陪填，也不得收取、查看或转交本表",
        "请在6月25日前交回",
        "咨询电话：0377-67220000",
        "7K3M9QXW",
        "处理者：中共方城县委优化营商环境委员会办公室",
        "第1页，共1页",
    ):
        assert plain(words) in page, words
    for question in INSTRUMENT.questions:
        text = question.text.zh.format(unit="县税务局", months="4月—6月")
        assert plain(text) in page, text
        for option in question.options:
            assert plain(option.text.zh) in page, option
    assert plain("选没办过、记不清的，这家单位的其余各题不用填") in page
    assert plain("“总体评价”选了基本满意、不满意的填写") in page


def test_a_changed_questionnaire_is_printed_as_it_is() -> None:
    added = Question(
        "added",
        Kind.CHOICE,
        Name("新题", "new"),
        Name("{unit}的*新题*#panic()？", "new"),
        options=(Option("a", Name("甲项", "a")), Option("b", Name("乙项", "b"))),
    )
    changed = replace(INSTRUMENT, questions=(*INSTRUMENT.questions, added))
    page = pages_of(printed(form(), instrument=changed))[0].replace("\u200b", "")
    assert plain("11.县税务局的*新题*#panic()？") in page
    assert plain("甲项") in page


def test_each_form_begins_a_page_and_counts_its_own() -> None:
    pdf = printed(form(1), form(2, units=2), form(3))
    first, second, third, fourth = pages_of(pdf)
    assert plain("第1页，共1页") in first
    assert plain("第1页，共2页") in second
    assert plain("第2页，共2页") in third
    assert "7K3M9QXW" in third
    assert plain("方城县第2农业公司") not in third  # the name is on the strip that is torn off
    assert plain("第2家，共2家") in second + third
    assert plain("方城县第3农业公司") in fourth
    assert plain("第1页，共1页") in fourth
    assert paper_sizes(pdf) == {(595, 842)}
    assert fonts_without_a_file(pdf) == []


def test_names_are_never_markup_and_without_a_phone_none_is_named() -> None:
    [page] = pages_of(printed(form(name='#read("/x") *粗* $x$'), phone=None))
    assert '#read("/x")*粗*$x$' in page
    assert plain("咨询电话") not in page


def test_the_code_on_the_form_is_scanned_to_its_link(tmp_path: Path) -> None:
    if not shutil.which("pdftoppm"):
        pytest.skip("needs pdftoppm (Debian package poppler-utils)")
    (tmp_path / "form.pdf").write_bytes(printed(form()))
    command = ["pdftoppm", "-gray", "-png", "-r", "150", tmp_path / "form.pdf", tmp_path / "page"]
    subprocess.run(command, check=True, capture_output=True)
    [picture] = tmp_path.glob("page*.png")
    [code] = zxingcpp.read_barcodes(Image.open(picture).convert("L"))
    assert code.text == form().url


def test_what_can_not_be_printed_is_refused_with_what_to_do() -> None:
    with pytest.raises(PaperFormError, match="没有要打印的纸质问卷"):
        printed()
    with pytest.raises(PaperFormError, match="请先按被访单位筛选"):
        printed(*[form()] * (MAX_FORMS + 1))
    with pytest.raises(PaperFormError, match="PUBLIC_BASE_URL"):
        printed(replace(form(), url=ADDRESS + "x" * MAX_URL_BYTES))


@pytest.mark.slow
def test_a_hundred_forms_take_seconds() -> None:
    start = time.process_time()
    pdf = printed(*(form(number, 1 + number % 3) for number in range(100)))
    assert time.process_time() - start < 20  # 2 s on the machine it was written on
    assert len(pages_of(pdf)) >= 100
