"""得分: a round's scores from its scheme and its inputs; the same inputs give the same scores anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from survey_app.domain.bundle import Bundle
from survey_app.domain.inputs import TierInput, UnitInput
from survey_app.domain.lines import (
    AdjustmentLine,
    ScoreLine,
    bonus_line,
    penalty_line,
    reference_line,
    reference_mean,
    score_line,
)
from survey_app.domain.ranking import ranks
from survey_app.domain.scheme import Answered, Deductions, Kind, Reference, Scheme, ScoreItem, Tiers
from survey_app.domain.statistics import TallyStatistics, rank_ranges, share, tally_statistics
from survey_app.domain.tally import Tally
from survey_app.domain.text import Param, Text
from survey_app.domain.tiers import Standing, standings

_KINDS = list(Kind)
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Response:
    """How many enterprises a unit's library holds, were drawn, reached, and answered; None: not known.

    `rate` is answered of drawn, 0 to 1, to four places.
    """

    frame_size: int | None
    sampled: int | None
    reached: int | None
    answered: int | None
    rate: Decimal | None


@dataclass(frozen=True)
class UnitScore:
    """得分 — a unit's lines in the order of the sheet, and what they add up to.

    `pending` are ids, grouped by the kind of input that lacks. `base` and `total` add up what is known, and
    `provisional` says that something isn't. `broken_promises` is 0 or less. `rank_range` is the best and the
    worst rank of the units that it can't be told apart from (rule: Beside the official score).

    Ranks count the `rank_of` units among which the unit stands: all of the round, or those of its category,
    which `among` then names ("": those without one).
    """

    unit: str
    category: str | None
    lines: tuple[ScoreLine, ...]
    adjustments: tuple[AdjustmentLine, ...]
    pending: tuple[str, ...]
    base: Decimal
    endorsements: Decimal | None
    broken_promises: Decimal | None
    total: Decimal
    indicator: Decimal | None
    indicator_imputed: bool
    statistics: Mapping[str, TallyStatistics]
    response: Response
    response_warnings: tuple[Text, ...]
    size_warning: Text | None = None
    rank: int = 0
    rank_range: tuple[int, int] = (0, 0)
    rank_of: int = 0
    among: str | None = None

    @property
    def provisional(self) -> bool:
        """Whether the total waits for something."""
        return bool(self.pending)

    @property
    def ranked_among(self) -> Text:
        """Among how many units the rank is, and which."""
        params: dict[str, Param] = {"n": self.rank_of}
        if self.among is None:
            return Text("共 %(n)s 个单位", params)
        if not self.among:
            return Text("未分类单位共 %(n)s 个", params)
        params["category"] = Text(self.among.replace("%", "%%"))
        return Text("%(category)s共 %(n)s 个单位", params)

    @property
    def warnings(self) -> tuple[Text, ...]:
        """All that should be known beside the score: of its answers, and of the samples' different sizes."""
        return self.response_warnings + ((self.size_warning,) if self.size_warning else ())

    def line(self, item_id: str) -> ScoreLine:
        """Return the line of an item; raise KeyError when there is none."""
        for line in self.lines:
            if line.item.id == item_id:
                return line
        raise KeyError(item_id)


@dataclass(frozen=True)
class RoundScore:
    """A round's scores, in the order of the bundle; `warnings` are about the round as a whole."""

    scheme: Scheme
    units: tuple[UnitScore, ...]
    warnings: tuple[Text, ...]

    @property
    def provisional(self) -> bool:
        """Whether anything is pending, so that the round can't be finalised."""
        return any(unit.provisional for unit in self.units)

    def unit(self, name: str) -> UnitScore:
        """Return a unit's score; raise KeyError when there is none."""
        for unit in self.units:
            if unit.unit == name:
                return unit
        raise KeyError(name)


def score_round(scheme: Scheme, bundle: Bundle) -> RoundScore:
    """Score every unit of a round, exactly, and rank them by total, provisional ones as they stand.

    Where the scheme ranks within categories, the units without one are a category of their own.
    """
    tiers = {item.id: _standings(item, bundle) for item in scheme.items}
    means = {item.id: _mean(item, bundle) for item in scheme.items}
    scores = [_score_unit(scheme, unit, tiers, means) for unit in bundle.units]
    scores = _ranked(scheme, scores)
    sizes = _sample_sizes(scheme, scores)
    differ = len(set(sizes.values())) > 1
    spread = {"low": min(sizes.values()), "high": max(sizes.values())} if sizes else {}
    units = []
    for score in scores:
        own = None
        if differ and score.unit in sizes:
            own = Text(
                "样本大小不同：本单位 %(own)s，各单位 %(low)s 至 %(high)s；答卷多则扣分机会多，请对照折算分",
                {"own": sizes[score.unit], **spread},
            )
        units.append(replace(score, size_warning=own))
    differing = Text(
        "本轮各单位样本大小不同（%(low)s 至 %(high)s）；答卷多则扣分机会多，请对照折算分", spread
    )
    return RoundScore(scheme, tuple(units), (differing,) if differ else ())


def _ranked(scheme: Scheme, scores: list[UnitScore]) -> list[UnitScore]:
    """The scores with their ranks, each among all or within its category."""
    groups: dict[str | None, list[int]] = {}
    for place, score in enumerate(scores):
        groups.setdefault((score.category or "") if scheme.within else None, []).append(place)
    found = list(scores)
    for among, places in groups.items():
        totals = [scores[place].total for place in places]
        ranges = rank_ranges(totals, [_margin(scheme, scores[place]) for place in places])
        for place, rank, rank_range in zip(places, ranks(totals), ranges, strict=True):
            found[place] = replace(
                scores[place], rank=rank, rank_range=rank_range, rank_of=len(places), among=among
            )
    return found


