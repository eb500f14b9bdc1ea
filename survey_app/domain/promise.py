"""承诺时限: what a unit has promised for a matter, as people type it, and how many answers it was kept for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from survey_app.domain.json_object import is_clean
from survey_app.domain.measures import MEASURES, Measure, number_of
from survey_app.domain.statistics import share
from survey_app.domain.text import N_

MATTER = "matter"  # the question that names what an enterprise came for
ENOUGH = 5  # a share of fewer answers says nothing of a matter
KEPT_WELL = Decimal("0.8")
LONGEST_SOURCE = 200
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True)
class PromiseKind:
    """承诺的种类 — a number that can be promised: its key, the question that it is compared with, its bounds."""

    key: str
    question: str
    name: str
    most: int
    decimals: int

    @property
    def measure(self) -> Measure:
        """What the answers say of it."""
        return next(each for each in MEASURES if each.question == self.question)


PROMISE_KINDS = (
    PromiseKind("days", "duration", N_("承诺时限（工作日）"), 1000, 1),
    PromiseKind("documents", "documents", N_("材料件数"), 99, 0),
    PromiseKind("fee", "cost", N_("收费标准（元）"), 10**8, 2),
)


@dataclass(frozen=True)
class Promise:
    """承诺 — what a unit has promised for a matter, None where it promised nothing, and where that is published."""

    days: Decimal | None = None
    documents: Decimal | None = None
    fee: Decimal | None = None
    source: str = ""

    def limit(self, kind: PromiseKind) -> Decimal | None:
        """Return what is promised of a kind."""
        return {"days": self.days, "documents": self.documents, "fee": self.fee}[kind.key]


def read_promise(typed: Mapping[str, str]) -> tuple[Promise, list[tuple[str, str]]]:
    """Return what was typed for a matter, and its faults as pairs of a key and a sentence.

    The keys are those of PROMISE_KINDS and `source`; 0 days is 当场办结, an empty field promises nothing.
    """
    faults: list[tuple[str, str]] = []
    limits = {kind.key: _limit(kind, typed.get(kind.key, ""), faults) for kind in PROMISE_KINDS}
    source = " ".join(typed.get("source", "").split())
    given = any(typed.get(kind.key, "").strip() for kind in PROMISE_KINDS)
    if len(source) > LONGEST_SOURCE:
        faults.append(("source", f"公布出处最多 {LONGEST_SOURCE} 个字，现在有 {len(source)} 个，请缩短"))
    elif not is_clean(source):
        faults.append(("source", "公布出处里有不能显示的字符，请删去后重新填写"))
    elif given and not source:
        faults.append(("source", "请填写承诺公布在哪里，如办事指南的名称或网址"))
    elif source and not given:
        faults.append(("source", "只填了公布出处：请填写承诺的数字，或把出处也清空"))
    return Promise(limits["days"], limits["documents"], limits["fee"], source), faults


def _limit(kind: PromiseKind, written: str, faults: list[tuple[str, str]]) -> Decimal | None:
    text = normalize("NFKC", written).strip()
    if not text:
        return None
    number = Decimal(text) if _NUMBER.fullmatch(text) else None
    if number is None or number > kind.most or number != round(number, kind.decimals):
        digits = f"最多 {kind.decimals} 位小数" if kind.decimals else "整数"
        faults.append((kind.key, f"{kind.name}应是 0 至 {kind.most} 的数字，{digits}"))
        return None
    return number


@dataclass(frozen=True)
class Kept:
    """How many answers stayed within what was promised, and how many went beyond."""

    within: int
    beyond: int

    @property
    def n(self) -> int:
        """How many could be compared."""
        return self.within + self.beyond

    @property
    def share(self) -> Decimal | None:
        """The share within, 0 to 1."""
        return share(self.within, self.n)


@dataclass(frozen=True)
class Comparison:
    """对照 — of one kind: by matter what was promised and how it was kept, in the promises' order.

    `unpromised` answers gave a number for a matter without a promise, `silent` ones gave no number.
    """

    kind: PromiseKind
    matters: tuple[tuple[str, Decimal, Kept], ...]
    unpromised: int
    silent: int

    @property
    def overall(self) -> Kept:
        """The matters together."""
        kept = [each for _, _, each in self.matters]
        return Kept(sum(each.within for each in kept), sum(each.beyond for each in kept))


def compare(
    kind: PromiseKind, promises: Mapping[str, Promise], answers: Sequence[Mapping[str, Any]]
) -> Comparison:
    """Compare the details of some answers with what was promised for their matters, by the matters' keys."""
    limits = {key: limit for key, each in promises.items() if (limit := each.limit(kind)) is not None}
    numbers: dict[str, list[Decimal]] = {key: [] for key in limits}
    unpromised = silent = 0
    for details in answers:
        number = number_of(kind.measure, details.get(kind.question))
        matter = details.get(MATTER)
        if number is None:
            silent += 1
        elif isinstance(matter, str) and matter in numbers:
            numbers[matter].append(number)
        else:
            unpromised += 1
    matters = tuple((key, limit, _kept(numbers[key], limit)) for key, limit in limits.items())
    return Comparison(kind, matters, unpromised, silent)


def _kept(numbers: Sequence[Decimal], limit: Decimal) -> Kept:
    within = sum(1 for number in numbers if number <= limit)
    return Kept(within, len(numbers) - within)
