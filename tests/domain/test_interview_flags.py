"""What is implausible about interviews: too short, near-identical, too many at once; agreement; time at work."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from survey_app.domain.agreement import Agreement, Asked, agreements, compare
from survey_app.domain.answer import BLANK, NOT_APPLICABLE, UnitAnswer
from survey_app.domain.back_check import Called
from survey_app.domain.instrument import Dealt
from survey_app.domain.interview_flags import burst_sizes, chance, characters_read, least_seconds
from survey_app.domain.similarity import alike, likeness, normalised
from survey_app.domain.work_time import worked
from survey_app.schemes.instruments import load_instrument

START = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
YES = UnitAnswer(Dealt.YES, "satisfied")


def at(*minutes: float) -> list[datetime]:
    return [START + timedelta(minutes=each) for each in minutes]


def test_only_what_was_answered_had_to_be_read() -> None:
    instrument = load_instrument("fangcheng-2022", "satisfaction")
    none = characters_read("您好", instrument, {"税务局": UnitAnswer(Dealt.NO)})
    bare = characters_read("您好", instrument, {"税务局": YES})
    blank = UnitAnswer(Dealt.YES, "satisfied", {"visits": BLANK, "reasons": NOT_APPLICABLE})
    full = UnitAnswer(Dealt.YES, "satisfied", {"visits": "1"})
    assert none == len("您好本季度（1月—3月）贵单位是否到税务局办过业务或接受过服务？")
    assert bare == none + len("总体上，您对税务局的服务：满意基本满意不满意")
    assert characters_read("您好", instrument, {"税务局": blank}) == bare
    assert characters_read("您好", instrument, {"税务局": full}) == bare + len("为这件事跑了几趟？")
    assert least_seconds(bare, Decimal(8)) == bare // 8


def test_bursts() -> None:
    assert burst_sizes(at(0, 3, 6, 9, 30, 60), 4, timedelta(minutes=10)) == [4, 4, 4, 4, 0, 0]
    assert burst_sizes(at(0, 3, 6, 9, 12), 4, timedelta(minutes=9)) == [4, 4, 4, 4, 4]
    assert burst_sizes([], 4, timedelta(minutes=9)) == []


@pytest.mark.parametrize(
    ("table", "probability"),
    [((1, 10, 9, 20), 0.1007), ((3, 4, 1, 4), 0.4857), ((5, 5, 5, 5), 1.0), ((0, 0, 3, 9), 1.0)],
)
def test_fishers_chance(table: tuple[int, int, int, int], probability: float) -> None:
    assert chance(*table) == pytest.approx(probability, abs=1e-4)
    part, whole, other, others = table
    assert chance(other, others, part, whole) == pytest.approx(probability, abs=1e-4)
    assert chance(whole - part, whole, others - other, others) == pytest.approx(probability, abs=1e-4)


def test_near_identical_remarks() -> None:
    texts = ["希望能一次告知全部材料。", "希望能一次告知　全部材料！", "希望能一次告知所有材料", "快", "快"]
    remarks = list(enumerate(map(normalised, texts), start=1))
    found = {(each.one, each.other): each.likeness for each in alike(remarks, [2, 3, 5], 8, Decimal("0.8"))}
    assert found == {
        (2, 1): Decimal(1),
        (3, 1): likeness(remarks[0][1], remarks[2][1]),
        (3, 2): likeness(remarks[1][1], remarks[2][1]),
    }
    assert alike(remarks, [], 8, Decimal("0.8")) == []
    assert [(each.one, each.other) for each in alike(remarks, [2, 3], 8, Decimal(1))] == [(2, 1)]


def test_what_can_be_compared_is_compared() -> None:
    first = {1: YES, 2: YES, 3: YES, 4: UnitAnswer(Dealt.NO)}
    second = {
        1: UnitAnswer(Dealt.YES, "dissatisfied"),
        2: UnitAnswer(Dealt.NO),
        3: UnitAnswer(Dealt.UNSURE),
        4: UnitAnswer(Dealt.NO),
    }
    found = agreements(compare(Called.YES, first, second))
    assert found == {
        Asked.CALLED: Agreement(1, 1),
        Asked.DEALT: Agreement(2, 3),
        Asked.RATING: Agreement(0, 1),
    }
    assert found[Asked.RATING].share == 0
    assert agreements([])[Asked.CALLED].share is None
    assert compare(Called.UNSURE, first, {}) == []
    assert not compare(Called.NO, first, {})[0].agrees


def test_time_at_work() -> None:
    begun = at(0, 10, 39, 100, 101)
    ended = [*at(5, 12, 44), None, *at(102)]
    idle = timedelta(minutes=30)
    assert worked(list(zip(begun, ended, strict=True)), idle) == timedelta(minutes=10 + 29 + 5 + 1 + 1)
    assert worked([(START, START + timedelta(hours=2))], idle) == idle
    assert worked([], idle) == timedelta()
