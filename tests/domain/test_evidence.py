"""Evidence: the figures that ledgers give, and where an entry falls short of them."""

from survey_app.domain.evidence import (
    books,
    counted,
    evidence_gap,
    figures_of,
    range_of,
    why_not_approve,
)
from survey_app.schemes.loader import load_scheme

SCHEME = load_scheme("fangcheng-2022")


def test_a_schemes_ledgers_are_those_of_its_items_and_of_bonus_and_penalty() -> None:
    assert {book.item: book.ledger.kind.value for book in books(SCHEME)} == {
        "revisits": "visits", "problems": "problems", "rectification": "rectifications", "publicity": "articles",
        "endorsements": "endorsements", "broken_promises": "broken_promises",
    }  # fmt: skip


def test_each_ledger_gives_its_items_figures() -> None:
    visits = [{"enterprise": name} for name in ("甲", "乙", "甲")]
    assert figures_of(SCHEME.item("revisits"), visits) == {"revisited": 2}
    problems = [{"raised_on": "2022-05-01"}, {"raised_on": "2022-05-01", "solved_on": "2022-05-09"}]
    assert figures_of(SCHEME.item("problems"), problems) == {"raised": 2, "solved": 1}
    fixes = [
        {"deadline": "2022-05-01", "fixed_on": "2022-05-01"},
        {"deadline": "2022-05-01", "fixed_on": "2022-05-02"},
        {"deadline": "2022-05-01"},
    ]
    assert figures_of(SCHEME.item("rectification"), fixes) == {"found": 3, "fixed_on_time": 1}
    articles = [{"level": "national"}, {"level": "municipal"}, {"level": "municipal"}]
    assert figures_of(SCHEME.item("publicity"), articles) == {"national": 1, "provincial": 0, "municipal": 2}


def test_a_figure_that_differs_from_the_ledger_is_named_and_needs_a_note() -> None:
    item, figures = SCHEME.item("problems"), {"raised": 2, "solved": 1}
    gap = evidence_gap(item, {"raised": "2", "solved": "2"}, "已核实", figures, 3)
    assert str(gap) == "填报数与台账不一致：台账为提出问题 2、已解决问题 1"
    assert evidence_gap(item, {"raised": "2", "solved": "1"}, "", figures, 0) is None
    assert why_not_approve({"raised": "2", "solved": "2"}, " ", figures)
    assert why_not_approve({"raised": "2", "solved": "2"}, "一件由部门代为解决", figures) is None
    # What the ledger can't know contradicts nothing.
    assert (
        evidence_gap(SCHEME.item("revisits"), {"sampled": "9", "revisited": "2"}, "", {"revisited": 2}, 0)
        is None
    )


def test_a_figure_without_ledger_file_and_note_lacks_evidence() -> None:
    item = SCHEME.item("innovation_highlight")
    assert str(evidence_gap(item, {"points": "5"}, " ", None, 0)) == "缺少依据：没有台账、附件，也没有说明"
    assert evidence_gap(item, {"points": "5"}, "", None, 1) is None
    assert evidence_gap(item, {"points": "5"}, "见文件", None, 0) is None
    assert evidence_gap(item, None, "", None, 0) is None
    assert why_not_approve({"points": "5"}, "", None) is None


def test_of_a_practice_the_highest_level_earns() -> None:
    claims = [
        (1, "甲", "city"),
        (2, "甲", "national"),
        (3, "甲", "national"),
        (4, "乙", "city"),
        (5, "丙", "world"),
    ]
    assert counted(SCHEME.bonus, claims) == {2, 4}


def test_ranges_are_said_as_the_plan_says_them() -> None:
    assert str(range_of(SCHEME.item("innovation_highlight"))) == "0 至 5 分，每 0.5 分一档"
    assert str(range_of(SCHEME.item("publicity"))) == "第一方阵 7–10 分、第二方阵 4–6 分、第三方阵 1–3 分"
