"""Reading a round's inputs from outside data, with every fault named; nothing in it can raise."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from unicodedata import category

from survey_app.domain.inputs import Counts, Endorsement, ItemInput, Missing, TierInput, UnitInput
from survey_app.domain.points import describe, plain, read_count, read_number
from survey_app.domain.scheme import (
    AllOrNothing,
    Deductions,
    PointRange,
    Reference,
    Scheme,
    ScoreItem,
    Tiers,
    TierSource,
)
from survey_app.domain.tally import RATING_NAMES, Rating, Tally
from survey_app.domain.tiers import standings, tier_value

_WHOLE = "整份数据"
_STATISTICS = ("frame_size", "sampled", "reached")
_MAX_NAME = 200


@dataclass(frozen=True)
class Fault:
    """What is wrong with a bundle: which unit, which item (or key), and why; as a text, one line."""

    unit: str
    item: str
    reason: str

    def __str__(self) -> str:
        return "：".join(_one_line(part) for part in (self.unit, self.item, self.reason))


@dataclass(frozen=True)
class Bundle:
    """A round's inputs, ready to be scored; `round` is the quarter's name, which the score doesn't need."""

    scheme: str
    round: str | None
    units: tuple[UnitInput, ...]


class RepeatedKeys(dict[str, object]):
    """A JSON object in which a key was written more than once; `repeated` names these keys."""

    def __init__(self, pairs: Iterable[tuple[str, object]], repeated: tuple[str, ...]) -> None:
        super().__init__(pairs)
        self.repeated = repeated


def object_from_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of a JSON reader's pairs, keeping in mind which keys came twice (object_pairs_hook)."""
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    seen: set[str] = set()
    repeated = dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return RepeatedKeys(pairs, tuple(repeated))


def parse_bundle(obj: object, scheme: Scheme) -> tuple[Bundle | None, list[Fault]]:
    """Return the bundle that decoded JSON holds, or None and every fault found (rule: a score is never guessed).

    A key that is absent, or null, is not known. Counts are whole numbers of 0 or more, points lie within their
    item's range and step, entered points of a tiered item within a band; where marks or counts are given too,
    within the band that they suggest.
    """
    faults: list[Fault] = []
    top = _Object.of(obj, _WHOLE, "bundle", faults)
    if top is None:
        return None, faults
    key = top.take("scheme")
    if key != scheme.key:
        found = "缺少" if key is None else f"是{describe(key)}"
        top.fault(f"{found}，应为「{scheme.key}」", "scheme")
    name = top.text("round")
    listed = top.take("units")
    top.done("不认识的键；只有 scheme、round、units")
    units: list[UnitInput] = []
    if not isinstance(listed, list | tuple):
        top.fault("缺少" if listed is None else f"应为单位的列表，不是{describe(listed)}", "units")
    elif not listed:
        top.fault("列表是空的，至少要有一个单位", "units")
    else:
        units = [unit for i, each in enumerate(listed, 1) if (unit := _unit(each, i, scheme, faults))]
        faults.extend(_repeated_units(units))
        faults.extend(_outside_bands(scheme, units))
    return (None, faults) if faults else (Bundle(scheme.key, name, tuple(units)), [])


@dataclass
class _Object:
    """An object under reading: hands out its values and notes faults under its unit and item."""

    values: Mapping[str, object]
    unit: str
    item: str
    faults: list[Fault]
    read: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, value: object, unit: str, item: str, faults: list[Fault]) -> "_Object | None":
        if not isinstance(value, Mapping):
            faults.append(Fault(unit, item, f"应为对象（{{…}}），不是{describe(value)}"))
            return None
        if isinstance(value, RepeatedKeys):
            faults.extend(Fault(unit, item, f"键{describe(key)}写了不止一次") for key in value.repeated)
        return cls(value, unit, item, faults)

    def fault(self, reason: str, item: str | None = None) -> None:
        self.faults.append(Fault(self.unit, item or self.item, reason))

    def take(self, key: str) -> object:
        self.read.add(key)
        return self.values.get(key)

    def text(self, key: str) -> str | None:
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.fault(f"应为文字，不是{describe(value)}", key)
        elif len(value) > _MAX_NAME or not _is_clean(value):
            self.fault(f"应为不超过 {_MAX_NAME} 字的文字，不含控制字符", key)
        else:
            return value.strip()
        return None

    def count(self, key: str) -> int | None:
        value = self.take(key)
        count = read_count(value)
        if count is None and value is not None:
            self.fault(f"{key} 应为不小于 0 的整数，不是 {describe(value)}")
        return count

    def done(self, reason: str) -> None:
        for key in self.values:
            if key not in self.read:
                self.fault(f"{reason}（{describe(key)}）", str(key)[:50])

    def done_within(self) -> None:
        for key in self.values:
            if key not in self.read:
                self.fault(f"不认识的键{describe(key)}")


