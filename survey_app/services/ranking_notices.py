"""通报: the notice of a quarter's ranking, its sentences made of the round's own numbers."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from sqlalchemy.orm import Session

from survey_app.domain.document import Align, Block, Cell, Document, Form, Issuer, Paragraph, Style, Table
from survey_app.domain.official_sheet import ranking, tied, unclear
from survey_app.domain.points import plain, round_half_up
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.scheme import Answered, ScoreItem
from survey_app.domain.scoring import UnitScore
from survey_app.domain.statistics import share
from survey_app.domain.tally import RatingLevel
from survey_app.models.round import Round
from survey_app.schemes.wording import load_wording
from survey_app.services.document_marks import correction_text, day_text, moment_text, stamp, typeset
from survey_app.services.document_workbooks import tables_of, workbook_of
from survey_app.services.score_sheets import draft_mark
from survey_app.services.scores import RoundResult

_ENDS = 3  # so many places at the top and at the bottom are named
_MOST_NAMED = 6  # in a sentence; more are counted
_ORDINALS = "一二三四五六七八九"
_WIDTHS = (19, 28, 23, 14, 11, 11, 18)
_HEADINGS = ("名次", "责任单位", "类别", "基础分", "加分", "减分", "总分")


def notice_document(session: Session, round_: Round, result: RoundResult, now: datetime) -> Document:
    """Return the notice of a round's ranking; `now` is the moment of a result that is still live."""
    wording = load_wording(round_.scheme_key)
    quarter = parse_quarter(round_.quarter).title
    as_of = result.frozen_at or now
    mark = draft_mark(round_, result)
    opening = (
        f"{wording.basis}，我办会同有关单位对 {len(result.score.units)} 个责任单位{quarter}的政务服务效能"
        f"进行了监测，数据截至{moment_text(as_of)}。现将结果通报如下。"
    )
    parts = [("企业回访情况", _fieldwork(result)), *_ratings(result), ("得分情况", _totals(result))]
    parts += [("需要说明的情况", notes)] if (notes := _notes(result)) else []
    parts.append(("有关要求", [wording.request]))
    blocks: list[Block] = [Paragraph(wording.addressees, Style.ADDRESSEE), Paragraph(typeset(opening))]
    if correction := correction_text(session, round_, result):
        blocks.append(Paragraph(typeset(correction)))
    for ordinal, (heading, sentences) in zip(_ORDINALS, parts, strict=False):
        blocks.append(Paragraph(f"{ordinal}、{heading}", Style.HEADING))
        blocks += [Paragraph(typeset(sentence)) for sentence in sentences]
    blocks.append(Paragraph(f"附件：{quarter}政务服务效能监测得分排名表"))
    published = result.version.published_at if result.version else None
    blocks.append(Issuer(wording.issuer, day_text(published)))
    blocks.append(_table(result, f"附件　{quarter}政务服务效能监测得分排名表"))
    return Document(
        title=f"关于{quarter}政务服务效能\n监测结果的通报",
        form=Form.LETTER,
        blocks=tuple(blocks),
        stamp=stamp(result),
        as_of=as_of,
        mark=str(mark) if mark else None,
    )


def notice_workbook(document: Document, result: RoundResult) -> bytes:
    """Return the tables of a notice as an .xlsx: the ranking, and of all units together the answers and the calls.

    Nothing in it is of a single unit but its ranking: the notice goes to all of them.
    """
    [(_, table)] = tables_of(document)
    tables = [("得分排名", table)]
    if ratings := _rating_rows(result):
        tables.append(
            ("评价情况", Table((3, 2, 2, 2), (_head(("评分项", "评价", "份数", "占比")),), ratings))
        )
    return workbook_of(document, [*tables, ("企业回访情况", _fieldwork_table(result))])


def _rating_rows(result: RoundResult) -> tuple[tuple[Cell, ...], ...]:
    rows = []
    for item in result.score.scheme.items:
        counts = _counts(result, item)
        total = sum(number for _, number in counts)
        for place, (level, number) in enumerate(counts if total else ()):
            first = (Cell(str(item.title), rows=len(counts)),) if place == 0 else ()
            figures = (str(level.name), str(number), _percent(number, total))
            rows.append((*first, *(Cell(text, Align.CENTRE) for text in figures)))
    return tuple(rows)


