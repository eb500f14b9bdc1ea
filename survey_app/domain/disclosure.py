"""小数保护: what of the answers about a unit may be shown to it, so that no number tells who gave them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from survey_app.domain.lines import ScoreLine
from survey_app.domain.scheme import Answered
from survey_app.domain.scoring import Response, UnitScore
from survey_app.domain.text import Text

Cells = Mapping[str, int]


def is_open(cells: Cells, smallest: int) -> bool:
    """Whether a table of numbers of answers may be shown: each of them is 0, or `smallest` or more.

    A table is shown whole or not at all, its sum included. Hiding single cells of so small a table would only
    set a sum that solves itself: the unit knows its points, an equation in the same numbers, and the rule.
    """
    return all(number == 0 or number >= smallest for number in cells.values())


def is_open_after(earlier: Sequence[Cells], cells: Cells, smallest: int) -> bool:
    """Whether a corrected table may be shown to whoever saw, or saw the points of, the `earlier` ones.

    What a correction changed is the difference of two tables: an answer that was voided would stand alone in
    it. So each number stays, or changes by `smallest` or more; and where an earlier table was closed this one
    is too, since the two are nearly the same.
    """
    changes = (
        {key: abs(cells.get(key, 0) - before.get(key, 0)) for key in {*cells, *before}} for before in earlier
    )
    return all(is_open(each, smallest) for each in (cells, *earlier, *changes))


def disclosed(score: UnitScore, closed: Collection[str], smallest: int) -> UnitScore:
    """Return a unit's score as the unit itself may see it; `closed` are the items whose levels aren't open.

    Points and totals stay as they are. A closed item's sentence gives the points without the numbers, the
    figures beside it are left out, and so is what depends on how many answered.
    """
    if not closed:
        return score
    score = replace(
        score,
        lines=tuple(
            _without_numbers(line, smallest) if line.item.id in closed else line for line in score.lines
        ),
        statistics={item: found for item, found in score.statistics.items() if item not in closed},
    )
    if not any(_from_library(line) and line.item.id in closed for line in score.lines):
        return score
    response = score.response
    return replace(
        score,
        response=Response(response.frame_size, response.sampled, None, None, None),
        response_warnings=(),
        size_warning=None,
        rank_range=(score.rank, score.rank),
    )


def _from_library(line: ScoreLine) -> bool:
    """Whether the line's answers are those of the enterprises drawn, on which the response figures depend."""
    return isinstance(line.item.settings, Answered) and line.item.settings.from_library


def _without_numbers(line: ScoreLine, smallest: int) -> ScoreLine:
    if line.points is None:
        return line
    why = Text(
        "满分 %(max)s，按答卷扣 %(lost)s，得 %(points)s；有的评价不足 %(smallest)s 份，"
        "或与更正以前只差几份，为保护答卷的企业，不列各档份数",
        {"max": line.max, "lost": line.max - line.points, "points": line.points, "smallest": smallest},
    )
    return replace(line, why=why)
