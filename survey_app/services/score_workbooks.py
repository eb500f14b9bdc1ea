"""评分表 and 排名表 as workbooks, laid out for printing on A4."""

from decimal import Decimal

from survey_app.domain.official_sheet import (
    NOT_COUNTED,
    SheetRow,
    beside,
    beside_sentences,
    normalises,
    points_text,
    ranking,
    sheet_rows,
    sum_text,
)
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.scoring import UnitScore
from survey_app.integrations.spreadsheets import Cell, OutSheet, write_workbook
from survey_app.models.round import Round
from survey_app.services.document_marks import stamp
from survey_app.services.score_sheets import draft_mark, sheet_title
from survey_app.services.scores import RoundResult, title_of

Value = Cell | str | int | Decimal | None
_SHEET_WIDTHS = (11, 18, 34, 10, 34)
_RANKING_WIDTHS = (7, 22, 14, 9, 8, 8, 9)
_NORMALISED_WIDTH, _PENDING_WIDTH = 16, 24
_SIGNED = "填表人：　　　　　　审核人：　　　　　　单位（盖章）：　　　　　　日期：　　　　年　　月　　日"


def sheet_workbook(round_: Round, result: RoundResult, score: UnitScore) -> bytes:
    """Return a unit's official score sheet as an .xlsx."""
    width = len(_SHEET_WIDTHS)
    facts = [f"责任单位：{score.unit}", f"类别：{score.category or '—'}"]
    facts.append(f"名次：第 {score.rank} 名（{score.ranked_among}）")
    rows: list[list[Value]] = [
        [_title(str(sheet_title(round_)), width)],
        [_note("　　".join(_marked(round_, result, facts)), width)],
        [Cell("监测内容", "header", columns=2), None, "监测要求", "得分情况", "备注"],
    ]
    rows += [_sheet_row(row) for row in sheet_rows(result.score.scheme, score)]
    total = _points(score.total, len(score.pending))
    rows.append(
        [Cell("合计", "centre", columns=2), None, Cell("", "text"), Cell(total, "sum"), sum_text(score)]
    )
    rows.append([])
    rows.append([_note("参考数据（不计入得分）", width)])
    rows += [[_note(sentence, width)] for sentence in beside_sentences(score)]
    rows += [[], [_note(_SIGNED, width)], [_note(stamp(result), width)]]
    sheet = OutSheet(score.unit, rows, _SHEET_WIDTHS, header_rows=3, footer=stamp(result))
    return write_workbook([sheet])


def ranking_workbook(round_: Round, result: RoundResult) -> bytes:
    """Return a round's ranking as an .xlsx."""
    title = f"{parse_quarter(round_.quarter).title}政务服务效能监测得分排名"
    beside_items = {each.item.id for score in result.score.units for each in beside(score)}
    scheme = result.score.scheme
    surveyed = [item for item in scheme.items if item.id in beside_items and normalises(item)]
    widths = (*_RANKING_WIDTHS, *(_NORMALISED_WIDTH for _ in surveyed), _PENDING_WIDTH)
    width = len(widths)
    facts = [f"共 {len(result.score.units)} 个单位"]
    if scheme.within:
        facts.append("按类别分别排名")
    if result.score.provisional:
        facts.append("有待定项的单位只按已知部分排名")
    rows: list[list[Value]] = [
        [_title(title, width)],
        [_note("　　".join(_marked(round_, result, facts)), width)],
        [
            *("名次", "责任单位", "类别", "基础分", "加分", "减分", "总分"),
            *(f"{item.title}折算分（参考）" for item in surveyed),
            "待定项",
        ],
    ]
    for score in ranking(result.score.units):
        normalised = {each.item.id: each.found.normalised for each in beside(score)}
        rows.append(
            [
                Cell(score.rank, "centre"),
                score.unit,
                score.category or "",
                score.base,
                _known(score.endorsements),
                _known(score.broken_promises),
                Cell(score.total, "total"),
                *(_known(normalised.get(item.id)) for item in surveyed),
                "、".join(str(title_of(scheme, item)) for item in score.pending),
            ]
        )
    rows += [[], [_note(stamp(result), width)]]
    sheet = OutSheet("排名", rows, widths, header_rows=3, landscape=True, footer=stamp(result))
    return write_workbook([sheet])


def _title(text: str, width: int) -> Cell:
    return Cell(text, "title", columns=width)


def _note(text: str, width: int) -> Cell:
    return Cell(text, "note", columns=width)


def _marked(round_: Round, result: RoundResult, facts: list[str]) -> list[str]:
    mark = draft_mark(round_, result)
    return [*facts, str(mark)] if mark else facts


def _sheet_row(row: SheetRow) -> list[Value]:
    content: list[Value]
    if row.line is None:
        content = [Cell(str(row.section), "text", columns=2), None]
    else:
        head = None if row.section is None else Cell(str(row.section), "text", rows=row.section_rows)
        content = [head, str(row.line)]
    points = _points(row.points, row.waiting) if row.counted else NOT_COUNTED
    return [
        *content,
        "".join(map(str, row.requirement)),
        Cell(points, "centre"),
        "\n".join(map(str, row.notes)),
    ]


def _points(points: Decimal | None, waiting: int) -> str | Decimal:
    return points_text(points, waiting) if points is None or waiting else points


def _known(points: Decimal | None) -> Cell:
    return Cell("—" if points is None else points, "number")
