"""评分表: a unit's official score sheet as a document to print and sign."""

from datetime import datetime

from sqlalchemy.orm import Session

from survey_app.domain.document import Align, Cell, Document, Facts, Form, Paragraph, Signatures, Style, Table
from survey_app.domain.official_sheet import (
    NOT_COUNTED,
    SheetRow,
    beside_sentences,
    points_text,
    sheet_rows,
    sum_text,
)
from survey_app.domain.scoring import UnitScore
from survey_app.models.round import Round
from survey_app.services.document_marks import BLANK_DAY, correction_text, moment_text, stamp, typeset
from survey_app.services.score_sheets import draft_mark, sheet_title
from survey_app.services.scores import RoundResult

_WIDTHS = (15, 19, 35, 12, 36)
_HEAD = (
    Cell("监测内容", Align.CENTRE, columns=2, strong=True),
    Cell("监测要求", Align.CENTRE, strong=True),
    Cell("得分情况", Align.CENTRE, strong=True),
    Cell("备注", Align.CENTRE, strong=True),
)


def sheet_document(
    session: Session, round_: Round, result: RoundResult, score: UnitScore, now: datetime
) -> Document:
    """Return a unit's score sheet; `now` is the moment of a result that is still live."""
    as_of = result.frozen_at or now
    mark = draft_mark(round_, result)
    rows = [_row(row) for row in sheet_rows(result.score.scheme, score)]
    total = typeset(points_text(score.total, len(score.pending)))
    rows.append(
        (
            Cell("合计", Align.CENTRE, columns=2, strong=True),
            Cell("基础分＋加分＋减分", Align.CENTRE),
            Cell(total, Align.CENTRE, strong=True),
            Cell(typeset(sum_text(score))),
        )
    )
    correction = correction_text(session, round_, result)
    notes = [*beside_sentences(score), *([correction] if correction else [])]
    return Document(
        title=str(sheet_title(round_)),
        form=Form.SHEET,
        blocks=(
            Facts(
                (
                    ("责任单位", score.unit),
                    ("类别", score.category or "—"),
                    ("总分", total),
                    ("名次", f"第{score.rank}名（{typeset(score.ranked_among)}）"),
                    ("截至", moment_text(as_of)),
                )
            ),
            Table(_WIDTHS, (_HEAD,), tuple(rows)),
            Paragraph("参考数据（不计入得分）", Style.HEADING),
            *(Paragraph(typeset(sentence), Style.NOTE) for sentence in notes),
            Signatures(("填表人", "审核人", "单位（盖章）", BLANK_DAY)),
        ),
        stamp=stamp(result),
        as_of=as_of,
        mark=str(mark) if mark else None,
    )


def sheet_documents(session: Session, round_: Round, result: RoundResult, now: datetime) -> list[Document]:
    """Return the score sheets of all units, in the order in which the round lists them."""
    return [sheet_document(session, round_, result, score, now) for score in result.score.units]


def _row(row: SheetRow) -> tuple[Cell, ...]:
    head: tuple[Cell, ...] = ()
    if row.section is not None:
        span = 1 if row.line is not None else 2
        head = (Cell(typeset(row.section), Align.CENTRE, columns=span, rows=row.section_rows, strong=True),)
    if row.line is not None:
        head += (Cell(typeset(row.line)),)
    points = typeset(points_text(row.points, row.waiting)) if row.counted else NOT_COUNTED
    return (
        *head,
        Cell("".join(map(typeset, row.requirement))),
        Cell(points, Align.CENTRE),
        Cell("\n".join(map(typeset, row.notes))),
    )
