"""得分明细: an item's points for one unit, and the sentence that explains them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from survey_app.domain.average import average_points, average_why
from survey_app.domain.inputs import Counts, Endorsement, ItemInput, Missing, TierInput
from survey_app.domain.points import round_half_up
from survey_app.domain.scheme import (
    AllOrNothing,
    Answered,
    Average,
    Bonus,
    Counting,
    Deductions,
    Level,
    Partial,
    Penalty,
    PointRange,
    Reference,
    ScoreItem,
    Tiers,
    TierSource,
    WhenNone,
)
from survey_app.domain.tally import Tally
from survey_app.domain.text import Name, Param, Text, joined
from survey_app.domain.tiers import Standing

_PARTIAL_PLACES = 1


@dataclass(frozen=True)
class ScoreLine:
    """得分明细 — an item's points for a unit, None while pending (or a reference), and why.

    `suggested` are the points of the unit's tier, where it has marks or counts. `reference` is the result
    of a reference row, `imputed` whether it is the mean of the others.
    """

    item: ScoreItem
    points: Decimal | None
    why: Text
    suggested: Decimal | None = None
    reference: Decimal | None = None
    imputed: bool = False

    @property
    def max(self) -> Decimal:
        """The most points that the item can give."""
        return self.item.max

    @property
    def pending(self) -> bool:
        """Whether the input that decides the points is not known yet; a reference row never waits."""
        return self.item.counts and self.points is None


@dataclass(frozen=True)
class AdjustmentLine:
    """加减分明细 — a bonus (0 or more) or a penalty (0 or less), None while it is not known, and why."""

    rule: Bonus | Penalty
    points: Decimal | None
    why: Text


def score_line(item: ScoreItem, entry: ItemInput, standing: Standing | None) -> ScoreLine:
    """Return the line of an item that counts; `standing` is the unit's place, where the item is tiered."""
    match item.settings, entry:
        case _, Missing():
            return ScoreLine(item, None, _missing(item, entry))
        case AllOrNothing() as settings, Counts():
            return _all_or_nothing(item, settings, entry)
        case PointRange() as settings, Decimal():
            return ScoreLine(item, entry, _entered(entry, settings))
        case Tiers() as settings, TierInput():
            return _tiered(item, settings, entry, standing)
        case Answered(), Tally() if not entry.n:
            return ScoreLine(item, None, _nobody(item))
        case Deductions() as settings, Tally():
            return _deducted(item, settings, entry)
        case Average() as settings, Tally():
            points = average_points(item.max, settings, entry)
            return ScoreLine(item, points, average_why(item.max, settings, entry, points))
    raise TypeError(f"{item.id}: {type(entry).__name__} is no input of kind {item.kind}")


def reference_line(item: ScoreItem, entry: ItemInput, mean: Decimal | None, evaluated: int) -> ScoreLine:
    """Return a reference row's line; `mean` is that of the `evaluated` units, None where it isn't used."""
    if isinstance(entry, Decimal):
        why = Text("结果 %(result)s，仅作参考，不计分", {"result": entry})
        return ScoreLine(item, None, why, reference=entry)
    if mean is None:
        why = Text(
            "待定：还没有评价结果，由%(supplier)s提供；仅作参考，不影响总分", {"supplier": item.supplier}
        )
        return ScoreLine(item, None, why)
    why = Text(
        "未参与评价，按 %(evaluated)s 个已评价单位的平均数 %(result)s 计；仅作参考，不计分",
        {"evaluated": evaluated, "result": mean},
    )
    return ScoreLine(item, None, why, reference=mean, imputed=True)


