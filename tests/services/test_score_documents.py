"""The score sheet and the notice on paper: what they say, and what a malicious name can't do to them."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.document import Document, Paragraph, Table, placed
from survey_app.models.round import Round
from survey_app.services.document_files import as_pdf
from survey_app.services.ranking_notices import notice_document
from survey_app.services.score_documents import sheet_document, sheet_documents
from survey_app.services.scores import live_scores, scores_of
from tests.conftest import FakeClock
from tests.domain.bundles import ABSENT, bundle, unit
from tests.pdf_text import fonts_without_a_file, pages_of, paper_sizes
from tests.score_builders import finalise_and_publish, load_bundle

HOSTILE = '#panic("x") *粗* _斜_ $x$ @ref <label> \\ `raw` <b>&amp; "双"'
A4 = {(595, 842)}


def _published(session: Session, clock: FakeClock, *units: dict[str, Any]) -> Round:
    round_ = load_bundle(session, bundle(*units), clock.now)
    finalise_and_publish(session, round_, clock.now)
    return round_


def _sheet(session: Session, round_: Round, name: str, clock: FakeClock) -> Document:
    result = scores_of(session, round_)
    return sheet_document(session, round_, result, result.score.unit(name), clock.now)


def _notice(session: Session, round_: Round, clock: FakeClock) -> Document:
    return notice_document(session, round_, scores_of(session, round_), clock.now)


def _sentences(document: Document) -> str:
    return "\n".join(block.text for block in document.blocks if isinstance(block, Paragraph))


def _table(document: Document) -> Table:
    [table] = [block for block in document.blocks if isinstance(block, Table)]
    return table


def test_sheet_is_the_plans_table_on_one_page_with_signatures(session: Session, clock: FakeClock) -> None:
    given = unit("甲局", satisfaction={"satisfied": 8, "basically_satisfied": 1, "dissatisfied": 1})
    round_ = _published(session, clock, given, unit("乙局"))
    document = _sheet(session, round_, "甲局", clock)
    pdf = as_pdf(document)
    assert paper_sizes(pdf) == A4
    assert fonts_without_a_file(pdf) == []
    [page] = pages_of(pdf)
    for words in (
        "2022年第一季度政务服务效能监测评分表", "责任单位:甲局", "第2名(共2个单位)", "总分:97", "截至:2022年6月15日10:00",
        "监测内容", "监测要求", "得分情况", "备注", "日常工作开展情况(40分)", "宣传报道推介情况(10分)",
        "特邀监督员可通过明察暗访", "20−1基本满意×1−1不满意×2=17", "合计", "基础分97,加分0,减分0",
        "填表人", "审核人", "单位(盖章)", "—1/1—", "第1版", scores_of(session, round_).digest,
    ):  # fmt: skip
        assert words in page, words
    assert "试算" not in page


def test_sheet_has_the_merged_cells_of_the_plan(session: Session, clock: FakeClock) -> None:
    table = _table(_sheet(session, _published(session, clock, unit("甲局")), "甲局", clock))
    spans = {
        cell.text: (cell.rows, cell.columns)
        for _, _, cell in placed(table.rows, len(table.widths))
        if cell.rows > 1 or cell.columns > 1
    }
    assert spans == {
        "日常工作开展情况（40分）": (6, 1),
        "宣传报道推介情况（10分）": (1, 2),
        "企业满意度调查情况（20分）": (1, 2),
        "县纪委监委对各单位开展的“群众评”情况（30分）": (1, 2),
        "加减分项": (2, 1),
        "合计": (1, 2),
    }


def test_what_is_not_final_says_so_on_every_page(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", publicity=ABSENT), unit("乙局")), clock.now)
    for document in (_sheet(session, round_, "甲局", clock), _notice(session, round_, clock)):
        for page in pages_of(as_pdf(document)):
            assert page.count("试算(未核定)") >= 2, "the head and the watermark"
            assert "第1版" not in page
    assert "90(另有1项待定)" in pages_of(as_pdf(_sheet(session, round_, "甲局", clock)))[0]
    assert "1 个单位还有待定项" not in _sentences(_notice(session, round_, clock))
    assert "1个单位还有待定项，共1项" in _sentences(_notice(session, round_, clock))


def test_notice_says_the_rounds_own_numbers(session: Session, clock: FakeClock) -> None:
    units = [
        unit("甲局", satisfaction={"satisfied": 8, "basically_satisfied": 1, "dissatisfied": 1}),
        unit("乙局", endorsements=[{"practice": "帮办", "level": "city"}]),
        unit("丙局", broken_promises=1),
        *(unit(f"{number}局", assigned_tasks=number) for number in range(1, 5)),
        unit("戊局"),
        unit("己局"),
    ]
    document = _notice(session, _published(session, clock, *units), clock)
    said = _sentences(document)
    for sentence in (
        "我办会同有关单位对9个责任单位2022年第一季度的政务服务效能进行了监测，数据截至2022年6月15日10:00。",
        "抽取企业90户次，联系到90户次，作答90户次，应答率100%。",
        "对9个责任单位的有效评价共90份，其中满意88份，占97.8%；基本满意1份，占1.1%；不满意1份，占1.1%。",
        "对9个责任单位的有效评价共270份，其中满意270份，占100%",
        "最高102分，最低90分。",
        "总分居前的是：乙局（102分）、戊局（100分）、己局（100分）。",
        "总分居后的是：2局（94分）、1局（93分）、丙局（90分）。",
        "1个单位因工作做法被批示推广获得加分，共2分；1个单位因政策措施不兑现经查实被扣分，共10分。",
        "附件：2022年第一季度政务服务效能监测得分排名表",
    ):
        assert sentence in said, sentence
    rows = [[cell.text for cell in row] for row in _table(document).rows]
    assert rows[0] == ["1", "乙局", "政府部门", "100", "2", "0", "102"]
    assert [row[0] for row in rows] == ["1", "2（并列）", "2（并列）", "4", "5", "6", "7", "8", "9"]
    assert rows[-1] == ["9", "丙局", "政府部门", "100", "0", "−10", "90"]
    pdf = as_pdf(document)
    assert paper_sizes(pdf) == A4
    assert fonts_without_a_file(pdf) == []
    text = "".join(pages_of(pdf))
    assert "中共方城县委优化营商环境委员会办公室2022年6月15日" in text
    assert "试算" not in text


def test_notice_of_few_or_equal_units_names_no_ends(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, bundle(*(unit(f"{number}局") for number in range(8))), clock.now)
    said = _sentences(_notice(session, round_, clock))
    assert "8个责任单位总分相同，均为100分。" in said
    assert "居前" not in said


def test_all_sheets_come_in_one_file_each_on_its_page(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, bundle(*(unit(f"第{number}局") for number in range(4))), clock.now)
    result = scores_of(session, round_)
    pages = pages_of(as_pdf(*sheet_documents(session, round_, result, clock.now)))
    assert len(pages) == 4
    for number, page in enumerate(pages):
        assert f"责任单位:第{number}局" in page
        assert f"—{number + 1}/4—" in page
        assert result.digest in page


def test_a_long_ranking_repeats_its_head(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, bundle(*(unit(f"第{number:02}局") for number in range(45))), clock.now)
    pages = [page for page in pages_of(as_pdf(_notice(session, round_, clock))) if "政府部门" in page]
    assert len(pages) >= 2
    assert all("名次责任单位类别基础分加分减分总分" in page for page in pages)


@pytest.mark.parametrize("name", [HOSTILE, "长" * 100, "A" * 100, "A&B <script>alert(1)</script>"])
def test_names_are_printed_and_never_interpreted(session: Session, clock: FakeClock, name: str) -> None:
    given = unit(name, endorsements=[{"practice": name, "level": "city"}])
    round_ = load_bundle(session, bundle(given, unit("乙局")), clock.now)
    printed = "".join(name.split())
    for document in (_sheet(session, round_, name, clock), _notice(session, round_, clock)):
        text = "".join(pages_of(as_pdf(document))).replace("\u200b", "")
        assert printed in text


def test_live_scores_of_the_same_moment_give_the_same_bytes(session: Session, clock: FakeClock) -> None:
    round_ = load_bundle(session, bundle(unit("甲局")), clock.now)
    result = live_scores(session, round_)
    first, second = (as_pdf(notice_document(session, round_, result, clock.now)) for _ in range(2))
    assert first == second
