"""年度汇总 as a document to print, and as a workbook."""

from decimal import Decimal

from survey_app.domain.document import Align, Cell, Document, Facts, Form, Paragraph, Signatures, Style, Table
from survey_app.domain.points import plain
from survey_app.domain.text import Text
from survey_app.integrations import spreadsheets
from survey_app.services.annual_summaries import AnnualSummary, QuarterResult
from survey_app.services.document_marks import BLANK_DAY, moment_text

_AMONG_ALL = Text("年度平均分是已核定季度总分的平均数，保留两位小数；名次按年度平均分，分数相同的名次并列。")
_WITHIN = Text(
    "年度平均分是已核定季度总分的平均数，保留两位小数；名次在同类单位中按年度平均分，分数相同的名次并列。"
)
Value = spreadsheets.Cell | str | int | Decimal | None
_SHORT = ("第一季度", "第二季度", "第三季度", "第四季度")


def method(summary: AnnualSummary) -> Text:
    """Return how the means and ranks of a summary come about."""
    return _WITHIN if summary.within else _AMONG_ALL


def annual_document(summary: AnnualSummary) -> Document:
    """Return a year's summary as a document."""
    heads = ("名次", "责任单位", "类别", *_quarters(summary), "年度平均分")
    rows = tuple(
        (
            Cell(str(row.rank), Align.CENTRE),
            Cell(row.unit),
            Cell(row.category or "—", Align.CENTRE),
            *(Cell(_result(each), Align.CENTRE) for each in row.results),
            Cell(plain(row.mean), Align.CENTRE, strong=True),
        )
        for row in summary.rows
    )
    widths = (9, 24, 20, *(16 for _ in summary.quarters), 15)
    mark = None if all(each.published for each in summary.quarters) else "已核定（有季度未公布）"
    return Document(
        title=_title(summary),
        form=Form.SHEET,
        blocks=(
            Facts(
                (
                    ("责任单位", f"{len(summary.rows)}个"),
                    ("已核定季度", f"{len(summary.quarters)}个（共四个）"),
                    ("截至", moment_text(summary.as_of)),
                )
            ),
            Table(widths, (tuple(Cell(name, Align.CENTRE, strong=True) for name in heads),), rows),
            *(Paragraph(note, Style.NOTE) for note in _notes(summary)),
            Signatures(("填表人", "审核人", "单位（盖章）", BLANK_DAY)),
        ),
        stamp=_stamp(summary),
        as_of=summary.as_of,
        mark=mark,
    )


def annual_workbook(summary: AnnualSummary) -> bytes:
    """Return a year's summary as an .xlsx: totals as numbers, ranks in columns of their own."""
    names = _quarters(summary)
    width = 4 + 2 * len(names)
    notes: list[list[Value]] = [[spreadsheets.Cell(note, "note", columns=width)] for note in _notes(summary)]
    heads = ["名次", "责任单位", "类别", *(part for name in names for part in (f"{name}总分", f"{name}名次"))]
    rows: list[list[Value]] = [
        [spreadsheets.Cell(_title(summary), "title", columns=width)],
        [*heads, "年度平均分"],
    ]
    for row in summary.rows:
        results: list[Value] = []
        for each in row.results:
            results += ["—", "—"] if each is None else [each.total, spreadsheets.Cell(each.rank, "centre")]
        rows.append(
            [
                spreadsheets.Cell(row.rank, "centre"),
                row.unit,
                row.category or "",
                *results,
                spreadsheets.Cell(row.mean, "total"),
            ]
        )
    rows += [[], *notes]
    widths = (7, 22, 14, *(10 for _ in range(2 * len(names))), 12)
    sheet = spreadsheets.OutSheet(
        f"{summary.year}年汇总",
        rows,
        widths,
        header_rows=2,
        landscape=len(names) > 2,
        footer=_stamp(summary),
    )
    return spreadsheets.write_workbook([sheet])


def _title(summary: AnnualSummary) -> str:
    return f"{summary.year}年度政务服务效能监测得分汇总表"


def _stamp(summary: AnnualSummary) -> str:
    return f"{summary.year}年已核定的{len(summary.quarters)}个季度；各季度版本和校验码见表后"


def _quarters(summary: AnnualSummary) -> list[str]:
    return [_SHORT[each.quarter.number - 1] for each in summary.quarters]


def _result(result: QuarterResult | None) -> str:
    return "—" if result is None else f"{plain(result.total)}（第{result.rank}）"


def _notes(summary: AnnualSummary) -> list[str]:
    notes = [str(method(summary))]
    if summary.incomplete:
        notes.append(f"有{summary.incomplete}个单位没有参加全部季度，其平均分只含参加的季度。")
    return notes + [
        f"{name}：第 {each.version} 版，校验码（SHA-256）{each.digest}"
        for name, each in zip(_quarters(summary), summary.quarters, strict=True)
    ]
