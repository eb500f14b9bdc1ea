"""Reading a dossier's facts from outside data, with every fault named by its place; nothing in it can raise."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from survey_app.domain.difference import Difference, shown
from survey_app.domain.dossier import FORMER_FORMAT
from survey_app.domain.dossier_facts import (
    AnswerFact,
    AnswerState,
    BrokenPromiseFact,
    DossierFacts,
    DrawFact,
    EndorsementFact,
    EntryFact,
    MarksFact,
    ReceiptsFact,
)
from survey_app.domain.points import read_count, read_number
from survey_app.domain.receipt import is_receipt
from survey_app.domain.round_inputs import UnitInRound

Row = TypeVar("Row")
SECTION_NAMES = {
    "units": "责任单位（units）",
    "draws": "抽样（draws）",
    "answers": "答卷（answers）",
    "entries": "填报（entries）",
    "marks": "监督员评分（marks）",
    "endorsements": "批示推广（endorsements）",
    "broken_promises": "不兑现（broken_promises）",
    "receipts": "回执号名单（receipts）",
    "scheme": "评分方案（scheme）",
    "inputs": "计分数据（inputs）",
    "scores": "得分（scores）",
    "sheets": "评分表（sheets）",
    "ranking": "排名（ranking）",
    "parts": "分项校验码（parts）",
    "digest": "校验码（digest）",
}
_SINCE_FORMAT_2 = (
    "wanted",
    "rest_quarters",
    "units_cap",
    "rested",
    "capped",
    "announcement_digest",
    "sealed_digest",
    "sealed_part",
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class _WrongError(Exception):
    """A value is not what its field takes."""


@dataclass(frozen=True)
class _Field:
    """What a field takes, in words, and how it is read."""

    takes: str
    read: Callable[[object], object]


def section_name(key: str) -> str:
    """Return what a part of a dossier is called in a sentence."""
    return SECTION_NAMES.get(key, key)


def read_facts(
    dossier: Mapping[str, object], with_receipts: bool = True
) -> tuple[DossierFacts | None, list[Difference]]:
    """Return the facts that a dossier's object holds, or None and every fault found.

    `with_receipts` False: of a format that has no lists of receipts.
    """
    reader = _Reader(dossier)
    former = _SINCE_FORMAT_2 if dossier.get("format") == FORMER_FORMAT else ()
    version = reader.value("version", _or_none(_VERSION))
    frozen_at = reader.value("frozen_at", _or_none(_MOMENT))
    facts = DossierFacts(
        round=reader.value("round", _TEXT),
        version=version,
        frozen_at=frozen_at,
        scheme_text=reader.scheme_text(),
        units=reader.rows("units", UnitInRound),
        draws=reader.rows("draws", DrawFact, former),
        answers=reader.rows("answers", AnswerFact),
        entries=reader.rows("entries", EntryFact),
        marks=reader.rows("marks", MarksFact),
        endorsements=reader.rows("endorsements", EndorsementFact),
        broken_promises=reader.rows("broken_promises", BrokenPromiseFact),
        receipts=reader.rows("receipts", ReceiptsFact) if with_receipts else (),
    )
    if (version is None) != (frozen_at is None):
        reader.found.append(Difference(("version",), "版本和核定时间（frozen_at）应当都有，试算时都没有"))
    return (None if reader.found else facts), reader.found


@dataclass
class _Reader:
    """A dossier under reading, and what was found wrong with it."""

    dossier: Mapping[str, object]
    found: list[Difference] = field(default_factory=list)

    def value(self, key: str, wanted: _Field) -> Any:
        return self._read(self.dossier, key, wanted, ())

    def scheme_text(self) -> str:
        scheme = self.dossier.get("scheme")
        if isinstance(scheme, Mapping):
            return str(self._read(scheme, "text", _TEXT, (section_name("scheme"),)))
        self._fault((section_name("scheme"),), f"应为对象（{{…}}），不是{shown(scheme)}")
        return ""

    def rows(self, key: str, kind: type[Row], unknown: Sequence[str] = ()) -> tuple[Row, ...]:
        """The rows of a list; `unknown` are the fields that its format didn't have."""
        section = section_name(key)
        listed = self.dossier.get(key)
        if not isinstance(listed, list | tuple):
            self._fault((section,), "缺少" if listed is None else f"应为列表，不是{shown(listed)}")
            return ()
        rows = [self._row(each, (section, f"第 {n} 条"), kind, unknown) for n, each in enumerate(listed, 1)]
        return tuple(row for row in rows if row is not None)

    def _row(
        self, row: object, where: tuple[str, ...], kind: type[Row], unknown: Sequence[str]
    ) -> Row | None:
        if not isinstance(row, Mapping):
            self._fault(where, f"应为对象（{{…}}），不是{shown(row)}")
            return None
        before = len(self.found)
        names = [each.name for each in fields(kind) if each.name not in unknown]  # type: ignore[arg-type]
        where = (
            *where,
            *(row[key] for key in ("unit", "instrument", "item") if isinstance(row.get(key), str)),
        )
        values = {name: self._read(row, name, _field(kind, name), where) for name in names}
        for key in row:
            if key not in names:
                self._fault((*where, str(key)), f"不应有这一项，文件中是{shown(row[key])}")
        return kind(**values) if len(self.found) == before else None

    def _read(self, values: Mapping[str, object], key: str, wanted: _Field, where: tuple[str, ...]) -> Any:
        if key not in values:
            self._fault((*where, key), f"缺少，应为{wanted.takes}")
            return None
        try:
            return wanted.read(values[key])
        except _WrongError:
            self._fault((*where, key), f"应为{wanted.takes}，不是{shown(values[key])}")
            return None

    def _fault(self, where: tuple[str, ...], reason: str) -> None:
        self.found.append(Difference(where, reason))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _WrongError
    return value


