"""The demonstration county's fieldwork: invitations, answers by link, and calls, over some working days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.call_queue import part_bit
from survey_app.domain.disposition import RULES, Disposition
from survey_app.domain.form_parser import parse_form
from survey_app.domain.message import MessageState
from survey_app.domain.mode import Mode
from survey_app.domain.sending import INVITATION, RECEIPT
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.message import Message
from survey_app.models.round import Round
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.notices import current_notice
from survey_app.schemes.scripts import load_script
from survey_app.services import responses
from survey_app.services.calling import hours_of
from survey_app.services.case_phones import phones_of
from survey_app.services.demo.answers import NO_DEALINGS, appraisal_about, form_about, ratings
from survey_app.services.invitations import best_mobiles, purpose_key
from survey_app.services.messages import queue_message
from survey_app.services.waiting_cases import SATISFACTION

# Of the enterprises that got a link by SMS, so many answer by it; of the rest, so many complete by telephone.
BY_LINK, BY_PHONE = 0.3, 0.65
# What ends the calls that are not completed, as often as a published round had them.
_LOST = (
    (Disposition.WRONG_NUMBER, 0.33),
    (Disposition.NO_ANSWER, 0.24),
    (Disposition.SOFT_REFUSAL, 0.23),
    (Disposition.HARD_REFUSAL, 0.20),
)
_BEFORE = (Disposition.NO_ANSWER, Disposition.BUSY, Disposition.PERSON_AWAY, Disposition.PHONE_OFF)
# One interviewer is through some interviews sooner than they can be read out.
_HURRIED = 11
_NOTES = {Disposition.WRONG_NUMBER: "接电话的人说不是这家企业"}


@dataclass
class _Plan:
    """What is to happen to one case: how it ends, when, and after which calls."""

    case: Case
    mode: Mode | None
    at: datetime
    calls: list[tuple[datetime, Disposition]] = field(default_factory=list)
    about: dict[int, str | None] = field(default_factory=dict)


def carry_out(
    session: Session,
    round_: Round,
    interviewers: Sequence[int],
    days: Sequence[date],
    random: Random,
    share: float,
    instrument: str = SATISFACTION,
) -> None:
    """Ask a survey's cases over `days`; `share` of them, in random order, are done, the rest still wait."""
    cases = list(
        session.scalars(
            select(Case)
            .options(joinedload(Case.units))
            .where(Case.round_id == round_.id, Case.instrument == instrument)
            .order_by(Case.id)
        ).unique()
    )
    _invite(session, round_, instrument, cases, days[0], random)
    random.shuffle(cases)
    done = cases[: round(len(cases) * share)]
    by_link = round(len(done) * BY_LINK)
    completed = round((len(done) - by_link) * BY_PHONE)
    plans = [_by_link(case, days, random) for case in done[:by_link]]
    plans += [_by_phone(case, days, random, True) for case in done[by_link : by_link + completed]]
    plans += [_by_phone(case, days, random, False) for case in done[by_link + completed :]]
    _rate(plans, random)
    for plan in sorted(plans, key=lambda each: each.at):
        _carry_out(session, round_, plan, interviewers, random)


def _invite(
    session: Session, round_: Round, instrument: str, cases: Sequence[Case], day: date, random: Random
) -> None:
    """Send everybody with a mobile number the invitation, as the outbox gateway would have."""
    sent = _moment(day, random, 9, 10)
    mobiles = best_mobiles(session, round_.id, instrument)
    for case in cases:
        if case.id not in mobiles:
            continue
        purpose = purpose_key(INVITATION, case.link_version)
        message = queue_message(session, case, INVITATION, purpose, mobiles[case.id], sent)
        if message is None:
            continue
        _deliver(message, sent)
        if random.random() >= 0.97:
            message.state, message.error = MessageState.FAILED, "号码已停机"
    session.commit()


def _deliver(message: Message, at: datetime) -> None:
    message.state = MessageState.DELIVERED
    message.gateway, message.attempts, message.segments = "outbox", 1, 2
    message.sent_at = message.settled_at = at


def _by_link(case: Case, days: Sequence[date], random: Random) -> _Plan:
    mode = Mode.SMS if random.random() < 0.7 else Mode.QR
    return _Plan(case, mode, _moment(random.choice(days), random, 9, 21))


