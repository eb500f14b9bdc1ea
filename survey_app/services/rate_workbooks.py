"""应答率 as a workbook: the counts and rates by unit, the modes, and the formulas."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from survey_app.domain.disposition import Family
from survey_app.domain.mode import MODE_NAMES, Mode
from survey_app.domain.points import round_half_up
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.response_rates import FAMILY_NAMES, NONE, RATES, Outcomes, formula
from survey_app.domain.text import Name
from survey_app.integrations.spreadsheets import Cell, OutSheet, write_workbook
from survey_app.models.round import Round
from survey_app.services.document_marks import moment_text
from survey_app.services.response_rates import RoundRates

Value = Cell | str | int | Decimal | None
_COUNTED = tuple(Family)


def rates_workbook(round_: Round, survey: Name, found: RoundRates, now: datetime) -> bytes:
    """Return a survey's rates as an .xlsx; rates are percentages to one decimal, written as numbers."""
    title = f"{parse_quarter(round_.quarter).title}{survey.zh}应答率"
    as_of = f"截至{moment_text(now)}；比率的单位是 %"
    return write_workbook([_units(title, as_of, found), _modes(title, as_of, found), _formulas(title, as_of)])


def _units(title: str, as_of: str, found: RoundRates) -> OutSheet:
    head: list[Value] = ["范围", "合计", *(f"{FAMILY_NAMES[each]}（{each.value}）" for each in _COUNTED), "e"]
    head += [f"{rate.name}（{rate.code}）" for rate in RATES]
    rows: list[list[Value]] = [*_top(title, as_of, len(head)), head]
    rows.append(_row("全部户次", found.places))
    rows.append(_row("全部企业", found.enterprises))
    rows += [_row(each.unit, each.outcomes) for each in found.units]
    widths = (24, 8, *(10 for _ in _COUNTED), 8, *(12 for _ in RATES))
    return OutSheet("各单位", rows, widths, header_rows=3, landscape=True, footer=as_of)


def _row(name: str, outcomes: Outcomes) -> list[Value]:
    return [
        Cell(name),
        outcomes.total,
        *(outcomes.count(each) for each in _COUNTED),
        _percentage(outcomes.eligible_share),
        *(_percentage(outcomes.rate(rate)) for rate in RATES),
    ]


def _modes(title: str, as_of: str, found: RoundRates) -> OutSheet:
    head: list[Value] = [
        "方式",
        "完成（企业）",
        "占全部完成",
        "发出短信或拨打（企业）",
        "其中由这种方式完成",
        "完成率",
    ]
    head += [f"{unit.unit}（完成，户次）" for unit in found.units]
    rows: list[list[Value]] = [*_top(title, as_of, len(head)), head]
    for each in found.modes:
        tried: list[Value] = [_none(), _none()] if each.tried is None else [each.tried, each.won]
        rows.append(
            [
                Cell(MODE_NAMES[each.mode]),
                each.completes,
                _percentage(each.share),
                *tried,
                _percentage(each.completed_share),
                *(unit.modes.get(Mode(each.mode), 0) for unit in found.units),
            ]
        )
    widths = (12, 12, 12, 14, 14, 12, *(14 for _ in found.units))
    return OutSheet("调查方式", rows, widths, header_rows=3, landscape=True, footer=as_of)


def _formulas(title: str, as_of: str) -> OutSheet:
    rows: list[list[Value]] = [*_top(title, as_of, 3), ["AAPOR 名称", "名称", "算法"]]
    rows += [[Cell(rate.code), Cell(rate.name), Cell(str(formula(rate)))] for rate in RATES]
    return OutSheet("算法", rows, (14, 40, 90), header_rows=3, landscape=True, footer=as_of)


def _top(title: str, as_of: str, columns: int) -> list[list[Value]]:
    return [[Cell(title, "title", columns=columns)], [Cell(as_of, "note", columns=columns)]]


def _percentage(rate: Fraction | None) -> Value:
    return _none() if rate is None else round_half_up(rate * 100, 1)


def _none() -> Cell:
    return Cell(NONE, "number")
