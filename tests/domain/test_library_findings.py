"""Findings about libraries: what is found, how it is said, and in what order; numbers are masked in all of it."""

from datetime import UTC, datetime, timedelta

import pytest

from survey_app.domain.library_findings import (
    ChangeFact,
    EntryFact,
    Finding,
    FindingKind,
    LibraryFacts,
    NameFact,
    PhoneFact,
    StaffFact,
    UnitFact,
    findings_of,
)

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
SINCE = datetime(2022, 3, 8, tzinfo=UTC)
PHONE = "13800138000"


def _entry(n: int, unit: int = 1, enterprise: int | None = None) -> EntryFact:
    return EntryFact(n, unit, enterprise or n, f"企业{enterprise or n}")


def _facts(**given: object) -> LibraryFacts:
    nothing: dict[str, object] = dict.fromkeys(("phones", "staff", "names", "changes", "units"), ())
    return LibraryFacts(**{**nothing, "since": SINCE, **given})  # type: ignore[arg-type]


def _found(wanted: int = 10, **given: object) -> list[Finding]:
    return findings_of(_facts(**given), wanted, NOW)


def _phones(*entries: EntryFact) -> tuple[PhoneFact, ...]:
    return tuple(PhoneFact(PHONE, entry) for entry in entries)


def test_a_number_of_several_enterprises_names_them_and_hides_itself() -> None:
    (found,) = _found(phones=_phones(_entry(1), _entry(2), _entry(3, unit=2)))
    assert found.kind is FindingKind.SHARED_PHONE
    assert str(found.what) == "电话 138****8000 登记在 3 家企业名下，涉及 2 个单位"
    assert found.unit_ids == (1, 2)
    assert [entry.entry_id for entry in found.entries] == [1, 2, 3]


def test_one_enterprise_in_two_libraries_shares_nothing() -> None:
    assert _found(phones=_phones(_entry(1), _entry(2, unit=2, enterprise=1))) == []


def test_a_number_of_staff_is_found_at_a_single_enterprise_and_comes_first() -> None:
    shared = (PhoneFact("13900139000", _entry(4)), PhoneFact("13900139000", _entry(5)))
    found = _found(phones=(*shared, *_phones(_entry(1))), staff=(StaffFact(PHONE, "税务局联络员"),))
    assert [each.kind for each in found] == [FindingKind.STAFF_PHONE, FindingKind.SHARED_PHONE]
    assert str(found[0].what) == "电话 138****8000 是税务局联络员的号码，却登记成了 1 家企业的"


@pytest.mark.parametrize(
    ("last_given", "words"),
    [
        (SINCE, "上一轮回访时还是原来的号码"),
        (SINCE + timedelta(seconds=1), "上一轮回访以后报的两份文件不同"),
    ],
)
def test_a_changed_number_tells_whether_the_last_round_had_the_old_one(
    last_given: datetime, words: str
) -> None:
    change = ChangeFact(_entry(1), (PHONE,), ("13900139000", "0377-67230000"), last_given)
    (found,) = _found(changes=(change,))
    assert str(found.what) == f"电话由 138****8000 改为 139****9000、0377-****000：{words}"


def test_other_names_of_one_code_are_one_finding() -> None:
    names = (NameFact(_entry(1, 1, 7), "甲集团"), NameFact(_entry(2, 2, 7), "甲集团"))
    (found,) = _found(names=names)
    assert (found.unit_ids, found.count) == ((1, 2), 2)
    assert str(found.what).endswith("先登记为企业7，这里写作甲集团")


@pytest.mark.parametrize(
    ("unit", "kinds"),
    [
        (UnitFact(1, 10, 5), []),
        (UnitFact(1, 10, 4), [FindingKind.FEW_MOBILES]),
        (UnitFact(1, 9, 9), [FindingKind.TOO_SMALL]),
        (UnitFact(1, 0, 0), [FindingKind.TOO_SMALL]),
        (UnitFact(1, 10, 10, 3, (_entry(1),)), [FindingKind.LEFT_OUT]),
        (UnitFact(1, 2, 0, waited_until=NOW), [FindingKind.NOT_SUBMITTED, FindingKind.TOO_SMALL, FindingKind.FEW_MOBILES]),
    ],
)  # fmt: skip
def test_a_library_as_a_whole(unit: UnitFact, kinds: list[FindingKind]) -> None:
    assert [each.kind for each in _found(units=(unit,))] == kinds


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=3, hours=1), "离期限还有 3 天"),
        (timedelta(hours=23), "离期限不到 1 天"),
        (timedelta(0), "离期限不到 1 天"),
        (timedelta(seconds=-1), "没有在期限以前报送"),
    ],
)
def test_days_left(left: timedelta, words: str) -> None:
    (found,) = _found(units=(UnitFact(1, 10, 10, waited_until=NOW + left),))
    assert words in str(found.what)


def test_within_a_kind_what_concerns_most_comes_first() -> None:
    few = [PhoneFact("13900139000", _entry(n)) for n in (1, 2)]
    many = _phones(*(_entry(n) for n in (3, 4, 5)))
    assert [each.count for each in _found(phones=(*few, *many))] == [3, 2]
