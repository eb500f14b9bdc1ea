"""Reading a round's inputs from outside data, with every fault named; nothing in it can raise."""

from collections.abc import Iterable
from dataclasses import dataclass

from survey_app.domain.inputs import TierInput, UnitInput
from survey_app.domain.item_inputs import read_endorsements, read_item
from survey_app.domain.json_object import Fault, JsonObject
from survey_app.domain.points import describe, plain
from survey_app.domain.scheme import Scheme, Tiers
from survey_app.domain.tally import Tally
from survey_app.domain.tiers import standings

_WHOLE = "整份数据"


@dataclass(frozen=True)
class Bundle:
    """A round's inputs, ready to be scored; `round` is the quarter's name, which the score doesn't need."""

    scheme: str
    round: str | None
    units: tuple[UnitInput, ...]


def parse_bundle(obj: object, scheme: Scheme) -> tuple[Bundle | None, list[Fault]]:
    """Return the bundle that decoded JSON holds, or None and every fault found.

    A key that is absent, or null, is not known: its item becomes pending, which is no fault. Counts are whole
    and not negative, points lie in their range and on its steps. Points of a tiered item lie within a band;
    where marks or counts are given too, within the band that they suggest.
    """
    faults: list[Fault] = []
    top = JsonObject.of(obj, _WHOLE, "bundle", faults)
    if top is None:
        return None, faults
    key = top.take("scheme")
    if key != scheme.key:
        found = "缺少" if key is None else f"是{describe(key)}"
        top.fault(f"{found}，应为「{scheme.key}」", "scheme")
    name = top.text("round")
    listed = top.take("units")
    top.refuse_repeated()
    top.refuse_unread("不认识的键，只有 scheme、round、units")
    units: list[UnitInput] = []
    if not isinstance(listed, list | tuple):
        top.fault("缺少" if listed is None else f"应为单位的列表，不是{describe(listed)}", "units")
    elif not listed:
        top.fault("列表是空的，至少要有一个单位", "units")
    else:
        units = [unit for i, each in enumerate(listed, 1) if (unit := _unit(each, i, scheme, faults))]
        faults.extend(_repeated_units(units))
    if not faults:  # Where a unit stands can only be told from inputs that are right.
        faults.extend(_outside_bands(scheme, units))
    return (None, faults) if faults else (Bundle(scheme.key, name, tuple(units)), [])


def _unit(value: object, index: int, scheme: Scheme, faults: list[Fault]) -> UnitInput | None:
    unit = JsonObject.of(value, f"第 {index} 个单位", "unit", faults)
    if unit is None:
        return None
    name = unit.text("unit")
    if name is not None:
        unit.unit = name
    elif unit.values.get("unit") is None:
        unit.fault("缺少单位名称")
    unit.refuse_repeated()
    parsed = UnitInput(
        unit=name or "",
        items={item.id: read_item(unit, item) for item in scheme.items},
        endorsements=read_endorsements(unit, scheme.bonus),
        broken_promises=unit.count(scheme.penalty.id),
        frame_size=unit.count("frame_size"),
        sampled=unit.count("sampled"),
        reached=unit.count("reached"),
        category=unit.text("category"),
    )
    unit.refuse_unread(f"方案 {scheme.key} 没有这个评分项")
    for key, reason in _contradictions(scheme, parsed):
        unit.fault(reason, key)
    return parsed if name is not None else None


def _contradictions(scheme: Scheme, unit: UnitInput) -> Iterable[tuple[str, str]]:
    """What can't be true of the numbers of enterprises: key and reason."""
    tally = unit.items[scheme.surveyed.id] if scheme.surveyed else None
    answered = tally.n if isinstance(tally, Tally) else None
    # An enterprise may answer by its link without anybody having reached it: `reached` bounds no answers.
    for key, inner, number, outer, limit in (
        ("sampled", "抽取企业", unit.sampled, "样本库企业", unit.frame_size),
        ("reached", "联系到的企业", unit.reached, "抽取企业", unit.sampled),
        ("reached", "联系到的企业", unit.reached, "样本库企业", unit.frame_size),
        ("sampled", "答卷", answered, "抽取企业", unit.sampled),
        ("frame_size", "答卷", answered, "样本库企业", unit.frame_size),
    ):
        if number is not None and limit is not None and number > limit:
            yield key, f"{inner} {number} 多于{outer} {limit}"


def _repeated_units(units: list[UnitInput]) -> list[Fault]:
    seen: dict[str, int] = {}
    for unit in units:
        seen[unit.unit] = seen.get(unit.unit, 0) + 1
    return [Fault(name, "unit", f"有 {n} 个同名单位") for name, n in seen.items() if n > 1]


def _outside_bands(scheme: Scheme, units: list[UnitInput]) -> Iterable[Fault]:
    """Entered points that leave the band which the unit's own marks or counts suggest."""
    for item in scheme.items:
        settings = item.settings
        if not isinstance(settings, Tiers):
            continue
        entries = {unit.unit: entry for unit in units if isinstance(entry := unit.items[item.id], TierInput)}
        for name, standing in standings(settings, entries).items():
            points = entries[name].points
            low, high = standing.allowed
            if points is not None and not low <= points <= high:
                allowed = plain(low) if low == high else f"{plain(low)}–{plain(high)}"
                reason = f"points {plain(points)} 超出该单位所在{standing.band.name}的分数（{allowed}）"
                yield Fault(name, item.id, reason)
