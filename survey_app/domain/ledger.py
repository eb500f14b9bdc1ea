"""台账: the entries that prove a score, kind by kind; reading what was typed, and which entries are the same."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from unicodedata import category, normalize
from urllib.parse import parse_qsl, urlencode, urlsplit

from survey_app.domain.json_object import is_clean
from survey_app.domain.text import N_, Name

LONGEST_LINE = 200
LONGEST_TEXT = 1000
LONGEST_LINK = 500
FIRST_YEAR = 2000
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
# What sharing adds to an address without changing what it leads to.
_TRACKING = frozenset(("from", "isappinstalled", "spm", "scene", "chksm"))

Data = dict[str, str]
Levels = Sequence[tuple[str, Name]]  # the keys and names that a scheme gives, best first


class LedgerKind(StrEnum):
    """What a ledger is about."""

    VISITS = "visits"  # 入企走访
    PROBLEMS = "problems"  # 企业问题
    RECTIFICATIONS = "rectifications"  # 问题整改
    ARTICLES = "articles"  # 宣传报道
    ENDORSEMENTS = "endorsements"  # 批示推广
    BROKEN_PROMISES = "broken_promises"  # 政策不兑现


class FieldKind(StrEnum):
    """What a field of a ledger takes."""

    LINE = "line"
    TEXT = "text"
    DAY = "day"
    LEVEL = "level"
    LINK = "link"


@dataclass(frozen=True)
class LedgerField:
    """A field of a ledger: its key in an entry's data, its name and hint in Chinese, what it takes.

    `after` names the field whose day this one may not come before; `ahead` lets a day lie in the future.
    """

    key: str
    name: str
    kind: FieldKind = FieldKind.LINE
    hint: str = ""
    optional: bool = False
    after: str | None = None
    ahead: bool = False

    @property
    def longer(self) -> bool:
        """Whether lists leave it to the entry's own page: what adds detail and may be absent."""
        return self.optional and self.kind in (FieldKind.TEXT, FieldKind.LINK)


@dataclass(frozen=True)
class Ledger:
    """A kind of ledger: its fields, and which of them make two entries of one unit the same.

    `claimed_once`: the thing behind an entry can be to one unit's credit in one quarter only, by the fields
    `known_by`; a second claim of it is then found wherever it stands.
    """

    kind: LedgerKind
    name: str
    fields: tuple[LedgerField, ...]
    known_by: tuple[str, ...]
    told_apart_by: tuple[str, ...] = ()
    claimed_once: bool = False

    @property
    def headings(self) -> list[str]:
        """The fields' names, in the order in which a pasted row gives them."""
        return [field.name for field in self.fields]