def bonus_line(bonus: Bonus, endorsements: tuple[Endorsement, ...] | None) -> AdjustmentLine:
    """Return the bonus for endorsed practices, each counted as the scheme says."""
    if endorsements is None:
        return AdjustmentLine(bonus, None, _nothing_known(bonus.supplier))
    levels = {level.key: level for level in bonus.levels}
    counted: list[tuple[str, Level]] = [(each.practice, levels[each.level]) for each in endorsements]
    if bonus.counting is Counting.HIGHEST:
        highest: dict[str, Level] = {}
        for practice, level in counted:
            if practice not in highest or level.points > highest[practice].points:
                highest[practice] = level
        counted = list(highest.items())
    points = sum((level.points for _, level in counted), Decimal(0))
    if not counted:
        return AdjustmentLine(bonus, points, Text("没有批示推广的做法，不加分"))
    terms = tuple(
        Text(
            "%(practice)s（%(level)s）+%(points)s",
            {"practice": practice, "level": level.name, "points": level.points},
        )
        for practice, level in counted
    )
    params: dict[str, Param] = {"terms": joined(terms), "points": points, "cap": bonus.cap}
    if bonus.cap is None or points <= bonus.cap:
        return AdjustmentLine(bonus, points, Text("%(terms)s = %(points)s", params))
    why = Text("%(terms)s = %(points)s，最多加 %(cap)s，得 %(cap)s", params)
    return AdjustmentLine(bonus, bonus.cap, why)


def penalty_line(penalty: Penalty, cases: int | None) -> AdjustmentLine:
    """Return the penalty for verified cases, 0 or less."""
    if cases is None:
        return AdjustmentLine(penalty, None, _nothing_known(penalty.supplier))
    if not cases:
        return AdjustmentLine(penalty, Decimal(0), Text("没有查实的不兑现情况，不扣分"))
    points = -penalty.points * cases
    params: dict[str, Param] = {"cases": cases, "each": -penalty.points, "points": points, "cap": penalty.cap}
    if penalty.cap is None or -points <= penalty.cap:
        return AdjustmentLine(penalty, points, Text("%(cases)s 次 × %(each)s = %(points)s", params))
    params["bound"] = -penalty.cap
    why = Text("%(cases)s 次 × %(each)s = %(points)s，最多扣 %(cap)s，得 %(bound)s", params)
    return AdjustmentLine(penalty, -penalty.cap, why)


def _nothing_known(supplier: Name) -> Text:
    return Text("待定：还没有数据，由%(supplier)s提供", {"supplier": supplier})


def _missing(item: ScoreItem, entry: Missing) -> Text:
    if not entry.parts:
        return _nothing_known(item.supplier)
    names: Mapping[str, Param]
    match item.settings:
        case AllOrNothing() as settings:
            names = {field.key: field.name for field in (settings.whole, settings.part)}
        case Tiers() as settings:
            names = {field.key: field.name for field in settings.fields}
        case Answered() as settings:
            names = {level.key: level.name for level in settings.levels}
        case _:
            raise TypeError(f"{item.id}: an input of kind {item.kind} has no parts")
    parts = joined(tuple(names[part] for part in entry.parts))
    return Text("待定：缺少%(parts)s的数量，由%(supplier)s提供", {"parts": parts, "supplier": item.supplier})


def _all_or_nothing(item: ScoreItem, settings: AllOrNothing, entry: Counts) -> ScoreLine:
    params: dict[str, Param] = {
        "whole_name": settings.whole.name,
        "whole": entry.whole,
        "part_name": settings.part.name,
        "part": entry.part,
    }
    if not entry.whole:
        if settings.when_none is WhenNone.PENDING:
            params["supplier"] = item.supplier
            why = Text("待定：%(whole_name)s为 0，不能按满分计，由%(supplier)s核实", params)
            return ScoreLine(item, None, why)
        params["points"] = item.max
        return ScoreLine(item, item.max, Text("%(whole_name)s为 0，得 %(points)s", params))
    if entry.part == entry.whole:
        params["points"] = item.max
        why = Text("%(whole_name)s %(whole)s，%(part_name)s %(part)s，全部完成，得 %(points)s", params)
        return ScoreLine(item, item.max, why)
    params["left"] = entry.whole - entry.part
    if settings.partial is Partial.PROPORTIONAL:
        points = round_half_up(Fraction(item.max) * entry.part / entry.whole, _PARTIAL_PLACES)
        params["points"] = points
        why = Text(
            "%(whole_name)s %(whole)s，%(part_name)s %(part)s，还差 %(left)s，按比例得 %(points)s", params
        )
        return ScoreLine(item, points, why)
    why = Text("%(whole_name)s %(whole)s，%(part_name)s %(part)s，还差 %(left)s，得 0", params)
    return ScoreLine(item, Decimal(0), why)


