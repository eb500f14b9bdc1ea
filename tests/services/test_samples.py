"""The draw in the database: repeatable by anyone, a case each, and reserves strictly in order."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.access_code import code_hash, derive_code, derive_token, token_hash
from survey_app.domain.disposition import Disposition
from survey_app.domain.round_state import RoundState
from survey_app.domain.sampling import draw
from survey_app.domain.unit_draws import PassedOver
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case, CaseUnit
from survey_app.models.enterprise import Enterprise
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.models.unit import Unit
from survey_app.services import personal_links, reserves
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.frames import read_library, store_reading
from survey_app.services.samples import DrawResult, draw_samples
from tests.builders import (
    KEYS,
    build_case,
    build_enterprise,
    build_frame_entry,
    build_round,
    build_unit,
    code_of,
    token_of,
)
from tests.conftest import FakeClock
from tests.score_builders import build_answers

FRAME = Path(__file__).parents[1] / "frames" / "4-自来水公司-GBK.csv"
SEED = "2022-Q2 双色球 2022070 期 03 08 15 22 27 31 09"
# Ranked with `openssl dgst -sha256 -hmac SEED` over "自来水公司", a line feed, and each key of the file.
GOLDEN = [
    "uscc:9141132297Q1J4H6A4",
    "uscc:9341132288WDX2QUYE",
    "uscc:91411322867HJX13FW",
    "uscc:9241132202XMAPPBDY",
    "uscc:92411322005XQXKGR6",
    "uscc:9241132295UHPMA3FY",
]


def _library(session: Session, unit: Unit, size: int) -> list[Enterprise]:
    enterprises = [build_enterprise(session) for _ in range(size)]
    for enterprise in enterprises:
        build_frame_entry(session, unit, enterprise)
    return enterprises


def _draw(session: Session, clock: FakeClock, round_: Round, size: int = 3, **more: object) -> DrawResult:
    return draw_samples(session, KEYS, round_, size, SEED, clock.now, **more)  # type: ignore[arg-type]


def _cases(session: Session) -> list[Case]:
    return list(session.scalars(select(Case).order_by(Case.id)))


def test_a_library_and_a_seed_give_the_sample_that_anyone_computes(
    session: Session, clock: FakeClock
) -> None:
    reading = read_library(session, FRAME.read_bytes(), FRAME.name, "自来水公司")
    store_reading(session, reading, FRAME.name, "0" * 64, clock.now)
    (sample,) = _draw(session, clock, build_round(session), 6).samples
    assert [key for key, _ in sample.drawn] == GOLDEN
    assert (sample.size, sample.frame_size, sample.shortfall) == (6, 32, 0)
    ranks = session.execute(
        select(SampleEntry.rank, SampleEntry.asked, Enterprise.key)
        .join(Enterprise, Enterprise.id == SampleEntry.enterprise_id)
        .order_by(SampleEntry.rank)
    ).all()
    assert [rank for rank, _, _ in ranks] == list(range(1, 33))
    assert [key for _, asked, key in ranks if asked] == GOLDEN
    keys = [key for _, _, key in ranks]
    assert tuple(keys) == draw(sorted(keys), 6, SEED, "自来水公司").order
    assert sample.frame_digest == draw(keys, 1, SEED, "自来水公司").frame_digest


def test_neither_the_cases_names_nor_blanks_around_the_seed_touch_the_sample(
    session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = build_unit(session)
    _library(session, unit, 20)
    (first,) = _draw(session, clock, build_round(session, "2022-Q1")).samples
    monkeypatch.setattr("survey_app.services.sampled_cases.uuid.uuid4", iter(_uuids()).__next__)
    again = draw_samples(session, KEYS, build_round(session, "2022-Q2"), 3, f"  {SEED}\n", clock.now)
    assert again.samples[0].drawn == first.drawn


def _uuids() -> list[uuid.UUID]:
    return [uuid.UUID(int=number) for number in range(99, 0, -1)]


def test_an_enterprise_in_several_samples_is_one_case(session: Session, clock: FakeClock) -> None:
    tax, housing = build_unit(session, "税务局"), build_unit(session, "住建局")
    shared = _library(session, tax, 2)[0]
    build_frame_entry(session, housing, shared)
    result = _draw(session, clock, build_round(session))
    assert [(sample.unit, sample.size, sample.shortfall) for sample in result.samples] == [
        ("税务局", 2, 1),
        ("住建局", 1, 2),
    ]
    assert result.new_cases == 2
    case = session.scalars(select(Case).where(Case.enterprise_id == shared.id)).one()
    assert {each.unit.name for each in case.units} == {"税务局", "住建局"}
    assert (case.closed, case.disposition, case.due_at) == (False, Disposition.NOT_CONTACTED, clock.now)


def test_only_hashes_of_link_and_code_are_stored(session: Session, clock: FakeClock) -> None:
    _library(session, build_unit(session), 3)
    _draw(session, clock, build_round(session))
    for case in _cases(session):
        assert case.token_hash == token_hash(token_of(case))
        assert case.code_hash == code_hash(KEYS.links, code_of(case))
        assert uuid.UUID(case.public_id).version == 4
    assert len({case.token_hash for case in _cases(session)}) == 3


def test_two_codes_that_meet_are_told_apart(
    session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clashing(key: bytes, public_id: str, version: int) -> str:
        return "SAMECODE" if version == 1 else derive_code(key, public_id, version)

    monkeypatch.setattr(personal_links, "derive_code", clashing)
    unit = build_unit(session)
    _library(session, unit, 3)
    _draw(session, clock, build_round(session))
    assert sorted(case.link_version for case in _cases(session)) == [1, 2, 2]
    for case in _cases(session):
        token = derive_token(KEYS.links, case.public_id, case.link_version)
        assert case.token_hash == token_hash(token)
    _draw(session, clock, build_round(session, "2022-Q3"))  # the code of an earlier round is taken too
    assert sorted(case.link_version for case in _cases(session)) == [1, 2, 2, 2, 2, 2]


def test_no_unit_is_drawn_twice(session: Session, clock: FakeClock) -> None:
    _library(session, build_unit(session, "税务局"), 5)
    round_ = build_round(session)
    _draw(session, clock, round_)
    with pytest.raises(ServiceError, match="税务局在本轮已经抽过样"):
        _draw(session, clock, round_, 4)
    _library(session, build_unit(session, "住建局"), 5)
    session.commit()
    with pytest.raises(ServiceError, match="税务局在本轮已经抽过样"):
        _draw(session, clock, round_, units=["税务局", "住建局"])
    result = _draw(session, clock, round_)
    assert [sample.unit for sample in result.samples] == ["住建局"]
    assert result.drawn_before == ("税务局",)
    assert len(_cases(session)) == 6


def test_the_reserve_is_kept_though_the_library_grows(session: Session, clock: FakeClock) -> None:
    unit = build_unit(session)
    _library(session, unit, 5)
    _draw(session, clock, build_round(session))
    _library(session, unit, 5)
    assert session.scalar(select(func.count()).select_from(SampleEntry)) == 5
    assert session.scalar(select(Sample.frame_size)) == 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": 0}, "1 至 10000"),
        ({"seed": "  "}, "封存的种子"),
        ({"seed": "长" * 201}, "封存的种子"),
        ({"units": ["没有的局"]}, "没有登记过责任单位「没有的局」"),
        ({"units": ["空局"]}, "空局还没有样本库"),
        ({"state": RoundState.CLOSED}, "不能再抽样"),
        ({"closes_in": timedelta(0)}, "请先改截止日期"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_nothing(
    session: Session, clock: FakeClock, change: dict[str, object], words: str
) -> None:
    _library(session, build_unit(session), 5)
    build_unit(session, "空局")
    asked: dict[str, Any] = {
        "size": 3,
        "seed": SEED,
        "state": RoundState.OPEN,
        "closes_in": timedelta(days=1),
    }
    asked |= change
    round_ = build_round(session, state=asked.pop("state"), closes_at=clock.now + asked.pop("closes_in"))
    session.commit()
    with pytest.raises(ServiceError, match=words):
        draw_samples(session, KEYS, round_, now=clock.now, **asked)
    for model in (Sample, SampleEntry, Case, CaseUnit):
        assert session.scalar(select(func.count()).select_from(model)) == 0


def test_units_without_library_are_left_out_and_named(session: Session, clock: FakeClock) -> None:
    build_unit(session, "空局")
    session.commit()
    with pytest.raises(ServiceError, match="空局还没有样本库"):
        _draw(session, clock, build_round(session))
    _library(session, build_unit(session, "税务局"), 5)
    result = _draw(session, clock, build_round(session, "2022-Q3"))
    assert result.without_library == ("空局",)
    assert session.scalars(select(AuditEvent).where(AuditEvent.action == "sample.draw")).one().details[
        "units"
    ] == {"税务局": result.samples[0].frame_digest}


def test_who_answered_before_a_late_draw_is_counted_as_ended(session: Session, clock: FakeClock) -> None:
    tax = build_unit(session, "税务局")
    (enterprise,) = _library(session, tax, 1)
    round_ = build_round(session)
    _draw(session, clock, round_)
    (case,) = _cases(session)
    build_answers(session, case, {tax.id: "satisfied"}, clock.now)
    build_frame_entry(session, build_unit(session, "住建局"), enterprise)
    (late,) = _draw(session, clock, round_).samples
    assert (late.size, late.ended) == (1, 1)


@pytest.fixture
def drawn(session: Session, clock: FakeClock) -> Callable[[int], tuple[Sample, list[reserves.AskedEntry]]]:
    """A round with one unit's sample of three from a library of `size`."""

    def drawn(size: int) -> tuple[Sample, list[reserves.AskedEntry]]:
        _library(session, build_unit(session, "税务局"), size)
        _draw(session, clock, build_round(session))
        sample = session.scalars(select(Sample)).one()
        return sample, reserves.asked_entries(session, sample)

    return drawn


