"""样本库核查 for the office: all findings, narrowed by unit and kind, on pages and as a workbook."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from survey_app.domain.library_findings import FINDING_NAMES, Finding, FindingKind, findings_of
from survey_app.domain.sampling import USUAL_SIZE
from survey_app.integrations.spreadsheets import Cell, OutSheet, write_workbook
from survey_app.models.unit import Unit
from survey_app.services.document_marks import moment_text
from survey_app.services.library_facts import library_facts, usual_size
from survey_app.services.round_units import active_units


@dataclass(frozen=True)
class Findings:
    """The findings that a list was narrowed to, how many there are of each kind in all units, and the units.

    `wanted` is the number of enterprises against which a library counts as too small.
    """

    chosen: list[Finding]
    by_kind: dict[FindingKind, int]
    units: dict[int, Unit]
    wanted: int

    def names(self, finding: Finding) -> list[str]:
        """Return the names of a finding's units."""
        return [self.units[unit_id].name for unit_id in finding.unit_ids]


def find(session: Session, now: datetime, unit_id: int | None, kind: FindingKind | None) -> Findings:
    """Return the findings about one unit (None: all) and of one kind (None: all)."""
    wanted = usual_size(session) or USUAL_SIZE
    all_ = findings_of(library_facts(session), wanted, now)
    chosen = [
        each
        for each in all_
        if (unit_id is None or unit_id in each.unit_ids) and (kind is None or each.kind is kind)
    ]
    counts = Counter(each.kind for each in all_)
    units = {unit.id: unit for unit in active_units(session)}
    return Findings(chosen, {each: counts[each] for each in FindingKind}, units, wanted)


def workbook(findings: Findings, now: datetime) -> bytes:
    """Return the findings as an .xlsx; numbers are masked in it as on the page."""
    heading = ("序号", "类别", "责任单位", "企业", "有什么问题", "怎样办")
    as_of = f"截至 {moment_text(now)}，共 {len(findings.chosen)} 条；电话中间的数字已隐藏"
    rows: list[Sequence[Cell | str | int]] = [
        [Cell("样本库核查", "title", columns=len(heading))],
        [Cell(as_of, "note", columns=len(heading))],
        heading,
    ]
    for number, each in enumerate(findings.chosen, start=1):
        names = "、".join(entry.enterprise for entry in each.entries)
        more = f"等 {each.count} 家" if each.count > len(each.entries) else ""
        row = (FINDING_NAMES[each.kind], "、".join(findings.names(each)), names + more)
        rows.append([number, *row, str(each.what), str(each.advice)])
    return write_workbook([OutSheet("样本库核查", rows, (6, 20, 24, 40, 50, 40), 3, landscape=True)])