def _entered(points: Decimal, settings: PointRange) -> Text:
    return Text(
        "人工填报，得 %(points)s（可填 %(low)s 至 %(high)s，每档 %(step)s）",
        {"points": points, "low": settings.low, "high": settings.high, "step": settings.step},
    )


def _tiered(item: ScoreItem, settings: Tiers, entry: TierInput, standing: Standing | None) -> ScoreLine:
    if standing is None:
        if entry.points is None:
            return ScoreLine(item, None, _nothing_known(item.supplier))
        band = next(band for band in settings.bands if band.low <= entry.points <= band.high)
        why = Text(
            "人工填报，得 %(points)s（%(band)s %(low)s–%(high)s）",
            {"points": entry.points, "band": band.name, "low": band.low, "high": band.high},
        )
        return ScoreLine(item, entry.points, why)
    suggestion = _suggestion(settings, entry, standing)
    if entry.points is None:
        why = Text("%(suggestion)s，得 %(points)s", {"suggestion": suggestion, "points": standing.points})
        return ScoreLine(item, standing.points, why, standing.points)
    why = Text(
        "%(suggestion)s，建议 %(suggested)s；人工填报，得 %(points)s",
        {"suggestion": suggestion, "suggested": standing.points, "points": entry.points},
    )
    return ScoreLine(item, entry.points, why, standing.points)


def _suggestion(settings: Tiers, entry: TierInput, standing: Standing) -> Text:
    value = _value(settings, entry, standing)
    if standing.fixed:
        return Text(
            "%(value)s：数值为 0 固定列%(band)s",
            {"value": value, "band": standing.band.name},
        )
    return Text(
        "%(value)s，在 %(of)s 个单位中列第 %(place)s，%(band)s（%(low)s–%(high)s），"
        "本方阵 %(steps)s 个不同数值中从高到低第 %(step)s 个",
        {
            "value": value,
            "of": standing.of,
            "place": standing.place,
            "band": standing.band.name,
            "low": standing.band.low,
            "high": standing.band.high,
            "steps": standing.steps,
            "step": standing.step,
        },
    )


def _value(settings: Tiers, entry: TierInput, standing: Standing) -> Text:
    value = round_half_up(standing.value, 2)
    if settings.source is TierSource.MARKS:
        return Text("%(marks)s 个评分平均 %(value)s", {"marks": len(entry.marks), "value": value})
    weighted = any(field.weight != 1 for field in settings.fields)
    parts = []
    for field, count in zip(settings.fields, entry.counts, strict=True):
        params: dict[str, Param] = {"name": field.name, "count": count, "weight": field.weight}
        parts.append(
            Text("%(name)s %(count)s × %(weight)s", params)
            if weighted
            else Text("%(name)s %(count)s", params)
        )
    return Text("%(parts)s，合计 %(value)s", {"parts": joined(tuple(parts)), "value": value})


def _nobody(item: ScoreItem) -> Text:
    return Text("待定：还没有一份答卷，不能按满分计，由%(supplier)s提供", {"supplier": item.supplier})


def _deducted(item: ScoreItem, settings: Deductions, tally: Tally) -> ScoreLine:
    deducting = [(level, each) for level in settings.levels if (each := settings.per.get(level.key))]
    raw = item.max - sum((each * tally.count(level.key) for level, each in deducting), Decimal(0))
    terms = tuple(
        Text(
            " − %(count)s %(level)s × %(each)s",
            {"count": tally.count(level.key), "level": level.name, "each": each},
        )
        for level, each in deducting
    )
    params: dict[str, Param] = {"max": item.max, "terms": terms, "points": raw}
    if settings.floor is None or raw >= settings.floor:
        return ScoreLine(item, raw, Text("%(max)s%(terms)s = %(points)s", params))
    params["floor"] = settings.floor
    why = Text("%(max)s%(terms)s = %(points)s，不低于 %(floor)s，得 %(floor)s", params)
    return ScoreLine(item, settings.floor, why)


def reference_mean(settings: Reference, results: list[Decimal]) -> Decimal | None:
    """Return the mean that units without a result are given, to the scheme's places; None where none is."""
    if not results or not settings.impute:
        return None
    return round_half_up(
        sum((Fraction(result) for result in results), Fraction(0)) / len(results), settings.places
    )
