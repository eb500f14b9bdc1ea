"""Word and Excel files as an office program opens and prints them: pages, repeated heads, nothing cut off."""

import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from survey_app.services.document_files import as_docx
from survey_app.services.ranking_notices import notice_document, notice_workbook
from survey_app.services.score_documents import sheet_document
from survey_app.services.score_workbooks import ranking_workbook, sheet_workbook
from survey_app.services.scores import live_scores
from survey_app.services.unit_report_documents import report_document, report_workbook
from survey_app.services.unit_reports import unit_report
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pdf_text import pages_of, paper_sizes
from tests.score_builders import load_bundle

OFFICE = shutil.which("soffice")


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="没有安装 LibreOffice（soffice），不检查办公软件里的样子")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_files_look_right_in_an_office_program(session: Session, clock: FakeClock, tmp_path: Path) -> None:
    units = [unit(f"第{number:02}局", assigned_tasks=number % 8) for number in range(45)]
    round_ = load_bundle(session, bundle(*units), clock.now)
    result = live_scores(session, round_)
    score = result.score.units[0]
    notice = notice_document(session, round_, result, clock.now)
    report = unit_report(session, round_, result, result.unit_ids[score.unit], own_view=False)
    files = {
        "sheet-word.docx": as_docx(sheet_document(session, round_, result, score, clock.now)),
        "notice-word.docx": as_docx(notice),
        "sheet-excel.xlsx": sheet_workbook(round_, result, score),
        "ranking-excel.xlsx": ranking_workbook(round_, result),
        "notice-excel.xlsx": notice_workbook(notice, result),
        "report-excel.xlsx": report_workbook(
            report_document(session, round_, result, report, clock.now), report
        ),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    subprocess.run(
        [
            str(OFFICE),
            f"-env:UserInstallation=file://{tmp_path}/profile",
            *("--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)),
            *(str(tmp_path / name) for name in files),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    printed = {name: (tmp_path / name).with_suffix(".pdf").read_bytes() for name in files}
    pages = {name: pages_of(pdf) for name, pdf in printed.items()}
    for name in ("sheet-word.docx", "sheet-excel.xlsx"):
        [page] = pages[name]
        for words in (
            "2022年第一季度政务服务效能监测评分表",
            "第00局",
            "特邀监督员可通过明察暗访",
            "单位(盖章)",
        ):
            assert words in page, (name, words)
    for name in ("sheet-word.docx", "notice-word.docx"):
        assert paper_sizes(printed[name]) == {(595, 842)}
        assert all(result.digest in page and f"/{len(pages[name])}—" in page for page in pages[name])
    letter = pages["notice-word.docx"]
    ranked = [page for page in letter if "政府部门" in page]
    assert len(ranked) >= 2
    assert all("名次责任单位类别基础分加分减分总分" in page for page in ranked)
    [issued] = [page for page in letter if "中共方城县委优化营商环境委员会办公室" in page]
    assert "附件:2022年第一季度" in issued, "the issuer doesn't stand alone on a page"
    for name in ("ranking-excel.xlsx", "notice-excel.xlsx", "report-excel.xlsx"):
        assert all(f"共{len(pages[name])}页" in page for page in pages[name])
        assert result.digest in "".join(pages[name])