def _count(value: object) -> int:
    count = read_count(value)
    if count is None:
        raise _WrongError
    return count


def _version(value: object) -> int:
    count = _count(value)
    if not count:
        raise _WrongError
    return count


def _day(value: object) -> str:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value) and date.fromisoformat(value):
            return value
    except ValueError:
        pass
    raise _WrongError


def _moment(value: object) -> str:
    try:
        if isinstance(value, str) and datetime.fromisoformat(value).tzinfo:
            return value
    except ValueError:
        pass
    raise _WrongError


def _sha256(value: object) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise _WrongError
    return value


def _state(value: object) -> str:
    if not isinstance(value, str) or value not in list(AnswerState):
        raise _WrongError
    return value


def _data(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        raise _WrongError
    return dict(value)


def _marks(value: object) -> tuple[Decimal, ...]:
    if not isinstance(value, list | tuple):
        raise _WrongError
    marks = [number for each in value if (number := read_number(each)) is not None]
    if len(marks) != len(value) or marks != sorted(marks, reverse=True) or not marks:
        raise _WrongError
    return tuple(marks)


def _codes(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise _WrongError
    if list(value) != sorted(set(value)) or not all(map(is_receipt, value)):
        raise _WrongError
    return tuple(value)


def _or_none(wanted: _Field) -> _Field:
    return _Field(f"{wanted.takes}或 null", lambda value: None if value is None else wanted.read(value))


_TEXT = _Field("文字", _text)
_COUNT = _Field("不小于 0 的整数", _count)
_VERSION = _Field("不小于 1 的整数", _version)
_DAY_FIELD = _Field("日期（如 2022-03-31）", _day)
_MOMENT = _Field("带时区的时间", _moment)
_DIGEST = _Field("64 位十六进制的校验码", _sha256)
_FIELDS = {
    "size": _COUNT,
    "frame_size": _COUNT,
    "version": _COUNT,
    "frame_digest": _DIGEST,
    "order_digest": _DIGEST,
    "wanted": _or_none(_COUNT),
    "rest_quarters": _or_none(_COUNT),
    "units_cap": _or_none(_COUNT),
    "rested": _COUNT,
    "capped": _COUNT,
    "announcement_digest": _or_none(_DIGEST),
    "sealed_digest": _or_none(_DIGEST),
    "sealed_part": _or_none(_DIGEST),
    "day": _DAY_FIELD,
    "rating": _or_none(_TEXT),
    "state": _Field("、".join(AnswerState) + " 之一", _state),
    "data": _or_none(_Field("以文字为值的对象", _data)),
    "approved_by": _or_none(_TEXT),
    "marks": _Field("从高到低排列的评分", _marks),
    "as_of": _VERSION,
    "number": _COUNT,
    "digest": _DIGEST,
    "codes": _Field("从小到大排列、没有重复的 9 位回执号", _codes),
}
_UNIT_FIELDS = {
    "category": _or_none(_TEXT),
    "frame_size": _or_none(_COUNT),
    "sampled": _or_none(_COUNT),
    "reached": _or_none(_COUNT),
}


def _field(kind: type, name: str) -> _Field:
    if kind is UnitInRound and name in _UNIT_FIELDS:
        return _UNIT_FIELDS[name]
    return _FIELDS.get(name, _TEXT)
