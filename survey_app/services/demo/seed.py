"""The demonstration: a county with a finished first quarter and a second one under way, from a fixed seed."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.config import COUNTY_ZONE
from survey_app.domain.frame import read_frame
from survey_app.domain.mode import Mode
from survey_app.domain.quarter import Quarter
from survey_app.domain.roles import Role
from survey_app.domain.sheet import Row, Sheet
from survey_app.models.case import Case
from survey_app.models.response import Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import disavowals, draw_announcements, frames, publishing, rounds, samples
from survey_app.services.accounts import add_account
from survey_app.services.collaborators import Keys
from survey_app.services.demo import (
    back_checks,
    entries,
    fieldwork,
    ledgers,
    libraries,
    promises,
    rectification,
)
from survey_app.services.demo.county import CATEGORIES, County, make_county
from survey_app.services.waiting_cases import SATISFACTION

SEED = "方城演示县"
SAMPLE_SIZE = 30
APPRAISAL_SIZE = 10
# A round under way must take answers on the day the demonstration is looked at, whenever that is.
OPEN_FOR = timedelta(days=30)
# The tax bureau's own liaison, whose number its next library gives as an enterprise's.
STAFF_PHONE = "13937700001"
ACCOUNTS = (
    ("admin", "系统管理员", Role.ADMIN, None),
    ("office", "营商办王敏", Role.OFFICE, None),
    ("office2", "营商办刘洋", Role.OFFICE, None),
    ("commission", "纪委张伟", Role.COMMISSION, None),
    ("commission2", "纪委陈静", Role.COMMISSION, None),
    ("interviewer", "回访员李娜", Role.INTERVIEWER, None),
    ("interviewer2", "回访员周洋", Role.INTERVIEWER, None),
    ("interviewer3", "回访员孙平", Role.INTERVIEWER, None),
    ("supervisor", "监督员赵磊", Role.SUPERVISOR, None),
    ("supervisor2", "监督员吴静", Role.SUPERVISOR, None),
    ("supervisor3", "监督员徐超", Role.SUPERVISOR, None),
    ("tax", "税务局联络员", Role.UNIT, "税务局"),
)


@dataclass(frozen=True)
class DemoSignIn:
    """One account of the demonstration and its password."""

    username: str
    password: str
    role: Role


def seed_if_empty(
    engine: Engine,
    keys: Keys,
    clock: Clock,
    say: Callable[[str], None],
    keep: Callable[[list[DemoSignIn]], None],
) -> bool:
    """Fill an empty database, wholly or not at all; return whether it was empty.

    `say` is told of each step, and `keep` is given the sign-ins, whose passwords are random, before anything
    is stored for good.
    """
    # The services commit by themselves. Here that only ends a savepoint, so that a seeding which is
    # interrupted leaves the database as empty as it was, and the next start begins anew.
    with (
        engine.begin() as connection,
        Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session,
    ):
        if session.scalar(select(Unit.id).limit(1)) is not None:
            return False
        keep(_seed(session, keys, clock, say))
    return True


def _seed(session: Session, keys: Keys, clock: Clock, say: Callable[[str], None]) -> list[DemoSignIn]:
    random = Random(SEED)  # noqa: S311  (made-up numbers need no secrecy)
    start = _at(date(2022, 3, 1), 9)
    say("28 个责任单位、1600 家企业和登录账号")
    county = make_county(SEED)
    _units(session, county)
    sign_ins, ids = _accounts(session, start)
    session.commit()
    for n, unit in enumerate(county.units, 1):
        say(f"样本库 {n}/{len(county.units)}：{unit}")
        _library(session, county, unit, start)

    promises.enter(session, ids["office"], start)

    say("2022 年第一季度：抽样、回访")
    first = rounds.create_round(session, "2022-Q1", date(2022, 3, 25), start)
    office = ids["office"]
    _draw(session, keys, first, "2022-Q1 公开种子 20220307", date(2022, 3, 7), office)
    rounds.open_round(session, first, _at(date(2022, 3, 8), 8), office)
    interviewers = [ids["interviewer"], ids["interviewer2"], ids["interviewer3"]]
    fieldwork.carry_out(session, first, interviewers, _workdays(date(2022, 3, 8), 13), random, 1.0)
    checked = _at(date(2022, 3, 24), 15)
    chosen = Random(f"{SEED} 复核")  # noqa: S311
    back_checks.carry_out(session, keys.back_checks, interviewers, checked, chosen, 1.0)
    say("2022 年第一季度：填报、核定、公布")
    rounds.close_round(session, first, _at(date(2022, 3, 26), 9), office)
    entered = _at(date(2022, 3, 29), 15)
    supervisors = [ids["supervisor"], ids["supervisor2"], ids["supervisor3"]]
    entries.enter_office_items(session, first, office, entered, random, complete=True)
    entries.enter_marks(session, first, supervisors, entered, random)
    entries.enter_mass_appraisal(session, first, ids["commission"], entered, random)
    checked = _at(date(2022, 3, 30), 10)
    entries.approve(session, first, ids["office2"], checked)
    entries.approve(session, first, ids["commission2"], checked)
    both = (office, ids["office2"])
    ledgers.enter_first(session, first, both, ids["commission"], entered)
    publishing.finalise(session, first, office, _at(date(2022, 3, 31), 10))
    publishing.publish(session, first, ids["office2"], _at(date(2022, 4, 1), 9))
    say("2022 年第一季度：整改任务")
    rectification.carry_out(session, first, office)

    say("2022 年第二季度：抽样、回访到一半")
    second = rounds.create_round(session, "2022-Q2", _last_day(clock), _at(date(2022, 6, 6), 9))
    _draw(session, keys, second, "2022-Q2 公开种子 20220606", date(2022, 6, 6), office)
    rounds.open_round(session, second, _at(date(2022, 6, 7), 8), office)
    fieldwork.carry_out(session, second, interviewers, _workdays(date(2022, 6, 7), 6), random, 0.55)
    say("2022 年第二季度：纪委监委另行抽样、收集群众评")
    samples.draw_samples(
        session,
        keys,
        second,
        APPRAISAL_SIZE,
        "2022-Q2 群众评封存种子 5816-2207",
        _at(date(2022, 6, 8), 9),
        instrument="mass_appraisal",
        account_id=ids["commission"],
    )
    fieldwork.carry_out(
        session, second, interviewers, _workdays(date(2022, 6, 9), 4), random, 0.5, "mass_appraisal"
    )
    _disown(session, second, office, _at(date(2022, 6, 14), 10))
    checked = _at(date(2022, 6, 14), 17)
    back_checks.carry_out(session, keys.back_checks, interviewers, checked, chosen, 0.7)
    entries.enter_office_items(session, second, office, _at(date(2022, 6, 15), 15), random, complete=False)
    entries.approve(session, second, ids["office2"], _at(date(2022, 6, 16), 9), leave=6)
    entries.stand_back(session, ids["supervisor2"], _at(date(2022, 6, 16), 10))
    ledgers.enter_second(session, second, both, _at(date(2022, 6, 15), 16))
    say("下一季度：税务局已报送样本库")
    third = rounds.create_round(session, _following(clock), None, clock(), office)
    libraries.hand_in(session, county, third, ids["tax"], office, STAFF_PHONE, clock())
    session.commit()
    return sign_ins


def _draw(session: Session, keys: Keys, round_: Round, seed: str, day: date, office: int) -> None:
    """Announce the office's draw early on a day, and make it an hour later."""
    terms = draw_announcements.Terms(SAMPLE_SIZE, seed, sealed=False)
    draw_announcements.announce(session, round_, SATISFACTION, terms, _at(day, 9), office)
    samples.draw_announced(session, keys, round_, None, _at(day, 10), account_id=office)


