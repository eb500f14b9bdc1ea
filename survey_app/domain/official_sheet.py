"""评分表: a unit's score as the official sheet's rows, and a round's ranking; in the plan's own wording."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from survey_app.domain.lines import ScoreLine
from survey_app.domain.points import plain
from survey_app.domain.scheme import Answered, Deductions, Group, Scheme, ScoreItem, Section
from survey_app.domain.scoring import UnitScore
from survey_app.domain.statistics import TallyStatistics
from survey_app.domain.text import Name, Text, joined

NOT_COUNTED = "不计分"


@dataclass(frozen=True)
class SheetRow:
    """A row of the official sheet: 监测内容 (a section, and a line within it), 监测要求, 得分情况, 备注.

    `section` is None where the row above goes on; else it spans `section_rows` rows. `line` is None where the
    section is one line only. `points` is what is known so far, None where nothing is; `waiting` the
    number of items that are pending. A row that isn't `counted` has no points at all.
    """

    section: Text | None
    section_rows: int
    line: Text | None
    requirement: tuple[Name, ...]
    points: Decimal | None
    waiting: int
    counted: bool
    notes: tuple[Text, ...]


@dataclass(frozen=True)
class Beside:
    """参考数据 — what stands beside an item's official points, never in their place."""

    item: ScoreItem
    points: Decimal | None
    found: TallyStatistics

    @property
    def normalises(self) -> bool:
        """Whether the normalised points are others than the official ones."""
        return normalises(self.item)

    @property
    def share_of(self) -> Text | None:
        """Which levels the share of 满意 adds up; None where it is one level only, which then says it all."""
        settings = self.item.settings
        levels = settings.levels if isinstance(settings, Answered) else ()
        names = tuple(level.name for level in levels if level.satisfied)
        return Text("满意占比是%(levels)s的合计", {"levels": joined(names)}) if len(names) > 1 else None


def sheet_rows(scheme: Scheme, score: UnitScore) -> list[SheetRow]:
    """Return the rows of a unit's sheet: the sections' lines in the plan's order, then bonus and penalty."""
    rows: list[SheetRow] = []
    for section in scheme.sections:
        parts = _parts(scheme, section, score)
        for place, (group, lines) in enumerate(parts):
            head = _titled(section.title, section.max) if place == 0 else None
            named = group or (lines[0].item if len(parts) > 1 else None)
            title = _titled(named.title, named.max) if named else None
            rows.append(_row(head, len(parts), title, lines))
    for place, adjustment in enumerate(score.adjustments):
        rows.append(
            SheetRow(
                section=Text("加减分项") if place == 0 else None,
                section_rows=len(score.adjustments),
                line=Text("%(title)s", {"title": adjustment.rule.title}),
                requirement=(adjustment.rule.requirement,),
                points=adjustment.points,
                waiting=int(adjustment.points is None),
                counted=True,
                notes=(adjustment.why,),
            )
        )
    return rows


def beside(score: UnitScore) -> list[Beside]:
    """Return the figures beside the points of the items that answers decide, in the sheet's order."""
    return [
        Beside(line.item, line.points, score.statistics[line.item.id])
        for line in score.lines
        if line.item.id in score.statistics
    ]


def beside_sentences(score: UnitScore) -> list[str]:
    """Return the figures beside a unit's points as sentences, for a sheet on paper."""
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


def points_text(points: Decimal | None, waiting: int) -> str:
    """Return points as a sheet on paper has them, with what is still pending."""
    if points is None:
        return "待定"
    return f"{plain(points)}（另有 {waiting} 项待定）" if waiting else plain(points)


def sum_text(score: UnitScore) -> str:
    """Return what a unit's total is made of."""
    parts = (("基础分", score.base), ("加分", score.endorsements), ("减分", score.broken_promises))
    return "，".join(f"{name} {'待定' if part is None else plain(part)}" for name, part in parts)