def _fieldwork_table(result: RoundResult) -> Table:
    responses = [score.response for score in result.score.units]
    sums = [
        sum(getattr(each, name) or 0 for each in responses)
        for name in ("frame_size", "sampled", "reached", "answered")
    ]
    figures = (*map(str, sums), _percent(sums[3], sums[1]))
    heads = ("样本库（户次）", "抽取", "联系到", "作答", "应答率")
    return Table((1, 1, 1, 1, 1), (_head(heads),), (tuple(Cell(text, Align.CENTRE) for text in figures),))


def _head(names: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(Cell(name, Align.CENTRE, strong=True) for name in names)


def _fieldwork(result: RoundResult) -> list[str]:
    """How many enterprises were drawn, reached and answered; one counts once for each unit it is asked about."""
    responses = [score.response for score in result.score.units]
    sampled = sum(each.sampled or 0 for each in responses)
    if not sampled:
        return ["本季度没有从样本库抽取企业。"]
    frame = sum(each.frame_size or 0 for each in responses)
    reached = sum(each.reached or 0 for each in responses)
    answered = sum(each.answered or 0 for each in responses)
    smallest = min(
        (each for each in result.score.units if each.response.rate is not None), key=_rate, default=None
    )
    sentences = [
        f"本季度从各责任单位样本库（共 {frame} 户次）中随机抽取企业 {sampled} 户次，联系到 {reached} 户次，"
        f"作答 {answered} 户次，应答率 {_percent(answered, sampled)}。"
        "同一企业就几个单位接受回访的，按单位分别计数。"
    ]
    if smallest is not None and len(result.score.units) > 1:
        sentences[0] += f"各单位应答率最低为 {_rounded(_rate(smallest) * 100)}%。"
    return sentences


def _ratings(result: RoundResult) -> list[tuple[str, list[str]]]:
    """What the answers say, item by item: how many were counted, and the share of each level."""
    parts = []
    for item in result.score.scheme.items:
        counts = _counts(result, item)
        total = sum(number for _, number in counts)
        if not total:
            continue
        levels = "；".join(
            f"{level.name} {number} 份，占 {_percent(number, total)}" for level, number in counts
        )
        units = sum(1 for data in result.bundle["units"] if data.get(item.id))
        parts.append((f"{item.title}情况", [f"对 {units} 个责任单位的有效评价共 {total} 份，其中{levels}。"]))
    return parts


def _totals(result: RoundResult) -> list[str]:
    ordered = ranking(result.score.units)
    groups = [list(group) for _, group in groupby(ordered, key=lambda score: score.among)]
    sentences = ["名次按单位类别分别排列。"] if result.score.scheme.within else []
    for group in groups:
        sentences += _group_totals(group)
    if adjusted := _adjustments(ordered):
        sentences.append(adjusted)
    return sentences


def _group_totals(ordered: Sequence[UnitScore]) -> list[str]:
    """What the totals of units that are ranked with each other say, best first."""
    among = "" if ordered[0].among is None else f"{ordered[0].among or '未分类'}的"
    units = f"{among} {len(ordered)} 个责任单位".strip()
    if len(ordered) == 1:
        return [f"{ordered[0].unit}总分 {plain(ordered[0].total)} 分。"]
    if ordered[0].total == ordered[-1].total:
        return [f"{units}总分相同，均为 {plain(ordered[0].total)} 分。"]
    mean = sum((Fraction(score.total) for score in ordered), Fraction(0)) / len(ordered)
    sentences = [
        f"{units}平均 {plain(round_half_up(mean, 2))} 分，最高 {plain(ordered[0].total)} 分，"
        f"最低 {plain(ordered[-1].total)} 分。"
    ]
    if len(ordered) > 2 * _ENDS:
        top = [score for score in ordered if score.rank <= _ENDS]
        bottom = [score for score in ordered if score.total <= ordered[-_ENDS].total]
        if not {each.unit for each in top} & {each.unit for each in bottom}:
            sentences += [
                f"{among}单位中，总分居前的是：{_named(top)}。"
                if among
                else f"总分居前的是：{_named(top)}。",
                f"总分居后的是：{_named(bottom)}。",
            ]
    return sentences


def _adjustments(scores: Sequence[UnitScore]) -> str:
    raised = [score.endorsements for score in scores if score.endorsements]
    lowered = [score.broken_promises for score in scores if score.broken_promises]
    parts = []
    if raised:
        parts.append(
            f"{len(raised)} 个单位因工作做法被批示推广获得加分，共 {plain(sum(raised, Decimal(0)))} 分"
        )
    if lowered:
        parts.append(
            f"{len(lowered)} 个单位因政策措施不兑现经查实被扣分，共 {plain(-sum(lowered, Decimal(0)))} 分"
        )
    return "；".join(parts) + "。" if parts else ""


def _notes(result: RoundResult) -> list[str]:
    """What must be known to read the ranking rightly."""
    sentences = [f"{warning}。" for warning in result.score.warnings]
    few = [score.unit for score in result.score.units if score.response_warnings]
    if few:
        named = "、".join(few) if len(few) <= _MOST_NAMED else f"{len(few)} 个单位"
        sentences.append(
            f"{named}答卷较少或应答率偏低（详见各单位评分表），企业满意度得分的偶然性较大，请谨慎比较。"
        )
    close = sum(1 for score in result.score.units if unclear(score))
    if close:
        sentences.append(
            f"按企业满意度答卷的 95% 置信区间，有 {close} 个单位的名次与相近的单位没有明显差别，"
            "对名次相近的单位不宜过度比较。"
        )
    if result.pending:
        missing = sum(len(titles) for _, titles in result.pending)
        sentences.append(
            f"{len(result.pending)} 个单位还有待定项，共 {missing} 项，其总分和名次只按已知部分计算，是暂时的。"
        )
    return sentences


def _table(result: RoundResult, caption: str) -> Table:
    """The ranking; where units are ranked within categories, each of these under a row with its name."""
    ordered = ranking(result.score.units)
    equal = tied(ordered)
    rows: list[tuple[Cell, ...]] = []
    for among, group in groupby(ordered, key=lambda score: score.among):
        units = list(group)
        if among is not None:
            name = typeset(units[0].ranked_among)
            rows.append((Cell(name, Align.CENTRE, columns=len(_WIDTHS), strong=True),))
        rows += [_ranked(score, score.unit in equal) for score in units]
    return Table(_WIDTHS, (_head(_HEADINGS),), tuple(rows), caption, new_page=True)


def _ranked(score: UnitScore, shares: bool) -> tuple[Cell, ...]:
    return (
        Cell(f"{score.rank}（并列）" if shares else str(score.rank), Align.CENTRE),
        Cell(score.unit),
        Cell(score.category or "—", Align.CENTRE),
        Cell(plain(score.base), Align.CENTRE),
        Cell(_known(score.endorsements), Align.CENTRE),
        Cell(_known(score.broken_promises), Align.CENTRE),
        Cell(_total(score), Align.CENTRE, strong=True),
    )


def _total(score: UnitScore) -> str:
    return f"{plain(score.total)}（缺{len(score.pending)}项）" if score.pending else plain(score.total)


def _counts(result: RoundResult, item: ScoreItem) -> list[tuple[RatingLevel, int]]:
    """The round's answers of each level, as they were scored; none where no answers decide the item."""
    if not isinstance(item.settings, Answered):
        return []
    tallies = [data.get(item.id) or {} for data in result.bundle["units"]]
    return [
        (level, sum(int(tally.get(level.key) or 0) for tally in tallies)) for level in item.settings.levels
    ]


def _named(scores: Sequence[UnitScore]) -> str:
    return "、".join(f"{score.unit}（{plain(score.total)} 分）" for score in scores)


def _rate(score: UnitScore) -> Decimal:
    return score.response.rate or Decimal(0)


def _percent(part: int, whole: int) -> str:
    found = share(part, whole)
    return "—" if found is None else f"{_rounded(found * 100)}%"


def _rounded(percent: Decimal) -> str:
    return plain(round_half_up(percent, 1))


def _known(points: Decimal | None) -> str:
    return "待定" if points is None else plain(points)
