"""样本库核查: what in the units' libraries deserves a look, worked out from what the libraries hold and nothing else.

No fact here says whom anybody asks, so that no finding can.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from survey_app.domain.phone_mask import mask_phone
from survey_app.domain.text import N_, Param, Text

# A library of which fewer enterprises have a mobile can hardly be asked by link [choice].
LEAST_MOBILE_SHARE = Decimal("0.5")


class FindingKind(StrEnum):
    """What was found; the members stand in the order of their importance."""

    STAFF_PHONE = "staff_phone"
    SHARED_PHONE = "shared_phone"
    PHONE_CHANGED = "phone_changed"
    OTHER_NAME = "other_name"
    LEFT_OUT = "left_out"
    NOT_SUBMITTED = "not_submitted"
    TOO_SMALL = "too_small"
    FEW_MOBILES = "few_mobiles"


FINDING_NAMES = {
    FindingKind.STAFF_PHONE: N_("电话是工作人员的"),
    FindingKind.SHARED_PHONE: N_("几家企业同一电话"),
    FindingKind.PHONE_CHANGED: N_("电话改过"),
    FindingKind.OTHER_NAME: N_("同一代码不同名称"),
    FindingKind.LEFT_OUT: N_("最近报送漏掉的企业"),
    FindingKind.NOT_SUBMITTED: N_("还没有报送"),
    FindingKind.TOO_SMALL: N_("样本库太小"),
    FindingKind.FEW_MOBILES: N_("手机号太少"),
}


@dataclass(frozen=True)
class EntryFact:
    """An entry that a finding is about: its id, its unit and the enterprise, by id and name."""

    entry_id: int
    unit_id: int
    enterprise_id: int
    enterprise: str


@dataclass(frozen=True)
class PhoneFact:
    """A number that stands at an entry, as people write it."""

    number: str
    entry: EntryFact


@dataclass(frozen=True)
class StaffFact:
    """The own number of somebody who has an account, and who that is."""

    number: str
    who: str


@dataclass(frozen=True)
class NameFact:
    """An entry whose unit gives its enterprise another name than the one it was first known by."""

    entry: EntryFact
    other_name: str


@dataclass(frozen=True)
class ChangeFact:
    """The last time that an entry's numbers were replaced; `last_given_at` is when a file last gave the old ones."""

    entry: EntryFact
    old: tuple[str, ...]
    new: tuple[str, ...]
    last_given_at: datetime


@dataclass(frozen=True)
class UnitFact:
    """A unit's library as a whole: enterprises, those with a mobile, and those missing from its last submission.

    `left_out` names a few of the `left_out_count`. `waited_until` is the deadline of a round for which the
    unit has handed in nothing; None where nothing is waited for.
    """

    unit_id: int
    size: int
    with_mobile: int
    left_out_count: int = 0
    left_out: tuple[EntryFact, ...] = ()
    waited_until: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """One thing to look into: the units, some entries of `count`, what it is, what to do; numbers are masked."""

    kind: FindingKind
    unit_ids: tuple[int, ...]
    entries: tuple[EntryFact, ...]
    count: int
    what: Text
    advice: Text


@dataclass(frozen=True)
class LibraryFacts:
    """All that findings are made of.

    `phones` need only be those that several enterprises or a member of staff have. `since` is when the last
    fieldwork began, None before the first.
    """

    phones: Sequence[PhoneFact]
    staff: Sequence[StaffFact]
    names: Sequence[NameFact]
    changes: Sequence[ChangeFact]
    units: Sequence[UnitFact]
    since: datetime | None


def findings_of(facts: LibraryFacts, wanted: int, now: datetime) -> list[Finding]:
    """Return what deserves a look, the most important kind first, within a kind what concerns most entries.

    `wanted` is the number of enterprises that shall be drawn from each library.
    """
    found = [
        *_about_phones(facts.phones, facts.staff),
        *(_changed(each, facts.since) for each in facts.changes),
        *_other_names(facts.names),
        *(finding for unit in facts.units for finding in _about_unit(unit, wanted, now)),
    ]
    importance = list(FindingKind)
    return sorted(found, key=lambda each: (importance.index(each.kind), -each.count, each.unit_ids))


