"""A unit's report: its trend, what enterprises needed, why they complained, and what a unit itself isn't shown."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from survey_app.domain.document import Paragraph, Picture
from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.document_files import as_pdf
from survey_app.services.publishing import finalise, publish
from survey_app.services.scores import scores_of
from survey_app.services.unit_report_charts import charts_of
from survey_app.services.unit_report_documents import report_document
from survey_app.services.unit_reports import Report, unit_report
from tests.builders import build_account, build_case
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pdf_text import fonts_without_a_file, pages_of
from tests.score_builders import build_answers, close, load_bundle

NOBODY = {"satisfied": 0, "basically_satisfied": 0, "dissatisfied": 0}


def _answered(session: Session, round_: Round, rated: Unit, rating: str, times: int, clock: FakeClock, **details: Any) -> None:  # fmt: skip
    for _ in range(times):
        build_answers(session, build_case(session, round_, [rated]), {rated.id: rating}, clock.now, **details)


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    """甲局 with 11 answers: 6 times 时间长 and 4 times 推诿 among those who weren't satisfied."""
    round_ = load_bundle(session, bundle(unit("甲局", satisfaction=NOBODY), unit("乙局")), clock.now)
    rated = session.query(Unit).filter_by(name="甲局").one()
    five = {"duration": {"value": "5", "unit": "workdays"}, "cost": "no_charge"}
    _answered(session, round_, rated, "satisfied", 5, clock, **five)
    _answered(session, round_, rated, "basically_satisfied", 4, clock, reasons=["slow", "passing_on"], duration="unknown")  # fmt: skip
    _answered(session, round_, rated, "dissatisfied", 2, clock, reasons=["slow"], duration={"value": "9", "unit": "workdays"})  # fmt: skip
    session.commit()
    return round_


def _report(session: Session, round_: Round, own_view: bool) -> Report:
    result = scores_of(session, round_)
    return unit_report(session, round_, result, result.unit_ids["甲局"], own_view)


def test_office_sees_every_number(session: Session, round_: Round) -> None:
    report = _report(session, round_, own_view=False)
    assert [(str(each.title), each.named) for each in report.reasons] == [("时间长", 6), ("推诿", 4)]
    rows = {str(row.title): row for row in report.measures}
    assert list(rows) == ["实际用时", "费用"]
    time = rows["实际用时"]
    assert time.quartiles is not None
    assert (time.answered, time.quartiles.median, time.unknown, str(time.share_unknown)) == (
        7,
        5,
        4,
        "0.3636",
    )
    assert not report.hidden


def test_unit_whose_levels_are_closed_sees_no_number_of_answers(session: Session, round_: Round) -> None:
    """5, 4 and 2 answers: with its points the unit could solve for the 4 and the 2 from any of them."""
    report = _report(session, round_, own_view=True)
    assert (report.answers, report.complaints) == (None, None)
    assert [(str(each.title), each.named) for each in report.reasons] == [("时间长", None)]
    time = {str(row.title): row for row in report.measures}["实际用时"]
    assert (time.answered, time.unknown, time.share_unknown, time.others) == (None, None, None, ())
    assert time.quartiles is not None, "7 answers gave a time"
    assert [each.item.id for each in report.beside] == ["mass_appraisal"]
    assert report.hidden
    said = "".join(map(str, report.advice))
    assert "提到最多的是时间长。" in said
    assert "推诿" not in said
    assert "reasons" not in charts_of(report)