def _end(session: Session, entry: reserves.AskedEntry, disposition: Disposition) -> None:
    entry.case.disposition, entry.case.closed = disposition, True
    session.flush()


@pytest.mark.parametrize(
    ("disposition", "reason"),
    [
        (Disposition.WRONG_NUMBER, "空号或错号"),
        (Disposition.DEREGISTERED, "企业已注销"),
        (Disposition.NO_DEALINGS, "未办理业务"),
    ],
)
def test_the_next_in_order_steps_in_with_the_reason(
    session: Session, clock: FakeClock, drawn: Callable, disposition: Disposition, reason: str
) -> None:
    sample, asked = drawn(6)
    _end(session, asked[1], disposition)
    assert reserves.call_in_reserve(session, KEYS, sample, 2, clock.now) == (4, reason)
    entries = reserves.asked_entries(session, sample)
    assert [entry.rank for entry in entries] == [1, 2, 3, 4]
    assert (entries[3].replaces_rank, entries[3].called_in_reason) == (2, reason)
    assert (entries[1].replaced_by, entries[3].case.closed) == (4, False)
    with pytest.raises(ConflictError, match="已经由第 4 位替换"):
        reserves.call_in_reserve(session, KEYS, sample, 2, clock.now)


def test_nobody_is_replaced_for_what_they_answered_or_refused(
    session: Session, clock: FakeClock, drawn: Callable
) -> None:
    sample, asked = drawn(6)
    build_answers(session, asked[0].case, {sample.unit_id: "dissatisfied"}, clock.now)
    _end(session, asked[1], Disposition.HARD_REFUSAL)
    session.commit()
    for rank in (1, 2, 3):
        with pytest.raises(ServiceError, match="才能由备选替换"):
            reserves.call_in_reserve(session, KEYS, sample, rank, clock.now)
    with pytest.raises(ServiceError, match="没有这一户"):
        reserves.call_in_reserve(session, KEYS, sample, 4, clock.now)