def _unit(value: object, index: int, scheme: Scheme, faults: list[Fault]) -> UnitInput | None:
    before = len(faults)
    unit = _Object.of(value, f"第 {index} 个单位", "unit", faults)
    if unit is None:
        return None
    name = unit.text("unit")
    if name is not None:
        unit.unit = name
        for position in range(before, len(faults)):  # Faults of the object itself, found before its name.
            faults[position] = Fault(name, faults[position].item, faults[position].reason)
    elif unit.values.get("unit") is None:
        unit.fault("缺少单位名称")
    items = {item.id: _item(unit, item) for item in scheme.items}
    endorsements = _endorsements(unit, scheme)
    penalty_id = scheme.penalty.id
    unit.item = penalty_id
    broken_promises = unit.count(penalty_id)
    statistics = {}
    for key in _STATISTICS:
        unit.item = key
        statistics[key] = unit.count(key)
    unit_category = unit.text("category")
    unit.done(f"方案 {scheme.key} 没有这个评分项")
    parsed = UnitInput(
        name or "", items, endorsements, broken_promises, category=unit_category, **statistics
    )
    for key, reason in _contradictions(scheme, parsed):
        unit.fault(reason, key)
    return parsed if name is not None else None


def _contradictions(scheme: Scheme, unit: UnitInput) -> Iterable[tuple[str, str]]:
    answered = None
    for item in scheme.items:
        tally = unit.items[item.id]
        if isinstance(item.settings, Deductions) and item.settings.from_library and isinstance(tally, Tally):
            answered = tally.n
    numbers = [
        ("frame_size", "样本库企业数", unit.frame_size),
        ("sampled", "抽取企业数", unit.sampled),
        ("reached", "联系到的企业数", unit.reached),
    ]
    known = [(key, name, number) for key, name, number in numbers if number is not None]
    for (_, outer, limit), (key, inner, number) in zip(known, known[1:], strict=False):
        if number > limit:
            yield key, f"{inner} {number} 多于{outer} {limit}"
    # An enterprise may answer by its link without anybody having reached it, so `reached` is no limit here.
    for key, name, limit in known[:2]:
        if key != "reached" and answered is not None and answered > limit:
            yield key, f"答卷 {answered} 份，多于{name} {limit}"


def _item(unit: _Object, item: ScoreItem) -> ItemInput:
    value = unit.take(item.id)
    if value is None:
        return Missing()
    settings = item.settings
    if isinstance(settings, PointRange):
        return _points(unit, item.id, value, settings)
    inner = _Object.of(value, unit.unit, item.id, unit.faults)
    if inner is None:
        return Missing()
    parsed: ItemInput
    match settings:
        case AllOrNothing():
            parsed = _counts(inner, settings)
        case Tiers():
            parsed = _tier_input(inner, settings)
        case Deductions():
            parsed = _tally(inner)
        case Reference():
            parsed = _reference(inner, settings)
    inner.done_within()
    return parsed


def _points(unit: _Object, item_id: str, value: object, settings: PointRange) -> ItemInput:
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


def _counts(inner: _Object, settings: AllOrNothing) -> ItemInput:
    keys = (settings.whole.key, settings.part.key)
    whole, part = (inner.count(key) for key in keys)
    if whole is None or part is None:
        return Missing(tuple(key for key, n in zip(keys, (whole, part), strict=True) if n is None))
    if part > whole:
        inner.fault(
            f"{settings.part.key} {part} 多于 {settings.whole.key} {whole}"
            f"（{settings.part.name}不能多于{settings.whole.name}）"
        )
    return Counts(whole, part)


def _tally(inner: _Object) -> ItemInput:
    counts = {rating: inner.count(rating.value) for rating in Rating}
    missing = tuple(rating.value for rating, n in counts.items() if n is None)
    return Missing(missing) if missing else Tally(*(n or 0 for n in counts.values()))