def _by_phone(case: Case, days: Sequence[date], random: Random, completed: bool) -> _Plan:
    first = random.randrange(len(days))
    calls = []
    for n in range(random.choices((0, 1, 2), (55, 30, 15))[0]):
        day = days[min(first + n, len(days) - 1)]
        calls.append((_moment(day, random, 9, 11) + timedelta(minutes=5 * n), random.choice(_BEFORE)))
    at = _moment(days[min(first + len(calls), len(days) - 1)], random, 15, 17)
    if completed:
        return _Plan(case, Mode.PHONE, at, calls)
    lost = random.choices([each for each, _ in _LOST], [weight for _, weight in _LOST])[0]
    return _Plan(case, None, at, [*calls, (at, lost)])


def _rate(plans: Sequence[_Plan], random: Random) -> None:
    """Decide what each answer says; the shares are exact over the whole round."""
    about = [(plan, unit.unit_id) for plan in plans if plan.mode for unit in plan.case.units]
    rated = [pair for pair in about if random.random() >= NO_DEALINGS]
    for plan, unit_id in about:
        plan.about[unit_id] = None
    for (plan, unit_id), rating in zip(rated, ratings(len(rated), random), strict=True):
        plan.about[unit_id] = rating


def _carry_out(
    session: Session, round_: Round, plan: _Plan, interviewers: Sequence[int], random: Random
) -> None:
    interviewer = random.choice(interviewers)
    phone = phones_of(session, plan.case)[0].text
    for at, outcome in plan.calls:
        _call(session, plan.case, interviewer, phone, at, outcome, random)
    if plan.mode is None:
        session.commit()
        return
    if plan.mode is Mode.PHONE:
        _call(session, plan.case, interviewer, phone, plan.at, Disposition.COMPLETE, random)
        session.flush()
    units = [(unit.unit_id, unit.unit.name) for unit in plan.case.units]
    form: dict[str, Sequence[str]] = {}
    for unit_id, rating in plan.about.items():
        about = form_about if plan.case.instrument == SATISFACTION else appraisal_about
        form |= about(unit_id, rating, random)
    answers, errors = parse_form(load_instrument(round_.scheme_key, plan.case.instrument), units, form)
    if errors:
        raise RuntimeError(f"the demonstration's own answers are wrong: {errors[0].sentence}")
    took = timedelta(seconds=random.randint(60, 240))
    if interviewer == interviewers[-1] and plan.case.id % _HURRIED == 0:
        took = timedelta(seconds=15)
    responses.submit(
        session,
        plan.case.id,
        plan.mode,
        answers,
        plan.at,
        plan.at + took,
        _told(round_, plan),
        interviewer if plan.mode is Mode.PHONE else None,
    )
    receipt = session.scalar(
        select(Message).where(Message.case_id == plan.case.id, Message.purpose == RECEIPT)
    )
    if receipt is not None:
        _deliver(receipt, plan.at + took)
        session.commit()


def _told(round_: Round, plan: _Plan) -> str:
    """Return the version of what the enterprise was told about its personal data."""
    survey = (round_.scheme_key, plan.case.instrument)
    return load_script(*survey).version if plan.mode is Mode.PHONE else current_notice(*survey).version


def _call(
    session: Session,
    case: Case,
    interviewer: int,
    phone: str,
    at: datetime,
    outcome: Disposition,
    random: Random,
) -> None:
    rule = RULES[outcome]
    part = hours_of(session, case.round.scheme_key).part_of(at.astimezone(COUNTY_ZONE))
    session.add(
        ContactAttempt(
            case_id=case.id,
            interviewer_id=interviewer,
            phone=phone,
            started_at=at,
            ended_at=at + timedelta(seconds=random.randint(20, 300)),
            outcome=outcome.value,
            note=_NOTES.get(outcome, ""),
        )
    )
    case.attempts += 1
    if outcome is not Disposition.WRONG_NUMBER:
        case.counted_attempts += 1
        case.parts_tried |= part_bit(part)
    case.disposition = outcome
    case.closed = rule.final
    case.due_at = at + (rule.retry_after or timedelta())


def _moment(day: date, random: Random, first_hour: int, last_hour: int) -> datetime:
    clock = time(random.randint(first_hour, last_hour), random.randrange(60), random.randrange(60))
    return datetime.combine(day, clock, COUNTY_ZONE).astimezone(UTC)