def test_who_had_no_dealings_is_replaced(session: Session, clock: FakeClock, drawn: Callable) -> None:
    sample, asked = drawn(6)
    build_answers(session, asked[0].case, {sample.unit_id: None}, clock.now)
    assert reserves.call_in_reserve(session, KEYS, sample, 1, clock.now) == (4, reserves.NO_DEALINGS)


def test_a_reserve_whose_part_is_over_is_passed_over_and_the_end_is_said(
    session: Session, clock: FakeClock, drawn: Callable
) -> None:
    sample, asked = drawn(5)
    fourth = session.scalars(select(SampleEntry).where(SampleEntry.rank == 4)).one()
    build_frame_entry(session, housing := build_unit(session, "住建局"), fourth.enterprise)
    _draw(session, clock, session.get_one(Round, sample.round_id))
    case = session.scalars(select(Case).where(Case.enterprise_id == fourth.enterprise_id)).one()
    build_answers(session, case, {housing.id: "satisfied"}, clock.now)
    for entry in asked[:2]:
        _end(session, entry, Disposition.DEREGISTERED)
    assert reserves.call_in_reserve(session, KEYS, sample, 1, clock.now)[0] == 5
    session.expire_all()
    assert (fourth.asked, fourth.passed_over) == (False, PassedOver.ENDED)
    with pytest.raises(ServiceError, match="备选已经用完"):
        reserves.call_in_reserve(session, KEYS, sample, 2, clock.now)


