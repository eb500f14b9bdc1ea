"""评分方案 in words: how each item's points come about, as people read a plan."""

from fractions import Fraction

from survey_app.domain.scheme import (
    AllOrNothing,
    Average,
    Band,
    Bonus,
    Counting,
    Deductions,
    Partial,
    Penalty,
    PointRange,
    Reference,
    Scheme,
    ScoreItem,
    Tiers,
    TierSource,
    WhenNone,
)
from survey_app.domain.text import Param, Text, joined


def item_rules(item: ScoreItem) -> list[Text]:
    """Return the sentences that say how an item's points come about, settings and all."""
    match item.settings:
        case AllOrNothing() as settings:
            return _all_or_nothing(item, settings)
        case PointRange() as settings:
            params: dict[str, Param] = {"low": settings.low, "high": settings.high, "step": settings.step}
            return [Text("人工填报 %(low)s 至 %(high)s 分，每档 %(step)s 分", params)]
        case Tiers() as settings:
            return _tiers(settings)
        case Deductions() as settings:
            return _deductions(item, settings)
        case Average() as settings:
            return _average(item, settings)
        case Reference() as settings:
            return _reference(settings)
    raise TypeError(f"{item.id}: no words for {item.kind}")


def bonus_rules(bonus: Bonus) -> list[Text]:
    """Return the sentences that say what is added, and how often for one practice."""
    terms = tuple(
        Text("%(level)s +%(points)s", {"level": level.name, "points": level.points}) for level in bonus.levels
    )
    rules = [Text("每项做法按批示级别加分：%(terms)s", {"terms": joined(terms)})]
    if bonus.counting is Counting.HIGHEST:
        rules.append(Text("同一做法只按最高级别加一次"))
    else:
        rules.append(Text("同一做法的每次批示都加分"))
    if bonus.cap is not None:
        rules.append(Text("合计最多加 %(cap)s 分", {"cap": bonus.cap}))
    return rules


def penalty_rules(penalty: Penalty) -> list[Text]:
    """Return the sentences that say what is taken off."""
    rules = [Text("经查实，每次扣 %(points)s 分", {"points": penalty.points})]
    if penalty.cap is not None:
        rules.append(Text("合计最多扣 %(cap)s 分", {"cap": penalty.cap}))
    return rules


def total_rules(scheme: Scheme) -> list[Text]:
    """Return the sentences about the total, the ranks and the answers."""
    rules = [Text("总分 = 各项得分之和（最多 %(max)s 分）+ 加分 − 减分", {"max": scheme.max})]
    if scheme.floor is not None:
        rules.append(Text("总分不低于 %(floor)s", {"floor": scheme.floor}))
    if scheme.cap is not None:
        rules.append(Text("总分不高于 %(cap)s", {"cap": scheme.cap}))
    if scheme.floor is None and scheme.cap is None:
        rules.append(Text("总分不封顶，也不保底"))
    rules.append(
        Text("各单位在所属类别内排名；总分相同名次相同，下一名次顺延")
        if scheme.within
        else Text("全部单位一起排名；总分相同名次相同，下一名次顺延")
    )
    rules.append(Text("任何一项缺少数据即为待定，不猜、不按满分计；有待定项的一轮不能核定"))
    rules.append(
        Text(
            "截止前打开的问卷，截止后 %(minutes)s 分钟内交来仍然有效；每户企业对一个单位只计一份，以先到的为准",
            {"minutes": scheme.grace_minutes},
        )
    )
    rules.append(
        Text(
            "为保护答卷的企业，不足 %(n)s 份的份数不向被评单位公布，得分和名次照常公布",
            {"n": scheme.smallest_cell},
        )
    )
    if scheme.draw.rest_quarters:
        rules.append(
            Text("抽样时，同一调查最近 %(n)s 个季度问过的企业不再抽", {"n": scheme.draw.rest_quarters})
        )
    if scheme.draw.units_cap:
        rules.append(
            Text("抽样时，一户企业在一轮的一项调查里最多被问 %(n)s 个单位", {"n": scheme.draw.units_cap})
        )
    return rules