def test_unit_whose_levels_are_open_sees_tables_without_a_small_number(
    session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", satisfaction=NOBODY), unit("乙局")), clock.now)
    rated = session.query(Unit).filter_by(name="甲局").one()
    day = {"value": "1", "unit": "workdays"}
    _answered(session, round_, rated, "satisfied", 5, clock, duration=day, visits="1", cost="no_charge")
    _answered(session, round_, rated, "dissatisfied", 5, clock, duration=day, visits="unknown", cost="no_charge", reasons=["slow", "papers"])  # fmt: skip
    _answered(session, round_, rated, "dissatisfied", 5, clock, duration="unfinished", visits="2", cost="no_charge", reasons=["slow", "attitude"])  # fmt: skip
    _answered(session, round_, rated, "dissatisfied", 4, clock, cost="no_charge", reasons=["slow"])
    session.commit()
    report = _report(session, round_, own_view=True)
    assert (report.answers, report.complaints, report.hidden) == (19, 14, True)
    named = {str(each.title): each.named for each in report.reasons}
    assert named == {"时间长": 14, "材料多": 5, "态度差": 5}, (
        "nobody left out the first, 9 each of the others"
    )
    rows = {str(row.title): row for row in report.measures}
    assert rows["实际用时"].answered is None, "4 left it blank"
    assert rows["跑了几趟"].unknown is None
    assert rows["费用"].answered == 19
    assert next(each.found.answered for each in report.beside) == 19


def test_unit_with_few_answers_sees_none_of_them(session: Session, clock: FakeClock) -> None:
    given = unit("甲局", satisfaction={"satisfied": 3, "basically_satisfied": 1, "dissatisfied": 0})
    round_ = load_bundle(session, bundle(given, unit("乙局")), clock.now)
    report = _report(session, round_, own_view=True)
    assert [each.item.id for each in report.beside] == ["mass_appraisal"]
    assert (report.measures, report.reasons) == ((), ())


def test_advice_begins_with_the_largest_losses(session: Session, clock: FakeClock) -> None:
    given = unit("甲局", assigned_tasks=2, innovation_effect=1, broken_promises=1, satisfaction={"satisfied": 9, "basically_satisfied": 1, "dissatisfied": 0})  # fmt: skip
    round_ = load_bundle(session, bundle(given, unit("乙局")), clock.now)
    advice = [str(sentence) for sentence in _report(session, round_, own_view=False).advice]
    assert advice[0] == "失分最多的是减分（失 10 分）、日常交办（失 6 分）、取得成效（失 2 分），请优先改进。"


def test_trend_has_finished_quarters_and_for_the_unit_published_ones(
    session: Session, clock: FakeClock
) -> None:
    office = build_account(session, Role.OFFICE).id
    rounds = []
    for number, points in enumerate((8, 6, 4), start=1):
        given = bundle(unit("甲局", assigned_tasks=points), unit("乙局")) | {"round": f"2022-Q{number}"}
        rounds.append(load_bundle(session, given, clock.now))
        if number < 3:
            close(session, rounds[-1], clock.now)
            finalise(session, rounds[-1], office, clock.now)
        clock.advance(timedelta(days=1))
    publish(session, rounds[0], build_account(session, Role.OFFICE).id, clock.now)
    seen = {own: [(p.quarter, p.total, p.rank, p.of) for p in _report(session, rounds[2], own).trend] for own in (False, True)}  # fmt: skip
    assert seen[False] == [("2022-Q1", 100, 1, 2), ("2022-Q2", 98, 2, 2)]
    assert seen[True] == seen[False][:1]
    assert {str(point.satisfied) for point in _report(session, rounds[2], False).trend} == {"1.0000"}
    assert len(_report(session, rounds[0], False).trend) == 1, "nothing of later quarters"


def test_document_says_what_the_page_says(session: Session, round_: Round, clock: FakeClock) -> None:
    result = scores_of(session, round_)
    for own_view in (False, True):
        report = _report(session, round_, own_view)
        document = report_document(session, round_, result, report, clock.now)
        assert any(isinstance(block, Picture) for block in document.blocks) is not own_view
        pdf = as_pdf(document)
        text = "".join(pages_of(pdf))
        assert fonts_without_a_file(pdf) == []
        for words in (
            "单位报告",
            "责任单位:甲局",
            "实际用时",
            "工作日",
            "中位数",
            "时间长",
            "试算(未核定)",
            result.digest,
        ):
            assert words in text, words
        assert ("推诿" in text) is not own_view
        notes = [block.text for block in document.blocks if isinstance(block, Paragraph)]
        assert any("整张表的份数都不列出" in note for note in notes) is own_view


@pytest.mark.parametrize(("writers", "satisfied", "told"), [(5, 5, True), (4, 5, False), (5, 4, False)])
def test_remarks_are_shown_to_the_unit_by_enough_writers_beside_open_levels(
    session: Session, clock: FakeClock, writers: int, satisfied: int, told: bool
) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", satisfaction=NOBODY), unit("乙局")), clock.now)
    rated = session.query(Unit).filter_by(name="甲局").one()
    _answered(session, round_, rated, "satisfied", satisfied, clock)
    for number in range(6):
        said = {"reasons": ["other"], "reasons-text": f"第{9 - number}窗口没人，请打13800138000"}
        _answered(session, round_, rated, "dissatisfied", 1, clock, **(said if number < writers else {}))
    session.commit()
    own, office = (_report(session, round_, own_view) for own_view in (True, False))
    texts = [f"第{number}窗口没人，请打〔已隐去〕" for number in range(10 - writers, 10)]
    assert list(office.remarks[0].texts) == texts
    assert list(own.remarks[0].texts) == (texts if told else [])
    result = scores_of(session, round_)
    document = report_document(session, round_, result, own, clock.now)
    written = "".join(block.text for block in document.blocks if isinstance(block, Paragraph))
    assert ("第9窗口没人" in written, "没有列出意见：写下意见的不足5户" in written.split("群众")[0]) == (
        told,
        not told,
    )
