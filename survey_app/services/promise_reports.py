"""承诺对照: what a unit has promised beside what its answers say, for its report; never part of a score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disclosure import is_open
from survey_app.domain.instrument import Instrument
from survey_app.domain.points import round_half_up
from survey_app.domain.promise import (
    ENOUGH,
    KEPT_WELL,
    MATTER,
    PROMISE_KINDS,
    Comparison,
    Kept,
    Promise,
    compare,
)
from survey_app.domain.text import Name, Text
from survey_app.models.service_promise import ServicePromise
from survey_app.services.promises import matters, promises_of

NO_PROMISE = Text("本单位各事项的承诺时限还没有录入，用时暂不与承诺时限对照。")
NOTHING_COMPARED = Text("还没有可以与承诺对照的答卷。")
_ALL_MATTERS = Text("有承诺的各事项")


@dataclass(frozen=True)
class PromiseRow:
    """A kind of promise, of all matters together (`promised` is None) or of one, and how it was kept."""

    title: Name
    unit: str
    matter: Name | Text
    promised: Decimal | None
    kept: Kept

    @property
    def poor(self) -> bool:
        """Whether enough answers say that it was kept too seldom."""
        return self.kept.n >= ENOUGH and self.kept.share is not None and self.kept.share < KEPT_WELL


@dataclass(frozen=True)
class PromiseReport:
    """A unit's promises beside its answers: `rows` with numbers, `words` where the unit may not see them.

    `entered_at` is when a promise was last entered, None where the unit has none; `hidden` says that numbers
    were left out, so as to protect who answered.
    """

    rows: tuple[PromiseRow, ...] = ()
    words: tuple[Text, ...] = ()
    entered_at: datetime | None = None
    hidden: bool = False


def promise_method(entered_at: datetime) -> Text:
    """Return what is compared, and with promises of which day: a report isn't frozen with the score."""
    return Text(
        "只对照说明了办理事项、并且该事项有承诺的答卷；答卷不足 %(n)s 份的事项不单列。"
        "承诺最近录入于 %(day)s，各季度都按现行的承诺对照。对照只供改进，不计入得分。",
        {"n": ENOUGH, "day": f"{entered_at.astimezone(COUNTY_ZONE):%Y-%m-%d}"},
    )


def promise_report(
    session: Session, unit_id: int, instrument: Instrument, answers: Sequence[Mapping[str, Any]]
) -> PromiseReport:
    """Return a unit's promises beside the details of its answers, with every number."""
    rows, found = _compared(session, unit_id, instrument, answers)
    return PromiseReport(
        tuple(row for each in found for row in _rows(instrument, each)),
        entered_at=max((row.entered_at for row in rows), default=None),
    )


def own_promise_report(
    session: Session,
    unit_id: int,
    instrument: Instrument,
    answers: Sequence[Mapping[str, Any]],
    numbers: bool,
    smallest: int,
) -> PromiseReport:
    """Return the same for the unit itself; `numbers`: whether its answers by level are open.

    A kind's numbers are shown where none of them could tell who answered, by matter only where that holds of
    every matter, since one left out would be the rest of the sum. Otherwise a word says on which side most are.
    """
    rows, found = _compared(session, unit_id, instrument, answers)
    shown: list[PromiseRow] = []
    words: list[Text] = []
    hidden = False
    for each in found:
        whole, *single = _rows(instrument, each)
        if numbers and _is_open(each, smallest):
            shown += [whole, *single] if _is_open_by_matter(each, smallest) else [whole]
            hidden |= not _is_open_by_matter(each, smallest)
            continue
        hidden = True
        if min(whole.kept.within, whole.kept.beyond) >= smallest:
            words.append(_word(whole))
    entered_at = max((row.entered_at for row in rows), default=None)
    return PromiseReport(tuple(shown), tuple(words), entered_at, hidden)


def promise_advice(report: PromiseReport) -> list[Text]:
    """Return what was kept too seldom, in sentences: of all matters together or, where that is well, of single ones."""
    poor = [row for row in report.rows if row.poor]
    whole = {row.title for row in poor if row.promised is None}
    return [
        Text(
            "%(title)s（%(matter)s）：%(n)s 份答卷中 %(within)s 份在承诺以内，占 %(share)s%%，不到 80%%，请逐个环节查找原因。",
            {
                "title": row.title,
                "matter": row.matter,
                "n": row.kept.n,
                "within": row.kept.within,
                "share": round_half_up((row.kept.share or Decimal(0)) * 100, 1),
            },
        )
        for row in poor
        if row.promised is None or row.title not in whole
    ]


def _compared(
    session: Session, unit_id: int, instrument: Instrument, answers: Sequence[Mapping[str, Any]]
) -> tuple[list[ServicePromise], list[Comparison]]:
    """The unit's promises, and the comparisons in which there is an answer to compare."""
    asked = {question.id for question in instrument.questions}
    rows = {key: row for key, row in promises_of(session, unit_id).items() if row.promise != Promise()}
    if MATTER not in asked:
        return list(rows.values()), []
    promises = {key: row.promise for key, row in rows.items()}
    found = [compare(kind, promises, answers) for kind in PROMISE_KINDS if kind.question in asked]
    return list(rows.values()), [each for each in found if each.overall.n]


def _rows(instrument: Instrument, found: Comparison) -> list[PromiseRow]:
    """All matters together, then each of those that enough answers are about."""
    title, unit, names = instrument.question(found.kind.question).label, found.kind.measure.unit, matters()
    return [
        PromiseRow(title, unit, _ALL_MATTERS, None, found.overall),
        *(
            PromiseRow(title, unit, names[key], promised, kept)
            for key, promised, kept in found.matters
            if kept.n >= ENOUGH
        ),
    ]


def _is_open(found: Comparison, smallest: int) -> bool:
    cells = {
        "within": found.overall.within,
        "beyond": found.overall.beyond,
        "unpromised": found.unpromised,
        "silent": found.silent,
    }
    return is_open(cells, smallest)


def _is_open_by_matter(found: Comparison, smallest: int) -> bool:
    return all(
        is_open({"within": kept.within, "beyond": kept.beyond}, smallest) for _, _, kept in found.matters
    )


def _word(row: PromiseRow) -> Text:
    if row.kept.within > row.kept.beyond:
        return Text("%(title)s：多数企业的情况在承诺以内。", {"title": row.title})
    if row.kept.within < row.kept.beyond:
        return Text("%(title)s：多数企业的情况超出了承诺。", {"title": row.title})
    return Text("%(title)s：在承诺以内和超出承诺的企业一样多。", {"title": row.title})