def _standings(item: ScoreItem, bundle: Bundle) -> dict[str, Standing]:
    if not isinstance(item.settings, Tiers):
        return {}
    entries = {unit.unit: unit.items[item.id] for unit in bundle.units}
    return standings(item.settings, {name: e for name, e in entries.items() if isinstance(e, TierInput)})


def _mean(item: ScoreItem, bundle: Bundle) -> tuple[Decimal | None, int]:
    if not isinstance(item.settings, Reference):
        return None, 0
    results = [entry for unit in bundle.units if isinstance(entry := unit.items[item.id], Decimal)]
    return reference_mean(item.settings, results), len(results)


def _score_unit(
    scheme: Scheme,
    unit: UnitInput,
    tiers: Mapping[str, Mapping[str, Standing]],
    means: Mapping[str, tuple[Decimal | None, int]],
) -> UnitScore:
    lines = tuple(
        score_line(item, unit.items[item.id], tiers[item.id].get(unit.unit))
        if item.counts
        else reference_line(item, unit.items[item.id], *means[item.id])
        for item in scheme.items
    )
    bonus = bonus_line(scheme.bonus, unit.endorsements)
    penalty = penalty_line(scheme.penalty, unit.broken_promises)
    waiting = sorted((line.item for line in lines if line.pending), key=lambda item: _KINDS.index(item.kind))
    base = sum((line.points for line in lines if line.points is not None), _NOTHING)
    total = base + (bonus.points or _NOTHING) + (penalty.points or _NOTHING)
    if scheme.floor is not None:
        total = max(total, scheme.floor)
    if scheme.cap is not None:
        total = min(total, scheme.cap)
    reference = next((line for line in lines if not line.item.counts), None)
    statistics = _statistics(scheme, unit)
    response = _response(scheme, unit)
    return UnitScore(
        unit=unit.unit,
        category=unit.category,
        lines=lines,
        adjustments=(bonus, penalty),
        pending=(
            *(item.id for item in waiting),
            *(line.rule.id for line in (bonus, penalty) if line.points is None),
        ),
        base=base,
        endorsements=bonus.points,
        broken_promises=penalty.points,
        total=total,
        indicator=reference.reference if reference else None,
        indicator_imputed=reference.imputed if reference else False,
        statistics=statistics,
        response=response,
        response_warnings=_warnings(scheme, response),
    )


def _statistics(scheme: Scheme, unit: UnitInput) -> dict[str, TallyStatistics]:
    found = {}
    for item in scheme.items:
        settings, tally = item.settings, unit.items[item.id]
        if isinstance(settings, Answered) and isinstance(tally, Tally):
            population = unit.frame_size if settings.from_library else None
            found[item.id] = tally_statistics(item.max, settings, tally, population)
    return found


def _response(scheme: Scheme, unit: UnitInput) -> Response:
    item = scheme.surveyed
    tally = unit.items[item.id] if item else None
    answered = tally.n if isinstance(tally, Tally) else None
    rate = share(answered, unit.sampled) if answered is not None and unit.sampled else None
    return Response(unit.frame_size, unit.sampled, unit.reached, answered, rate)


def _warnings(scheme: Scheme, response: Response) -> tuple[Text, ...]:
    answered, sampled = response.answered, response.sampled
    if answered is None:
        return ()
    warnings = []
    if answered < scheme.few_answers:
        warnings.append(
            Text(
                "只有 %(answered)s 份答卷，不足 %(few)s 份，结果偶然性大",
                {"answered": answered, "few": scheme.few_answers},
            )
        )
    if sampled and answered < scheme.low_response_rate * sampled:
        warnings.append(
            Text(
                "抽取 %(sampled)s 户，只有 %(answered)s 户作答，不到 %(percent)s%%",
                {"sampled": sampled, "answered": answered, "percent": scheme.low_response_rate * 100},
            )
        )
    return tuple(warnings)


def _sample_sizes(scheme: Scheme, scores: list[UnitScore]) -> dict[str, int]:
    """The enterprises drawn for each unit or, where that is not known of all of them, the answers.

    None where the number of answers makes no difference to the points.
    """
    surveyed = scheme.surveyed
    if surveyed is None or not isinstance(surveyed.settings, Deductions):
        return {}
    responses = {score.unit: score.response for score in scores if score.response.answered is not None}
    drawn = {name: r.sampled for name, r in responses.items() if r.sampled is not None}
    if len(drawn) == len(responses):
        return drawn
    return {name: r.answered for name, r in responses.items() if r.answered is not None}


def _margin(scheme: Scheme, score: UnitScore) -> tuple[Decimal, Decimal]:
    """What the interval of the share of 满意 leaves open below and above a total, in points.

    That is the distance to either end of the interval times the item's maximum. Without answers there is no
    interval and no margin.
    """
    item = scheme.surveyed
    found = score.statistics.get(item.id) if item else None
    if item is None or found is None or found.interval is None or found.share is None:
        return _NOTHING, _NOTHING
    return (
        max(_NOTHING, item.max * (found.share - found.interval.low)),
        max(_NOTHING, item.max * (found.interval.high - found.share)),
    )
