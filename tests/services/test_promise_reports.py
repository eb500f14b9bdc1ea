"""Promises beside the answers: all numbers for the office, and for the unit none that could tell who answered."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.document import Paragraph
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.document_files import as_pdf
from survey_app.services.promises import Typed, save_promises
from survey_app.services.scores import live_scores
from survey_app.services.unit_report_documents import report_document
from survey_app.services.unit_reports import Report, unit_report
from tests.builders import build_account, build_case
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pdf_text import pages_of
from tests.score_builders import build_answers, load_bundle

NOBODY = {"satisfied": 0, "basically_satisfied": 0, "dissatisfied": 0}


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    """A round in which 甲局 promised 5 days for permits and 2 for taxes."""
    round_ = load_bundle(session, bundle(unit("甲局", satisfaction=NOBODY), unit("乙局")), clock.now)
    office = build_account(session, Role.OFFICE).id
    typed = {
        "permit": Typed({"days": "5", "source": "办事指南"}, 0),
        "taxes": Typed({"days": "2", "source": "办事指南"}, 0),
    }
    save_promises(session, _rated(session).id, typed, office, clock.now)
    return round_


def _rated(session: Session) -> Unit:
    return session.query(Unit).filter_by(name="甲局").one()


def _answered(session: Session, round_: Round, clock: FakeClock, matter: str, days: str | None, times: int) -> None:  # fmt: skip
    """Answers of 满意 about a matter; `days` None where the time was left blank."""
    rated = _rated(session)
    details: dict[str, Any] = {"matter": matter}
    if days is not None:
        details["duration"] = {"value": days, "unit": "workdays"}
    for _ in range(times):
        build_answers(session, build_case(session, round_, [rated]), {rated.id: "satisfied"}, clock.now, **details)  # fmt: skip
    session.commit()


def _report(session: Session, round_: Round, own_view: bool) -> Report:
    result = live_scores(session, round_)
    return unit_report(session, round_, result, result.unit_ids["甲局"], own_view)


def _rows(report: Report) -> list[tuple[str, str, int, int]]:
    return [(str(row.title), str(row.matter), row.kept.within, row.kept.n) for row in report.promises.rows]


def test_office_sees_all_matters_together_and_those_with_enough_answers(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    _answered(session, round_, clock, "permit", "5", 3)
    _answered(session, round_, clock, "permit", "6", 2)
    _answered(session, round_, clock, "taxes", "1", 4)
    _answered(session, round_, clock, "loan", "1", 1)
    report = _report(session, round_, own_view=False)
    assert _rows(report) == [
        ("实际用时", "有承诺的各事项", 7, 9),
        ("实际用时", "许可审批", 3, 5),
    ], "4 answers about taxes are too few for a row of their own"
    advice = [str(each) for each in report.advice if "承诺以内" in str(each)]
    assert advice == [
        "实际用时（有承诺的各事项）：9 份答卷中 7 份在承诺以内，占 77.8%，不到 80%，请逐个环节查找原因。"
    ], "one sentence for a kind, not another for its matter"
    document = report_document(session, round_, live_scores(session, round_), report, clock.now)
    text = "".join(pages_of(as_pdf(document)))
    for words in (
        "五、与承诺对照",
        "许可审批5工作日5360%",
        "有承诺的各事项—9777.8%",
        "承诺最近录入于2022-06-15",
        "不计入得分",
    ):
        assert words in text, words


def test_a_matter_that_lags_is_named_where_all_together_are_well(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    _answered(session, round_, clock, "permit", "5", 15)
    _answered(session, round_, clock, "taxes", "3", 3)
    _answered(session, round_, clock, "taxes", "2", 2)
    advice = [str(each) for each in _report(session, round_, own_view=False).advice]
    assert not any("有承诺的各事项" in each for each in advice)
    assert any(each.startswith("实际用时（税费社保）：5 份答卷中 2 份") for each in advice)


def test_promises_never_touch_the_score(session: Session, round_: Round, clock: FakeClock) -> None:
    _answered(session, round_, clock, "permit", "99", 5)
    before = live_scores(session, round_).digest
    office = build_account(session, Role.OFFICE).id
    typed = {"permit": Typed({"days": "100", "source": "办事指南"}, 1)}
    save_promises(session, _rated(session).id, typed, office, clock.now)
    assert live_scores(session, round_).digest == before


@pytest.mark.parametrize(
    ("answers", "rows", "words"),
    [
        # (matter, days, times) → what the unit sees
        ([("permit", "5", 5), ("permit", "6", 5)], [10, 10], []),
        # 4 beyond: neither the table nor a word
        ([("permit", "5", 6), ("permit", "6", 4)], [], []),
        # 4 about a matter without a promise: they are the rest of the measures' sum
        ([("permit", "5", 6), ("permit", "6", 5), ("loan", "1", 4)], [], ["多数企业的情况在承诺以内"]),
        # 4 left the time blank
        ([("permit", "5", 5), ("permit", "6", 5), ("permit", None, 4)], [], ["一样多"]),
        # together they may be shown; by matter one would be solved from the sum
        ([("permit", "5", 7), ("permit", "6", 5), ("taxes", "1", 3)], [15], []),
    ],
)
def test_unit_sees_no_small_number_of_answers(
    session: Session,
    round_: Round,
    clock: FakeClock,
    answers: list[tuple[str, str | None, int]],
    rows: list[int],
    words: list[str],
) -> None:
    for matter, days, times in answers:
        _answered(session, round_, clock, matter, days, times)
    report = _report(session, round_, own_view=True)
    assert [row.kept.n for row in report.promises.rows] == rows
    said = [str(each) for each in report.promises.words]
    assert len(said) == len(words)
    for word, sentence in zip(words, said, strict=True):
        assert word in sentence
        assert not any(digit in sentence for digit in "0123456789")
    assert report.hidden is (len(rows) != 2)
    if not rows:
        assert not any("承诺以内" in str(each) for each in report.advice)


def test_unit_whose_levels_are_closed_sees_a_word_at_most(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    rated = _rated(session)
    _answered(session, round_, clock, "permit", "5", 5)
    _answered(session, round_, clock, "permit", "6", 8)
    build_answers(session, build_case(session, round_, [rated]), {rated.id: "dissatisfied"}, clock.now)
    session.commit()
    report = _report(session, round_, own_view=True)
    assert report.promises.rows == ()
    assert [str(each) for each in report.promises.words] == ["实际用时：多数企业的情况超出了承诺。"]


def test_without_promises_the_report_says_so(session: Session, round_: Round, clock: FakeClock) -> None:
    result = live_scores(session, round_)
    report = unit_report(session, round_, result, result.unit_ids["乙局"], own_view=False)
    document = report_document(session, round_, result, report, clock.now)
    said = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    assert "本单位各事项的承诺时限还没有录入，用时暂不与承诺时限对照。" in said