def _about_phones(phones: Iterable[PhoneFact], staff: Sequence[StaffFact]) -> list[Finding]:
    owners = defaultdict(list)
    for person in staff:
        owners[person.number].append(person.who)
    by_number: dict[str, list[EntryFact]] = defaultdict(list)
    for phone in phones:
        by_number[phone.number].append(phone.entry)
    found = []
    for number, entries in by_number.items():
        enterprises = len({each.enterprise_id for each in entries})
        params: dict[str, Param] = {"number": mask_phone(number), "n": enterprises}
        if number in owners:
            what = Text(
                "电话 %(number)s 是%(who)s的号码，却登记成了 %(n)s 家企业的",
                {**params, "who": "、".join(owners[number])},
            )
            advice = Text("请单位改报企业自己的号码；改好以前，这些企业的回答要另行核实")
            found.append(_finding(FindingKind.STAFF_PHONE, entries, what, advice))
        if enterprises > 1:
            units = len({each.unit_id for each in entries})
            what = Text(
                "电话 %(number)s 登记在 %(n)s 家企业名下，涉及 %(units)s 个单位", {**params, "units": units}
            )
            advice = Text("请核对是不是同一个老板；不是的，请单位改报各家自己的号码")
            found.append(_finding(FindingKind.SHARED_PHONE, entries, what, advice))
    return found


def _changed(change: ChangeFact, since: datetime | None) -> Finding:
    params = {
        "old": "、".join(map(mask_phone, change.old)) or "—",
        "new": "、".join(map(mask_phone, change.new)) or "—",
    }
    if since is not None and change.last_given_at <= since:
        what = Text("电话由 %(old)s 改为 %(new)s：上一轮回访时还是原来的号码", params)
    else:
        what = Text("电话由 %(old)s 改为 %(new)s：上一轮回访以后报的两份文件不同", params)
    advice = Text("请打原来的号码核对，或请单位说明为什么改")
    return _finding(FindingKind.PHONE_CHANGED, [change.entry], what, advice)


def _other_names(names: Iterable[NameFact]) -> list[Finding]:
    by_enterprise: dict[int, list[NameFact]] = defaultdict(list)
    for each in names:
        by_enterprise[each.entry.enterprise_id].append(each)
    found = []
    for group in by_enterprise.values():
        others = "、".join(dict.fromkeys(each.other_name for each in group))
        what = Text(
            "同一个统一社会信用代码，先登记为%(name)s，这里写作%(other)s",
            {"name": group[0].entry.enterprise, "other": others},
        )
        advice = Text("请核对营业执照：是改了名还是填错了代码")
        found.append(_finding(FindingKind.OTHER_NAME, [each.entry for each in group], what, advice))
    return found


def _about_unit(unit: UnitFact, wanted: int, now: datetime) -> list[Finding]:
    found = []

    def add(kind: FindingKind, what: Text, advice: Text, count: int = 0) -> None:
        entries = unit.left_out if kind is FindingKind.LEFT_OUT else ()
        found.append(Finding(kind, (unit.unit_id,), entries, count, what, advice))

    if unit.left_out_count:
        what = Text("以前报过的 %(n)s 家企业不在最近一次报送的文件里", {"n": unit.left_out_count})
        advice = Text("它们仍在样本库中、照常可以抽到；请单位说明为什么不报了")
        add(FindingKind.LEFT_OUT, what, advice, unit.left_out_count)
    if unit.waited_until is not None:
        add(
            FindingKind.NOT_SUBMITTED,
            _waiting(unit.waited_until, now),
            Text("请提醒单位；确有困难的可以延期"),
        )
    if unit.size == 0:
        add(FindingKind.TOO_SMALL, Text("还没有样本库"), Text("请单位报送，或由营商办导入"))
        return found
    if unit.size < wanted:
        what = Text("样本库只有 %(n)s 家，不到要抽的 %(wanted)s 家", {"n": unit.size, "wanted": wanted})
        add(FindingKind.TOO_SMALL, what, Text("请单位补报；补不齐的，抽样时全部抽取"))
    if unit.with_mobile < LEAST_MOBILE_SHARE * unit.size:
        params = {"n": unit.size, "mobile": unit.with_mobile}
        what = Text("%(n)s 家企业里只有 %(mobile)s 家有手机号", params)
        add(FindingKind.FEW_MOBILES, what, Text("没有手机号的收不到短信，只能打电话；请单位补报手机号"))
    return found


def _waiting(until: datetime, now: datetime) -> Text:
    left = until - now
    if left.total_seconds() < 0:
        return Text("没有在期限以前报送样本库")
    if left.days == 0:
        return Text("还没有报送样本库，离期限不到 1 天")
    return Text("还没有报送样本库，离期限还有 %(days)s 天", {"days": left.days})


def _finding(kind: FindingKind, entries: Sequence[EntryFact], what: Text, advice: Text) -> Finding:
    units = tuple(sorted({each.unit_id for each in entries}))
    return Finding(kind, units, tuple(dict.fromkeys(entries)), len(entries), what, advice)
