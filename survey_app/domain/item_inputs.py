"""Reading one item's input from a unit's object in a bundle."""

from decimal import Decimal
from fractions import Fraction

from survey_app.domain.inputs import Counts, Endorsement, ItemInput, Missing, TierInput
from survey_app.domain.json_object import JsonObject, is_clean
from survey_app.domain.points import describe, plain, read_number
from survey_app.domain.scheme import (
    AllOrNothing,
    Answered,
    Bonus,
    PointRange,
    Reference,
    ScoreItem,
    Tiers,
    TierSource,
)
from survey_app.domain.tally import Tally


def read_item(unit: JsonObject, item: ScoreItem) -> ItemInput:
    """Return an item's input, Missing where it is not known; what is wrong is noted in the unit's faults."""
    value = unit.take(item.id)
    if value is None:
        return Missing()
    settings = item.settings
    if isinstance(settings, PointRange):
        return _points(unit, item.id, value, settings)
    inner = JsonObject.of(value, unit.unit, item.id, unit.faults)
    if inner is None:
        return Missing()
    parsed: ItemInput
    match settings:
        case AllOrNothing():
            parsed = _counts(inner, settings)
        case Tiers():
            parsed = _tier_input(inner, settings)
        case Answered():
            parsed = _tally(inner, settings)
        case Reference():
            parsed = _reference(inner, settings)
    inner.refuse_repeated(inner.item)
    inner.refuse_unread("不认识的键", inner.item)
    return parsed


def _points(unit: JsonObject, item_id: str, value: object, settings: PointRange) -> ItemInput:
    number = read_number(value)
    allowed = f"{plain(settings.low)} 至 {plain(settings.high)}"
    if number is None:
        unit.fault(f"应为 {allowed} 的数，不是 {describe(value)}", item_id)
    elif not settings.low <= number <= settings.high:
        unit.fault(f"{plain(number)} 不在 {allowed} 之内", item_id)
    elif Fraction(number - settings.low) % Fraction(settings.step):
        unit.fault(f"{plain(number)} 不合步长 {plain(settings.step)}", item_id)
    else:
        return number
    return Missing()


def _counts(inner: JsonObject, settings: AllOrNothing) -> ItemInput:
    keys = (settings.whole.key, settings.part.key)
    whole, part = (inner.count(key, inner.item) for key in keys)
    if whole is None or part is None:
        return Missing(tuple(key for key, n in zip(keys, (whole, part), strict=True) if n is None))
    if part > whole:
        inner.fault(
            f"{settings.part.key} {part} 多于 {settings.whole.key} {whole}"
            f"（{settings.part.name}不能多于{settings.whole.name}）"
        )
    return Counts(whole, part)


def _tally(inner: JsonObject, settings: Answered) -> ItemInput:
    counts = {level.key: inner.count(level.key, inner.item) for level in settings.levels}
    missing = tuple(key for key, n in counts.items() if n is None)
    return Missing(missing) if missing else Tally({key: n or 0 for key, n in counts.items()})


def _reference(inner: JsonObject, settings: Reference) -> ItemInput:
    value = inner.take("result")
    if value is None:
        return Missing()
    number = read_number(value)
    if number is None or not settings.low <= number <= settings.high:
        allowed = f"{plain(settings.low)} 至 {plain(settings.high)}"
        inner.fault(f"result 应为 {allowed} 的数，不是 {describe(value)}")
        return Missing()
    return number


def _tier_input(inner: JsonObject, settings: Tiers) -> ItemInput:
    points = _band_points(inner, settings)
    if settings.source is TierSource.MARKS:
        marks = _marks(inner, settings)
        return TierInput(points, marks) if marks or points is not None else Missing()
    counts = [inner.count(field.key, inner.item) for field in settings.fields]
    known = tuple(count for count in counts if count is not None)
    if len(known) == len(counts):
        return TierInput(points, counts=known)
    if points is not None:
        return TierInput(points)
    pairs = zip(settings.fields, counts, strict=True)
    return Missing(tuple(field.key for field, count in pairs if count is None) if known else ())


def _band_points(inner: JsonObject, settings: Tiers) -> Decimal | None:
    value = inner.take("points")
    if value is None:
        return None
    number = read_number(value)
    if number is None:
        inner.fault(f"points 应为数，不是 {describe(value)}")
    elif not any(band.low <= number <= band.high for band in settings.bands):
        spans = "、".join(f"{plain(band.low)}–{plain(band.high)}" for band in settings.bands)
        inner.fault(f"points {plain(number)} 不在任何方阵之内（{spans}）")
    elif Fraction(number) % Fraction(settings.step):
        inner.fault(f"points {plain(number)} 不合步长 {plain(settings.step)}")
    else:
        return number
    return None


def _marks(inner: JsonObject, settings: Tiers) -> tuple[Decimal, ...]:
    value = inner.take("marks")
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        inner.fault(f"marks 应为评分的列表，不是{describe(value)}")
        return ()
    low, high = settings.mark_range
    marks = []
    for index, each in enumerate(value, start=1):
        mark = read_number(each)
        if mark is None or not low <= mark <= high:
            inner.fault(f"marks 第 {index} 个应为 {plain(low)} 至 {plain(high)} 的数，不是 {describe(each)}")
        else:
            marks.append(mark)
    return tuple(marks)


def read_endorsements(unit: JsonObject, bonus: Bonus) -> tuple[Endorsement, ...] | None:
    """Return the endorsed practices, None where nothing is known of any; names are trimmed."""
    value = unit.take(bonus.id)
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        unit.fault(f"应为列表，不是{describe(value)}", bonus.id)
        return ()
    endorsements = []
    for index, each in enumerate(value, start=1):
        inner = JsonObject.of(each, unit.unit, bonus.id, unit.faults)
        if inner is None:
            continue
        practice, level = inner.take("practice"), inner.take("level")
        named = isinstance(practice, str) and practice.strip() and is_clean(practice)
        if not named:
            inner.fault(f"第 {index} 条缺少工作做法的名称（practice），不能是 {describe(practice)}")
        known = isinstance(level, str) and bonus.level(level)
        if not known:
            keys = "、".join(level.key for level in bonus.levels)
            inner.fault(f"第 {index} 条的级别（level）应为 {keys} 之一，不是 {describe(level)}")
        inner.refuse_repeated(inner.item)
        inner.refuse_unread("不认识的键", inner.item)
        if named and known:
            endorsements.append(Endorsement(str(practice).strip(), str(level)))
    return tuple(endorsements)