def _all_or_nothing(item: ScoreItem, settings: AllOrNothing) -> list[Text]:
    names: dict[str, Param] = {"whole": settings.whole.name, "part": settings.part.name, "max": item.max}
    rules = [Text("%(part)s等于%(whole)s，得 %(max)s 分", names)]
    if settings.partial is Partial.PROPORTIONAL:
        rules.append(Text("没有全部完成的，按比例计，保留一位小数"))
    else:
        rules.append(Text("没有全部完成的，不得分"))
    if settings.when_none is WhenNone.PENDING:
        rules.append(Text("%(whole)s为 0 时待定，不按满分计", names))
    else:
        rules.append(Text("%(whole)s为 0 时得 %(max)s 分", names))
    return rules


def _tiers(settings: Tiers) -> list[Text]:
    bands = tuple(
        Text("%(name)s %(low)s–%(high)s 分", {"name": band.name, "low": band.low, "high": band.high})
        for band in settings.bands
    )
    rules = [Text("分 %(n)s 个方阵：%(bands)s", {"n": len(bands), "bands": joined(bands)})]
    rules.append(_value_rule(settings))
    rules += [_cut_rule(cut, band) for cut, band in zip(settings.cuts, settings.bands, strict=False)]
    rules.append(
        Text(
            "同一方阵内，各个不同数值从方阵最高分到最低分等距取分，保留一位小数；数值相同得分相同，并列的列较高方阵"
        )
    )
    if settings.zero_points is not None:
        rules.append(
            Text(
                "数值为 0 的固定列%(band)s，得 %(points)s 分",
                {"band": settings.bands[-1].name, "points": settings.zero_points},
            )
        )
    rules.append(
        Text("以上为建议分；可以在本方阵的分数之内另行核定，每档 %(step)s 分", {"step": settings.step})
    )
    return rules


def _value_rule(settings: Tiers) -> Text:
    if settings.source is TierSource.MARKS:
        low, high = settings.mark_range
        return Text("按各位评分的平均数排队，每个评分 %(low)s 至 %(high)s 分", {"low": low, "high": high})
    terms = tuple(
        Text("%(name)s × %(weight)s", {"name": field.name, "weight": field.weight})
        for field in settings.fields
    )
    return Text("按数量合计排队：%(terms)s", {"terms": joined(terms)})


def _cut_rule(cut: Fraction, band: Band) -> Text:
    return Text(
        "名次在前 %(top)s/%(bottom)s 以内（向上取整）的列入%(band)s",
        {"top": cut.numerator, "bottom": cut.denominator, "band": band.name},
    )


def _deductions(item: ScoreItem, settings: Deductions) -> list[Text]:
    terms = tuple(
        Text(
            "每份%(level)s扣 %(points)s 分",
            {"level": level.name, "points": settings.per.get(level.key, 0)},
        )
        if settings.per.get(level.key)
        else Text("%(level)s不扣分", {"level": level.name})
        for level in settings.levels
    )
    rules = [Text("满分 %(max)s，%(terms)s", {"max": item.max, "terms": joined(terms)})]
    if settings.floor is not None:
        rules.append(Text("扣到 %(floor)s 分为止", {"floor": settings.floor}))
    rules.append(Text("没有一份答卷时待定，不按满分计；没有作答的企业不扣分"))
    return rules


def _average(item: ScoreItem, settings: Average) -> list[Text]:
    terms = tuple(
        Text("%(level)s %(share)s", {"level": level.name, "share": settings.share.get(level.key, 0)})
        for level in settings.levels
    )
    return [
        Text(
            "满分 %(max)s 乘以各份答卷折算值的平均数：%(terms)s",
            {"max": item.max, "terms": joined(terms)},
        ),
        Text("保留 %(places)s 位小数，四舍五入；答卷多少不影响得分", {"places": settings.places}),
        Text("没有一份答卷时待定，不按满分计；没有作答的企业不扣分"),
    ]


def _reference(settings: Reference) -> list[Text]:
    rules = [Text("只列出结果，不计分")]
    if settings.impute:
        rules.append(
            Text(
                "没有参加评价的单位按已评价单位的平均数列出，保留 %(places)s 位小数",
                {"places": settings.places},
            )
        )
    return rules