def _reference(inner: _Object, settings: Reference) -> ItemInput:
    value = inner.take("result")
    if value is None:
        return Missing()
    number = read_number(value)
    if number is None or not settings.low <= number <= settings.high:
        allowed = f"{plain(settings.low)} 至 {plain(settings.high)}"
        inner.fault(f"result 应为 {allowed} 的数，不是 {describe(value)}")
        return Missing()
    return number


def _tier_input(inner: _Object, settings: Tiers) -> ItemInput:
    points = _band_points(inner, settings)
    if settings.source is TierSource.MARKS:
        marks = _marks(inner, settings)
        return TierInput(points, marks) if marks or points is not None else Missing()
    counts = [inner.count(field.key) for field in settings.fields]
    known = tuple(count for count in counts if count is not None)
    if len(known) == len(counts):
        return TierInput(points, counts=known)
    if points is not None:
        return TierInput(points)
    pairs = zip(settings.fields, counts, strict=True)
    return Missing(tuple(field.key for field, count in pairs if count is None) if known else ())


def _band_points(inner: _Object, settings: Tiers) -> Decimal | None:
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


def _marks(inner: _Object, settings: Tiers) -> tuple[Decimal, ...]:
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


def _endorsements(unit: _Object, scheme: Scheme) -> tuple[Endorsement, ...] | None:
    bonus = scheme.bonus
    value = unit.take(bonus.id)
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        unit.fault(f"应为列表，不是{describe(value)}", bonus.id)
        return ()
    endorsements = []
    for index, each in enumerate(value, start=1):
        inner = _Object.of(each, unit.unit, bonus.id, unit.faults)
        if inner is None:
            continue
        practice, level = inner.take("practice"), inner.take("level")
        named = isinstance(practice, str) and practice.strip() and _is_clean(practice)
        if not named:
            inner.fault(f"第 {index} 条缺少工作做法的名称（practice），不能是 {describe(practice)}")
        known = isinstance(level, str) and bonus.level(level)
        if not known:
            keys = "、".join(level.key for level in bonus.levels)
            inner.fault(f"第 {index} 条的级别（level）应为 {keys} 之一，不是 {describe(level)}")
        inner.done_within()
        if named and known:
            endorsements.append(Endorsement(str(practice).strip(), str(level)))
    return tuple(endorsements)


def _repeated_units(units: list[UnitInput]) -> list[Fault]:
    seen: dict[str, int] = {}
    for unit in units:
        seen[unit.unit] = seen.get(unit.unit, 0) + 1
    return [Fault(name, "unit", f"有 {n} 个同名单位") for name, n in seen.items() if n > 1]


def _outside_bands(scheme: Scheme, units: list[UnitInput]) -> list[Fault]:
    """Entered points that leave the band which the unit's own marks or counts suggest."""
    faults = []
    for item in scheme.items:
        if not isinstance(item.settings, Tiers):
            continue
        for unit, points, low, high in _entered_and_allowed(item, item.settings, units):
            if not low <= points <= high:
                allowed = plain(low) if low == high else f"{plain(low)}–{plain(high)}"
                reason = f"points {plain(points)} 超出该单位所在方阵的分数（{allowed}）"
                faults.append(Fault(unit, item.id, reason))
    return faults


def _entered_and_allowed(
    item: ScoreItem, settings: Tiers, units: list[UnitInput]
) -> Iterable[tuple[str, Decimal, Decimal, Decimal]]:
    values, entered = {}, {}
    for unit in units:
        entry = unit.items[item.id]
        if isinstance(entry, TierInput):
            value = tier_value(settings, entry)
            if value is not None:
                values[unit.unit] = value
                if entry.points is not None:
                    entered[unit.unit] = entry.points
    found = standings(settings, values)
    for name, points in entered.items():
        standing = found[name]
        if standing.fixed:
            yield name, points, standing.points, standing.points
        else:
            yield name, points, standing.band.low, standing.band.high


def _is_clean(text: str) -> bool:
    return not any(category(symbol) in ("Cc", "Cs", "Zl", "Zp") for symbol in text)


def _one_line(text: str) -> str:
    return "".join(symbol if _is_clean(symbol) else "�" for symbol in text)