def test_all_gaps_are_filled_at_once_in_order(session: Session, clock: FakeClock, drawn: Callable) -> None:
    sample, asked = drawn(5)
    for entry in asked:
        _end(session, entry, Disposition.DEREGISTERED)
    (before,) = reserves.summaries(session, session.get_one(Round, sample.round_id))
    assert (before.asked, before.called_in, before.left, before.replaceable, before.fillable) == (
        3,
        0,
        2,
        3,
        2,
    )
    done = reserves.replace_all(session, KEYS, session.get_one(Round, sample.round_id), clock.now)
    assert (done.called_in, done.used_up) == (2, ("税务局",))
    assert [entry.replaced_by for entry in reserves.asked_entries(session, sample)] == [
        4,
        5,
        None,
        None,
        None,
    ]


def test_gaps_are_counted_as_they_are_listed(session: Session, clock: FakeClock) -> None:
    """Every result of a call, answered or not by link meanwhile, about this unit or not, and replaced or not."""
    round_, tax, housing = build_round(session), build_unit(session, "税务局"), build_unit(session, "住建局")
    for disposition in Disposition:
        for answers in (None, {tax: "satisfied"}, {tax: None}, {housing: "satisfied"}):
            case = build_case(session, round_, [tax])
            case.disposition, case.closed = disposition, disposition is not Disposition.SOFT_REFUSAL
            if answers is not None:
                build_answers(session, case, {unit.id: rating for unit, rating in answers.items()}, clock.now)
    build_case(session, round_, [housing]).closed = True
    sample = session.scalars(select(Sample).where(Sample.unit_id == tax.id)).one()
    for _ in range(2):
        listed = [entry for entry in reserves.asked_entries(session, sample) if entry.why_replaceable]
        waiting = [entry for entry in listed if entry.replaced_by is None]
        counted = {each.unit.id: each.replaceable for each in reserves.summaries(session, round_)}
        assert counted == {tax.id: len(waiting), housing.id: 0}
        build_case(session, round_, [tax]).units[0].sample_entry.replaces_rank = waiting[0].rank
        session.flush()
    assert len(waiting) == len(listed) - 1


def test_reserves_wait_until_the_round_is_open(session: Session, clock: FakeClock, drawn: Callable) -> None:
    sample, asked = drawn(6)
    _end(session, asked[0], Disposition.DEREGISTERED)
    session.get_one(Round, sample.round_id).state = RoundState.CLOSED
    session.commit()
    with pytest.raises(ServiceError, match="不在回访中"):
        reserves.call_in_reserve(session, KEYS, sample, 1, clock.now)