_ENTERPRISE = LedgerField("enterprise", N_("企业名称"))
LEDGERS = {
    ledger.kind: ledger
    for ledger in (
        Ledger(
            LedgerKind.VISITS,
            N_("入企走访"),
            (
                _ENTERPRISE,
                LedgerField("visited_on", N_("走访日期"), FieldKind.DAY),
                LedgerField("visitors", N_("走访人员"), hint=N_("姓名或带队领导、组别。")),
                LedgerField("findings", N_("走访情况"), FieldKind.TEXT, optional=True),
            ),
            ("enterprise", "visited_on"),
        ),
        Ledger(
            LedgerKind.PROBLEMS,
            N_("企业问题"),
            (
                _ENTERPRISE,
                LedgerField("problem", N_("提出的问题"), FieldKind.TEXT),
                LedgerField("raised_on", N_("提出日期"), FieldKind.DAY),
                LedgerField(
                    "solved_on", N_("解决日期"), FieldKind.DAY, N_("没有解决的不填。"), True, "raised_on"
                ),
                LedgerField("solution", N_("解决情况"), FieldKind.TEXT, optional=True),
            ),
            ("enterprise", "problem"),
        ),
        Ledger(
            LedgerKind.RECTIFICATIONS,
            N_("问题整改"),
            (
                LedgerField("problem", N_("查出的问题"), FieldKind.TEXT),
                LedgerField("source", N_("由哪次评价查出")),
                LedgerField("deadline", N_("整改期限"), FieldKind.DAY, ahead=True),
                LedgerField(
                    "fixed_on",
                    N_("整改完成日期"),
                    FieldKind.DAY,
                    N_("没有完成的不填；晚于期限的不算按时。"),
                    True,
                ),
                LedgerField("result", N_("整改情况"), FieldKind.TEXT, optional=True),
            ),
            ("problem", "source"),
        ),
        Ledger(
            LedgerKind.ARTICLES,
            N_("宣传报道"),
            (
                LedgerField("title", N_("报道标题")),
                LedgerField("outlet", N_("媒体名称")),
                LedgerField("level", N_("媒体级别"), FieldKind.LEVEL),
                LedgerField("published_on", N_("发表日期"), FieldKind.DAY),
                LedgerField(
                    "link", N_("链接"), FieldKind.LINK, N_("以 http:// 或 https:// 开头。"), optional=True
                ),
            ),
            ("title", "outlet"),
            claimed_once=True,
        ),
        Ledger(
            LedgerKind.ENDORSEMENTS,
            N_("批示推广"),
            (
                LedgerField(
                    "practice", N_("工作做法"), hint=N_("同一做法请用同一名称，系统只按最高级别计一次。")
                ),
                LedgerField("level", N_("批示级别"), FieldKind.LEVEL),
                LedgerField("source", N_("批示依据"), FieldKind.TEXT, N_("批示人、文号或简报期号。")),
                LedgerField("endorsed_on", N_("批示日期"), FieldKind.DAY),
            ),
            ("practice",),
            told_apart_by=("level",),
            claimed_once=True,
        ),
        Ledger(
            LedgerKind.BROKEN_PROMISES,
            N_("政策不兑现"),
            (
                LedgerField(
                    "description",
                    N_("不兑现的情况"),
                    FieldKind.TEXT,
                    N_("哪项措施或政策，怎样查实；不写企业名称和联系方式。"),
                ),
                LedgerField("verified_on", N_("查实日期"), FieldKind.DAY),
            ),
            ("description", "verified_on"),
        ),
    )
}


@dataclass(frozen=True)
class Keys:
    """What an entry is found by again: its name and, where it has one, its link; digests in hex."""

    name: str
    link: str | None


def read_entry(
    ledger: Ledger, typed: Mapping[str, str], levels: Levels, today: date
) -> tuple[Data, dict[str, str]]:
    """Return an entry's values as they are stored, and what is wrong, one sentence by field.

    Days come out as 2022-03-31, levels as their key; an optional field that is empty has no value.
    """
    data: Data = {}
    faults: dict[str, str] = {}
    for field in ledger.fields:
        text = typed.get(field.key, "").strip()
        if not text:
            if not field.optional:
                faults[field.key] = _ask_for(field, levels)
            continue
        value, fault = _read(field, text, levels, today)
        if fault:
            faults[field.key] = fault
        else:
            data[field.key] = value
    for field in ledger.fields:
        if field.after and data.get(field.key, "9") < data.get(field.after, ""):
            before = next(each.name for each in ledger.fields if each.key == field.after)
            faults[field.key] = f"{field.name} {data[field.key]} 早于{before} {data[field.after]}，请核对"
    return data, faults


def keys_of(ledger: Ledger, data: Mapping[str, str]) -> Keys:
    """Return what an entry is found by again, wherever the same thing is entered."""
    name = _digest("\n".join(_plainest(data[key]) for key in ledger.known_by))
    link = data.get("link")
    return Keys(name, _digest(_plainest_link(link)) if link else None)


def repeats(ledger: Ledger, data: Mapping[str, str], keys: Keys, other: Mapping[str, str], its: Keys) -> bool:
    """Whether an entry says of the same unit what another says already."""
    if keys.link and keys.link == its.link:
        return True
    return keys.name == its.name and all(data.get(key) == other.get(key) for key in ledger.told_apart_by)