def _units(session: Session, county: County) -> None:
    for position, name in enumerate(county.units, 1):
        session.add(Unit(name=name, category=CATEGORIES[name], position=position))
    session.flush()


def _accounts(session: Session, now: datetime) -> tuple[list[DemoSignIn], dict[str, int]]:
    made, ids = [], {}
    for username, display_name, role, unit in ACCOUNTS:
        password = secrets.token_urlsafe(9)
        phone = STAFF_PHONE if unit else ""
        account = add_account(session, username, display_name, password, role, now, unit, phone)
        session.flush()
        ids[username] = account.id
        made.append(DemoSignIn(username, password, role))
    return made, ids


def _library(session: Session, county: County, unit: str, now: datetime) -> None:
    """Store a unit's library through the same reading that a real file goes through."""
    rows = [Row(1, libraries.HEADINGS, False)]
    for number, (firm, matter) in enumerate(county.libraries[unit], 2):
        rows.append(Row(number, (firm.name, firm.credit_code, firm.contact, firm.phone, matter), False))
    reading = read_frame([Sheet("样本库", tuple(rows), False)], unit)
    frames.store_reading(session, reading, f"{unit}样本库.xlsx", "0" * 64, now)


def _disown(session: Session, round_: Round, office: int, now: datetime) -> None:
    """One enterprise calls, with the receipt of its SMS, to say that it filled nothing in."""
    code = session.scalars(
        select(Response.receipt_code)
        .join(Case, Case.id == Response.case_id)
        .where(Case.round_id == round_.id, Case.instrument == SATISFACTION, Response.mode == Mode.QR)
        .order_by(Response.id)
    ).first()
    if code:
        said = "收到回执短信，但公司没有人填过，请核实。"
        disavowals.note_call(session, round_, code, said, "", office, now)


def _workdays(first: date, count: int) -> list[date]:
    days: list[date] = []
    day = first
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return days


def _last_day(clock: Clock) -> date:
    return (clock() + OPEN_FOR).astimezone(COUNTY_ZONE).date()


def _following(clock: Clock) -> str:
    """The quarter after the one that the demonstration is looked at in."""
    today = clock().astimezone(COUNTY_ZONE)
    present = (today.month - 1) // 3
    return str(Quarter(today.year + (present + 1) // 4, (present + 1) % 4 + 1))


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), COUNTY_ZONE).astimezone(UTC)
