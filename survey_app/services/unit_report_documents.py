"""单位报告 as a document on paper."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from survey_app.domain.document import Align, Block, Cell, Document, Facts, Form, Paragraph, Style, Table
from survey_app.domain.official_sheet import points_text
from survey_app.domain.points import plain, round_half_up
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.text import Name, Text, joined
from survey_app.models.round import Round
from survey_app.services.document_marks import moment_text, stamp, typeset
from survey_app.services.document_workbooks import tables_of, workbook_of
from survey_app.services.promise_reports import (
    NO_PROMISE,
    NOTHING_COMPARED,
    PromiseReport,
    PromiseRow,
    promise_method,
)
from survey_app.services.score_sheets import draft_mark
from survey_app.services.scores import RoundResult
from survey_app.services.unit_remarks import VERBATIM
from survey_app.services.unit_report_charts import charts_of
from survey_app.services.unit_reports import MeasureRow, Report

CONVERSION = Text(
    "用时统一折算为工作日：8 小时为 1 个工作日，自然日按 5/7 折算，当场办结计 0。"
    "下四分位、中位数、上四分位：四分之一、一半、四分之三的企业不超过的数。"
)


def hidden_numbers(smallest: int) -> Text:
    """Return the sentence that says by what rule numbers were left out."""
    return Text(
        "为保护答卷的企业：一张表里有不足 %(n)s 份的数字时，整张表的份数都不列出；中位数和四分位数至少由 %(n)s 份答卷得出。",
        {"n": smallest},
    )


def uncounted_reasons(titles: list[Name], smallest: int) -> Text:
    """Return the sentence that names the reasons given often enough to be named, but not how often."""
    return Text("有 %(n)s 份以上答卷提到：%(reasons)s。", {"n": smallest, "reasons": joined(tuple(titles))})


def report_document(
    session: Session, round_: Round, result: RoundResult, report: Report, now: datetime
) -> Document:
    """Return a unit's report as a document; `now` is the moment of a result that is still live."""
    score, mark = report.score, draft_mark(round_, result)
    as_of = result.frozen_at or now
    charts = charts_of(report)
    blocks: list[Block] = [
        Facts(
            (
                ("责任单位", score.unit),
                ("类别", score.category or "—"),
                ("总分", typeset(points_text(score.total, len(score.pending)))),
                ("名次", f"第{score.rank}名（{typeset(score.ranked_among)}）"),
                ("截至", moment_text(as_of)),
            )
        ),
        Paragraph("一、改进重点", Style.HEADING),
        *(Paragraph(typeset(sentence)) for sentence in report.advice),
        Paragraph("二、各季度走势", Style.HEADING),
    ]
    blocks += [charts[name] for name in ("total", "rank", "satisfied") if name in charts]
    if "total" not in charts:
        blocks.append(Paragraph("已核定的季度不足两个，走势从第二个季度起显示。"))
    blocks.append(Paragraph("三、评价情况", Style.HEADING))
    blocks += _ratings(report)
    blocks.append(Paragraph("四、用时、材料、跑动和费用", Style.HEADING))
    blocks += _measures(report)
    blocks.append(Paragraph("五、与承诺对照", Style.HEADING))
    blocks += _promises(report.promises)
    blocks.append(Paragraph("六、没有评“满意”的原因", Style.HEADING))
    if "reasons" in charts:
        blocks.append(charts["reasons"])
    uncounted = [each.title for each in report.reasons if each.named is None]
    if uncounted:
        blocks.append(Paragraph(typeset(uncounted_reasons(uncounted, report.smallest))))
    if not report.reasons:
        blocks.append(Paragraph("没有可以列出的原因。"))
    if report.hidden:
        blocks.append(Paragraph(typeset(hidden_numbers(report.smallest)), Style.NOTE))
    blocks += _remarks(report)
    return Document(
        title=f"{parse_quarter(round_.quarter).title}政务服务效能监测单位报告",
        form=Form.SHEET,
        blocks=tuple(blocks),
        stamp=stamp(result),
        as_of=as_of,
        mark=str(mark) if mark else None,
    )


def report_workbook(document: Document, report: Report) -> bytes:
    """Return a report as an .xlsx: its document's tables and, in place of the pictures, their figures."""
    tables = [("各季度走势", _trend(report))] if report.trend else []
    tables += tables_of(document)
    counted = [each for each in report.reasons if each.named is not None]
    if counted:
        rows = tuple((Cell(str(each.title)), Cell(str(each.named), Align.CENTRE)) for each in counted)
        tables.append(("没有评满意的原因", Table((3, 1), (_head(("原因", "次数")),), rows)))
    remarks = tuple((Cell(str(each.title)), Cell(text)) for each in report.remarks for text in each.texts)
    if remarks:
        tables.append(("意见原话", Table((1, 4), (_head(("评分项", "意见原话")),), remarks)))
    return workbook_of(document, tables, opening=True)