def title_of(ledger: Ledger, data: Mapping[str, str]) -> str:
    """Return an entry's first field, by which people tell it from others."""
    return data.get(ledger.fields[0].key, "")


def read_day(text: str) -> date | None:
    """Return the day that somebody wrote (2022-03-31, 2022/3/31 or 2022年3月31日), or None."""
    match = _DAY.fullmatch("".join(normalize("NFKC", text).split()))
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def _ask_for(field: LedgerField, levels: Levels) -> str:
    match field.kind:
        case FieldKind.LEVEL:
            return f"请选择{field.name}（{'、'.join(str(name) for _, name in levels)}）"
        case FieldKind.DAY:
            return f"请填写{field.name}，写成 2022-03-31 的样子"
        case _:
            return f"请填写{field.name}"


def _read(field: LedgerField, text: str, levels: Levels, today: date) -> tuple[str, str | None]:
    """Return a field's value and what is wrong with it."""
    match field.kind:
        case FieldKind.LEVEL:
            found = next((key for key, name in levels if text in (key, name.zh, name.en)), None)
            return found or "", None if found else _ask_for(field, levels)
        case FieldKind.DAY:
            return _read_day(field, text, levels, today)
        case FieldKind.LINK:
            return text, _link_fault(field, text)
        case FieldKind.LINE:
            line = " ".join(text.split())
            return line, _text_fault(field, line, LONGEST_LINE)
        case _:
            return text, _text_fault(field, text, LONGEST_TEXT)


def _read_day(field: LedgerField, text: str, levels: Levels, today: date) -> tuple[str, str | None]:
    day = read_day(text)
    if day is None:
        return "", _ask_for(field, levels)
    if day.year < FIRST_YEAR or day.year > today.year + 10:
        return "", f"{field.name} {day} 的年份不对，请核对"
    if day > today and not field.ahead:
        return "", f"{field.name} {day} 还没有到，请核对"
    return day.isoformat(), None


def _text_fault(field: LedgerField, text: str, longest: int) -> str | None:
    if len(text) > longest:
        return f"{field.name}不超过 {longest} 字，现有 {len(text)} 字"
    if not all(is_clean(line) for line in re.split(r"\r?\n", text)):
        return f"{field.name}里有看不见的控制字符，请重新输入"
    return None


def _link_fault(field: LedgerField, text: str) -> str | None:
    """Only addresses of pages: a link is shown as one, and must lead to nothing that runs here."""
    if len(text) > LONGEST_LINK:
        return f"{field.name}不超过 {LONGEST_LINK} 个字符，现有 {len(text)} 个"
    try:
        place = urlsplit(text)
        usable = place.scheme in ("http", "https") and bool(place.hostname) and "@" not in place.netloc
    except ValueError:
        usable = False
    if not usable or any(symbol.isspace() for symbol in text) or not is_clean(text):
        return f"{field.name}应以 http:// 或 https:// 开头，中间没有空格，请从浏览器地址栏复制"
    return None


def _plainest(text: str) -> str:
    """A name without blanks, punctuation, widths and cases; as it is where nothing else is left."""
    squeezed = "".join(normalize("NFKC", text).split()).casefold()
    return "".join(symbol for symbol in squeezed if category(symbol)[0] != "P") or squeezed


def _plainest_link(link: str) -> str:
    """An address without what may differ between two copies of it."""
    place = urlsplit(link)
    host = (place.hostname or "").removeprefix("www.")
    kept = sorted(
        (key, value)
        for key, value in parse_qsl(place.query, keep_blank_values=True)
        if key not in _TRACKING and not key.startswith("utm_")
    )
    # A fragment that is itself an address leads to a page of its own; any other to a place within it.
    fragment = place.fragment if place.fragment.startswith(("/", "!")) else ""
    port = "" if place.netloc.rpartition(":")[2] in ("80", "443") else place.netloc.partition(":")[2]
    return "\n".join((host, port, place.path.rstrip("/"), urlencode(kept), fragment))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
