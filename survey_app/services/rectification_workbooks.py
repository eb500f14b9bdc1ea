"""整改任务 as a workbook: the list and the closed loop of each unit, without how many answers named a reason."""

from datetime import date, datetime
from decimal import Decimal

from survey_app.domain.quarter import parse_quarter
from survey_app.domain.rectification import CALL_BACK_NAMES, STATE_NAMES, ClosedLoop, Rate
from survey_app.integrations.spreadsheets import Cell, OutSheet, write_workbook
from survey_app.models.round import Round
from survey_app.services.document_marks import moment_text
from survey_app.services.rectification_pages import Overview, TaskRow, percent
from survey_app.services.rectifications import county_day

Value = Cell | str | int | Decimal | date | None
_TASK_HEADINGS = (
    "责任单位", "整改事项", "下达日期", "整改期限", "首次回复", "是否按期回复", "状态", "是否逾期", "办结日期",
    "是否按期整改", "回访核实",
)  # fmt: skip
_TASK_WIDTHS = (20, 16, 12, 12, 12, 10, 10, 16, 12, 10, 20)
_LOOP_HEADINGS = (
    "责任单位", "下达", "已回复", "按期回复", "按期回复率", "办结", "整改完成率", "按期整改", "按期整改率",
    "回访到企业", "企业认可", "回访认可率", "已逾期",
)  # fmt: skip
_LOOP_WIDTHS = (20, 8, 8, 10, 11, 8, 11, 10, 11, 10, 10, 11, 8)
RATES_NOTE = (
    "按期以首次下达的期限为准；还没有到期的任务不计入按期回复率和按期整改率。"
    "按期整改：核实办结的那次回复在期限内。整改情况不影响得分。"
)


def rectification_workbook(round_: Round, found: Overview, now: datetime) -> bytes:
    """Return a round's tasks and rates as an .xlsx."""
    title = f"{parse_quarter(round_.quarter).title}整改任务"
    as_of = f"截至 {moment_text(now)}"
    today = county_day(now)
    tasks: list[list[Value]] = [
        [Cell(title, "title", columns=len(_TASK_HEADINGS))],
        [Cell(f"共 {len(found.rows)} 项　　{as_of}", "note", columns=len(_TASK_HEADINGS))],
        list(_TASK_HEADINGS),
    ]
    tasks += [_task(row, today) for row in found.rows]
    loops: list[list[Value]] = [
        [Cell(f"{title}闭环情况", "title", columns=len(_LOOP_HEADINGS))],
        [Cell(as_of, "note", columns=len(_LOOP_HEADINGS))],
        list(_LOOP_HEADINGS),
    ]
    loops += [_loop(unit.name, loop) for unit, loop in found.by_unit]
    loops += [_loop("合计", found.loop), [], [Cell(RATES_NOTE, "note", columns=len(_LOOP_HEADINGS))]]
    return write_workbook(
        [
            OutSheet("整改任务", tasks, _TASK_WIDTHS, header_rows=3, landscape=True),
            OutSheet("闭环情况", loops, _LOOP_WIDTHS, header_rows=3, landscape=True),
        ]
    )


def _task(row: TaskRow, today: date) -> list[Value]:
    course = row.course
    return [
        row.task.unit.name,
        row.task.reason_zh,
        course.issued_on,
        course.first_due_on,
        course.first_reply_on or "—",
        _verdict(course.replied_in_time(today)),
        STATE_NAMES[course.state],
        str(row.term) if row.overdue else "—",
        course.closed_on or "—",
        _verdict(course.closed_in_time(today)),
        CALL_BACK_NAMES[course.call_back] if course.call_back else "—",
    ]


def _verdict(in_time: bool | None) -> str:
    return "未到期或待核实" if in_time is None else "是" if in_time else "否"


def _loop(name: str, loop: ClosedLoop) -> list[Value]:
    return [
        name,
        loop.issued,
        loop.replied.part,
        _count(loop.replied_in_time),
        Cell(percent(loop.replied_in_time), "number"),
        loop.closed.part,
        Cell(percent(loop.closed), "number"),
        _count(loop.closed_in_time),
        Cell(percent(loop.closed_in_time), "number"),
        _count(loop.called_back),
        _count(loop.satisfied),
        Cell(percent(loop.satisfied), "number"),
        loop.overdue,
    ]


def _count(rate: Rate) -> Cell:
    return Cell(f"{rate.part} / {rate.whole}", "number")
