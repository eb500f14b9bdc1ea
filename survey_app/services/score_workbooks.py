"""评分表 and 排名表 as workbooks, laid out for printing on A4."""

from decimal import Decimal

from survey_app.domain.points import plain
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.scoring import UnitScore
from survey_app.integrations.spreadsheets import Cell, OutSheet, write_workbook
from survey_app.models.round import Round
from survey_app.services.score_sheets import (
    Beside,
    SheetRow,
    beside,
    draft_mark,
    ranking,
    sheet_rows,
    sheet_title,
)
from survey_app.services.scores import RoundResult, title_of

Value = Cell | str | int | Decimal | None
_SHEET_WIDTHS = (12, 20, 38, 12, 40)
_RANKING_WIDTHS = (7, 22, 14, 9, 8, 8, 9, 16, 16, 24)
_SIGNED = "填表单位（盖章）：　　　　　　　　审核人：　　　　　　　　日期：　　　　年　　月　　日"


def sheet_workbook(round_: Round, result: RoundResult, score: UnitScore) -> bytes:
    """Return a unit's official score sheet as an .xlsx."""
    width = len(_SHEET_WIDTHS)
    facts = [f"责任单位：{score.unit}", f"类别：{score.category or '—'}"]
    facts.append(f"名次：第 {score.rank} 名（共 {len(result.score.units)} 个单位）")
    rows: list[list[Value]] = [
        [_title(str(sheet_title(round_)), width)],
        [_note("　　".join(_marked(round_, facts)), width)],
        [Cell("监测内容", "header", columns=2), None, "监测要求", "得分情况", "备注"],
    ]
    rows += [_sheet_row(row) for row in sheet_rows(result.score.scheme, score)]
    total = _points(score.total, len(score.pending))
    parts = (("基础分", score.base), ("加分", score.endorsements), ("减分", score.broken_promises))
    reason = "，".join(f"{name} {'待定' if part is None else plain(part)}" for name, part in parts)
    rows.append([Cell("合计", "centre", columns=2), None, Cell("", "text"), Cell(total, "total"), reason])
    rows.append([])
    rows.append([_note("参考数据（不计入得分）", width)])
    rows += [[_note(sentence, width)] for sentence in _beside_sentences(score)]
    rows += [[], [_note(_SIGNED, width)]]
    return write_workbook([OutSheet(score.unit, rows, _SHEET_WIDTHS, header_rows=3)])


def ranking_workbook(round_: Round, result: RoundResult) -> bytes:
    """Return a round's ranking as an .xlsx."""
    width = len(_RANKING_WIDTHS)
    title = f"{parse_quarter(round_.quarter).title}政务服务效能监测得分排名"
    surveyed = [line.item for line in result.score.units[0].lines if line.item.id in _beside_items(result)]
    facts = [f"共 {len(result.score.units)} 个单位"]
    if result.score.provisional:
        facts.append("有待定项的单位只按已知部分排名")
    rows: list[list[Value]] = [
        [_title(title, width)],
        [_note("　　".join(_marked(round_, facts)), width)],
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
                "、".join(str(title_of(result.score.scheme, item)) for item in score.pending),
            ]
        )
    sheet = OutSheet("排名", rows, _RANKING_WIDTHS, header_rows=3, landscape=True)
    return write_workbook([sheet])


def _title(text: str, width: int) -> Cell:
    return Cell(text, "title", columns=width)


def _note(text: str, width: int) -> Cell:
    return Cell(text, "note", columns=width)


def _marked(round_: Round, facts: list[str]) -> list[str]:
    mark = draft_mark(round_)
    return [*facts, str(mark)] if mark else facts


def _sheet_row(row: SheetRow) -> list[Value]:
    content: list[Value]
    if row.line is None:
        content = [Cell(str(row.section), "text", columns=2), None]
    else:
        head = None if row.section is None else Cell(str(row.section), "text", rows=row.section_rows)
        content = [head, str(row.line)]
    points = _points(row.points, row.waiting) if row.counted else "不计分"
    return [
        *content,
        "".join(map(str, row.requirement)),
        Cell(points, "number"),
        "\n".join(map(str, row.notes)),
    ]


def _points(points: Decimal | None, waiting: int) -> str | Decimal:
    if points is None:
        return "待定"
    return f"{plain(points)}（另有 {waiting} 项待定）" if waiting else points


def _known(points: Decimal | None) -> Cell:
    return Cell("—" if points is None else points, "number")


def _beside_items(result: RoundResult) -> set[str]:
    return {each.item.id for score in result.score.units for each in beside(score)}


def _beside_sentences(score: UnitScore) -> list[str]:
    response = score.response
    numbers = (
        ("样本库", response.frame_size),
        ("抽取", response.sampled),
        ("联系到", response.reached),
        ("作答", response.answered),
    )
    counted = "，".join(f"{name} {number} 户" for name, number in numbers if number is not None)
    rate = "" if response.rate is None else f"，应答率 {plain(response.rate * 100)}%"
    sentences = [f"企业回访：{counted}{rate}"] if counted else []
    sentences += [sentence for each in beside(score) if (sentence := _beside_sentence(each))]
    return sentences + [f"注意：{warning}" for warning in score.warnings]


def _beside_sentence(each: Beside) -> str | None:
    found = each.found
    if found.normalised is None or found.share is None or found.interval is None:
        return None
    low, high = (plain(end * 100) for end in (found.interval.low, found.interval.high))
    return (
        f"{each.item.title}：答卷 {found.answered} 份，折算分 {plain(found.normalised)}，"
        f"满意占 {plain(found.share * 100)}%（95% 置信区间 {low}%–{high}%）"
    )