def sheet_as_json(scheme: Scheme, score: UnitScore) -> dict[str, object]:
    """Return what a unit's sheet says, word for word, as a dossier keeps it."""
    return {
        "rows": [
            {
                "section": None if row.section is None else str(row.section),
                "line": None if row.line is None else str(row.line),
                "requirement": "".join(map(str, row.requirement)),
                "points": points_text(row.points, row.waiting) if row.counted else NOT_COUNTED,
                "notes": [str(note) for note in row.notes],
            }
            for row in sheet_rows(scheme, score)
        ],
        "total": points_text(score.total, len(score.pending)),
        "sum": sum_text(score),
        "rank": f"第 {score.rank} 名（{score.ranked_among}）",
        "beside": beside_sentences(score),
    }


def normalises(item: ScoreItem) -> bool:
    """Whether an item has normalised points: its own grow or shrink with the number of answers."""
    return isinstance(item.settings, Deductions)


def normalised_survey(scheme: Scheme) -> ScoreItem | None:
    """Return the item that the enterprises drawn decide, where it has normalised points."""
    item = scheme.surveyed
    return item if item is not None and normalises(item) else None


def ranking(scores: Sequence[UnitScore]) -> list[UnitScore]:
    """Return the units by rank; units of one rank keep the order in which the round lists them.

    Where units are ranked within their categories, these come one after the other, as the round lists them.
    """
    order = list(dict.fromkeys(score.among for score in scores))
    return sorted(scores, key=lambda score: (order.index(score.among), score.rank))


def tied(scores: Sequence[UnitScore]) -> set[str]:
    """Return the names of the units that share their rank with another."""
    places = Counter((score.among, score.rank) for score in scores)
    return {score.unit for score in scores if places[score.among, score.rank] > 1}


def unclear(score: UnitScore) -> bool:
    """Whether the answers can't tell the unit apart from one of another rank."""
    return score.rank_range[0] != score.rank_range[1]


def _beside_sentence(each: Beside) -> str | None:
    found = each.found
    if found.normalised is None or found.share is None or found.interval is None:
        return None
    low, high = (plain(end * 100) for end in (found.interval.low, found.interval.high))
    counted = f"；{each.share_of}" if each.share_of else ""
    normalised = f"折算分 {plain(found.normalised)}，" if each.normalises else ""
    return (
        f"{each.item.title}：答卷 {found.answered} 份，{normalised}"
        f"满意占 {plain(found.share * 100)}%（95% 置信区间 {low}%–{high}%{counted}）"
    )


def _parts(scheme: Scheme, section: Section, score: UnitScore) -> list[tuple[Group | None, list[ScoreLine]]]:
    """A section's lines by their group, in order; lines without a group stand alone."""
    found: list[tuple[Group | None, list[ScoreLine]]] = []
    for item in scheme.items:
        if item.section.id != section.id:
            continue
        line = score.line(item.id)
        if item.group is not None and found and found[-1][0] == item.group:
            found[-1][1].append(line)
        else:
            found.append((item.group, [line]))
    return found


def _row(section: Text | None, section_rows: int, title: Text | None, lines: list[ScoreLine]) -> SheetRow:
    known = [line.points for line in lines if line.points is not None]
    several = len(lines) > 1
    return SheetRow(
        section=section,
        section_rows=section_rows,
        line=title,
        requirement=tuple(line.item.requirement for line in lines),
        points=sum(known, Decimal(0)) if known else None,
        waiting=sum(line.pending for line in lines),
        counted=any(line.item.counts for line in lines),
        notes=tuple(
            Text("%(title)s：%(why)s", {"title": line.item.title, "why": line.why}) if several else line.why
            for line in lines
        ),
    )


def _titled(title: Name, most: Decimal) -> Text:
    if not most:
        return Text("%(title)s", {"title": title})
    return Text("%(title)s（%(max)s 分）", {"title": title, "max": most})