def _remarks(report: Report) -> list[Block]:
    if not report.remarks:
        return []
    blocks: list[Block] = [Paragraph("七、意见原话", Style.HEADING)]
    for each in report.remarks:
        if each.why is not None:
            blocks.append(Paragraph(f"{each.title}：{typeset(each.why)}"))
        else:
            blocks.append(Paragraph(f"{each.title}：{typeset(VERBATIM)}"))
            blocks += [Paragraph(f"“{text}”") for text in each.texts]
    return blocks


def _trend(report: Report) -> Table:
    rows = tuple(
        tuple(
            Cell(text, Align.CENTRE)
            for text in (
                each.quarter,
                plain(each.total),
                str(each.rank),
                str(each.of),
                "—" if each.satisfied is None else _percent(each.satisfied),
            )
        )
        for each in report.trend
    )
    return Table((1, 1, 1, 1, 1), (_head(("季度", "总分", "名次", "单位数", "满意占比")),), rows)


def _ratings(report: Report) -> list[Block]:
    compared = any(each.normalises for each in report.beside)
    rows = []
    for each in report.beside:
        found = each.found
        if found.share is None or found.interval is None or found.normalised is None:
            continue
        low, high = (_percent(end) for end in (found.interval.low, found.interval.high))
        numbers = (
            str(found.answered),
            points_text(each.points, 0),
            *((plain(found.normalised) if each.normalises else "—",) if compared else ()),
            _percent(found.share),
            f"{low}–{high}",
        )
        rows.append((Cell(str(each.item.title)), *(Cell(number, Align.CENTRE) for number in numbers)))
    if not rows:
        return [Paragraph("没有可以列出的答卷。")]
    head = ("评分项", "答卷", "得分", *(("折算分（参考）",) if compared else ()), "满意占比", "95%置信区间")
    widths = (24, 12, 12, *((16,) if compared else ()), 16, 20)
    table = Table(widths, (_head(head),), tuple(rows))
    share_of = report.beside[0].share_of
    return [table, Paragraph(typeset(share_of), Style.NOTE)] if share_of else [table]


def _measures(report: Report) -> list[Block]:
    if not report.measures:
        return [Paragraph("没有可以列出的答案。")]
    head = ("项目", "单位", "作答", "下四分位", "中位数", "上四分位", "记不清", "另有")
    table = Table(
        (18, 11, 10, 16, 14, 16, 12, 26), (_head(head),), tuple(_measure_row(row) for row in report.measures)
    )
    return [table, Paragraph(typeset(CONVERSION), Style.NOTE)]


def _promises(report: PromiseReport) -> list[Block]:
    if report.entered_at is None:
        return [Paragraph(typeset(NO_PROMISE))]
    blocks: list[Block] = [Paragraph(typeset(word)) for word in report.words]
    if report.rows:
        head = ("项目", "办理事项", "承诺", "对照的答卷", "在承诺以内", "占比")
        rows = tuple(
            (
                Cell(str(row.title)),
                Cell(str(row.matter)),
                *(Cell(text, Align.CENTRE) for text in promise_texts(row)),
            )
            for row in report.rows
        )
        blocks.append(Table((20, 28, 18, 16, 16, 12), (_head(head),), rows))
    if not blocks:
        blocks.append(Paragraph(typeset(NOTHING_COMPARED)))
    return [*blocks, Paragraph(typeset(promise_method(report.entered_at)), Style.NOTE)]


def promise_texts(row: PromiseRow) -> tuple[str, ...]:
    """Return what was promised, how many answers could be compared, how many were within, and their share."""
    promised = "—" if row.promised is None else f"{plain(row.promised)} {row.unit}"
    kept = row.kept
    return (
        typeset(promised),
        str(kept.n),
        str(kept.within),
        "—" if kept.share is None else _percent(kept.share),
    )


def _measure_row(row: MeasureRow) -> tuple[Cell, ...]:
    found = row.quartiles
    numbers = ("—",) * 4
    if found is not None:
        answered = "—" if row.answered is None else str(row.answered)
        numbers = (answered, plain(found.low), plain(found.median), plain(found.high))
    unknown = "—" if row.share_unknown is None else _percent(row.share_unknown)
    others = "，".join(f"{name}{number}" for name, number in row.others) or "—"
    return (
        Cell(str(row.title)),
        *(Cell(text, Align.CENTRE) for text in (row.unit, *numbers, unknown)),
        Cell(others),
    )


def _head(names: tuple[str, ...]) -> tuple[Cell, ...]:
    return tuple(Cell(name, Align.CENTRE, strong=True) for name in names)


def _percent(part: Decimal) -> str:
    return f"{plain(round_half_up(part * 100, 1))}%"
