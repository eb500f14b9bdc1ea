"""图表: line and bar charts as SVG, the same for a page and for a document; no script, no style, no colour alone.

Every figure stands beside its mark as a text, so that nothing has to be read off an axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from unicodedata import category

_WIDTH = 400  # so that on a phone the type is still read
_FONT = "Noto Sans SC, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
_INK, _QUIET, _RULE, _BLUE = "#1c2733", "#55616e", "#d5dbe3", "#0b4a8f"
_LABEL, _TITLE = 14, 16
_LONGEST = 9  # characters of a bar's name; the whole name is in the table beside the chart


@dataclass(frozen=True)
class Mark:
    """A point of a line, or a bar: its name, its value, and how the value is written; None: there is none."""

    label: str
    value: Decimal | None
    text: str = "—"


def line_chart(
    title: str, marks: Sequence[Mark], low: Decimal, high: Decimal, upside_down: bool = False
) -> str:
    """Return a line through the marks from left to right, between `low` and `high`.

    A mark without a value leaves a gap. `upside_down` puts the low end on top, as ranks are read. Raises
    ValueError unless low is below high and every value is within them.
    """
    if not low < high or any(each.value is not None and not low <= each.value <= high for each in marks):
        raise ValueError(f"values must lie between {low} and {high}")
    top, bottom, left, right = 58, 108, 48, _WIDTH - 48
    step = (right - left) / max(1, len(marks) - 1)
    places: list[tuple[float, float] | None] = []
    for index, each in enumerate(marks):
        if each.value is None:
            places.append(None)
            continue
        share = float((each.value - low) / (high - low))
        across = left + step * index if len(marks) > 1 else _WIDTH / 2
        places.append((across, top + (bottom - top) * (share if upside_down else 1 - share)))
    parts = [_line(left - 24, bottom + 12, right + 24, bottom + 12, _RULE)]
    for run in _runs(places):
        joined = " ".join(f"{across:.1f},{down:.1f}" for across, down in run)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{_BLUE}" stroke-width="2.5"/>')
    for index, (each, place) in enumerate(zip(marks, places, strict=True)):
        across = left + step * index if len(marks) > 1 else _WIDTH / 2
        if place is not None:
            parts.append(f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="4.5" fill="{_BLUE}"/>')
            parts.append(_text(place[0], place[1] - 11, each.text, _INK, "middle", bold=True))
        parts.append(_text(across, bottom + 29, each.label, _QUIET, "middle"))
    return _svg(title, _described(marks), 146, parts)


def bar_chart(title: str, marks: Sequence[Mark]) -> str:
    """Return a bar for each mark from top to bottom, the longest as long as there is room.

    Raises ValueError for a value below 0.
    """
    values = [each.value or Decimal(0) for each in marks]
    if any(value < 0 for value in values):
        raise ValueError("a bar has no length below 0")
    most = max([*values, Decimal(1)])
    left, room, height = 140, _WIDTH - 140 - 60, 30
    parts = []
    for index, (each, value) in enumerate(zip(marks, values, strict=True)):
        down = 46 + index * height
        length = float(value / most) * room
        parts.append(_text(left - 12, down + 14, _short(each.label), _INK, "end"))
        parts.append(f'<rect x="{left}" y="{down}" width="{length:.1f}" height="18" rx="2" fill="{_BLUE}"/>')
        parts.append(_text(left + length + 8, down + 14, each.text, _INK, "start", bold=True))
    return _svg(title, _described(marks), 56 + height * len(marks), parts)


def describe(title: str, marks: Sequence[Mark]) -> str:
    """Return what a chart shows as one sentence, for whoever can't see it."""
    return f"{title}：{_described(marks)}"


def _described(marks: Sequence[Mark]) -> str:
    return "，".join(f"{each.label} {each.text}" for each in marks)


def _svg(title: str, description: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title desc" font-family="{_FONT}" '
        f'font-size="{_LABEL}"><title id="title">{_safe(title)}</title><desc id="desc">{_safe(description)}</desc>'
        f'<text x="8" y="22" font-size="{_TITLE}" font-weight="700" fill="{_INK}">{_safe(title)}</text>'
        f"{''.join(parts)}</svg>"
    )


def _runs(places: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The points that follow each other without a gap, two at least: one alone is no line."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if len(run) > 1]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, colour: str, anchor: str, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ' font-weight="400"'
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"{weight}>{_safe(text)}</text>'
    )


def _safe(text: str) -> str:
    """A text as XML holds it: escaped, without characters that XML can't hold."""
    return escape("".join(c for c in text if category(c) not in ("Cc", "Cs", "Cn")), quote=True)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
