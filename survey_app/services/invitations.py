"""邀请 and 催答: who would get an SMS and why others not, queueing it, and what it says."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, object_session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.message import MessageState
from survey_app.domain.message_text import count_segments
from survey_app.domain.phone import PhoneKind
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.receipt import RECEIPT_LENGTH, disown_token
from survey_app.domain.sending import ASKING, INVITATION, ONE_NUMBER_EVERY, RECEIPT, REMINDER, leaves_at
from survey_app.domain.text import N_
from survey_app.models.added_phone import AddedPhone
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import Enterprise, FrameEntry
from survey_app.models.message import Message
from survey_app.models.response import Response
from survey_app.models.round import Round, SampleEntry
from survey_app.schemes.loader import load_scheme
from survey_app.schemes.messages import load_sending, load_templates
from survey_app.services import audit
from survey_app.services.calling import hours_of
from survey_app.services.case_phones import WRONG, phone_text
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.messages import VariablesFor, queue_message
from survey_app.services.personal_links import personal_link
from survey_app.services.round_locks import hold_for_sending
from survey_app.services.sms_refusals import refusing
from survey_app.services.sms_silence import wait_for_answer
from survey_app.services.surveys import contact_phone, owner_in, require_asker
from survey_app.services.waiting_cases import SATISFACTION, has_response, round_takes_calls

PURPOSE_NAMES = {INVITATION: N_("邀请短信"), REMINDER: N_("催答短信")}


@dataclass(frozen=True)
class Recipient:
    """An enterprise of the list that is shown before sending; `phone` is "" where none takes an SMS."""

    public_id: str
    enterprise: str
    phone: str = ""


@dataclass(frozen=True)
class SendPlan:
    """What sending would do now; every case of the round is in exactly one of the groups.

    `no_mobile` have only numbers that take no SMS; `refused` a number that wants none; `held_back` share a number
    that got its share for now, of which there are `share` a round; `not_invited` (reminders only) haven't got the
    invitation. `text` is the message to a recipient with its link left open, `segments` how many parts one
    message has, `cost` what all of them cost, in yuan. `receipt_segments` are those of the SMS that every answer
    costs besides; 0: the scheme sends none. They leave at `leaves_at`, the present unless another survey sent
    within a day.
    """

    purpose: str
    recipients: tuple[Recipient, ...]
    no_mobile: tuple[Recipient, ...]
    refused: tuple[Recipient, ...]
    held_back: tuple[Recipient, ...]
    share: int
    leaves_at: datetime
    sent_before: int
    answered: int
    ended: int
    not_invited: int
    text: str
    segments: int
    cost: Decimal
    receipt_segments: int


@dataclass(frozen=True)
class _Candidate:
    id: int
    public_id: str
    link_version: int
    closed: bool
    enterprise: str
    answered: bool


def plan(
    session: Session,
    collaborators: Collaborators,
    round_: Round,
    purpose: str,
    now: datetime,
    instrument: str = SATISFACTION,
) -> SendPlan:
    """Return whom a survey's invitation or reminder would go to now, and who is left out and why.

    Raises ServiceError for a purpose that is none, and SettingsError without PUBLIC_BASE_URL.
    """
    if purpose not in PURPOSE_NAMES:
        raise ServiceError("短信的种类只能是邀请或催答")
    candidates = _candidates(session, round_.id, instrument)
    mobiles = best_mobiles(session, round_.id, instrument)
    sent = _sent(session, round_.id, instrument)
    rules = load_sending(round_.scheme_key)
    share = rules.share.get(instrument, 0)
    refuses = refusing(session, collaborators.keys, owner_in(round_, instrument))
    leaves = leaves_at(now, _last_of_others(session, round_.id, instrument))
    if round_.closes_at is not None and now < round_.closes_at <= leaves:
        raise ServiceError("另一项调查一天内刚发过短信，等满一天本轮就截止了：请改用电话联系")
    recent, totals = _sent_to_numbers(session, round_.id, instrument, leaves)
    recipients: list[Recipient] = []
    no_mobile: list[Recipient] = []
    refused: list[Recipient] = []
    held_back: list[Recipient] = []
    counts: Counter[str] = Counter()
    for case in candidates:
        phone = mobiles.get(case.id)
        recipient = Recipient(case.public_id, case.enterprise, phone or "")
        if case.answered:
            counts["answered"] += 1
        elif case.closed:
            counts["ended"] += 1
        elif (case.id, purpose_key(purpose, case.link_version)) in sent:
            counts["sent_before"] += 1
        elif purpose == REMINDER and (case.id, purpose_key(INVITATION, case.link_version)) not in sent:
            counts["not_invited"] += 1
        elif phone is None:
            no_mobile.append(recipient)
        elif refuses(phone):
            refused.append(recipient)
        elif phone in recent or totals.get(phone, 0) >= share:
            held_back.append(recipient)
        else:
            recipients.append(recipient)
            recent.add(phone)
    text = _example(collaborators, round_, instrument, purpose)
    segments = count_segments(text)
    return SendPlan(
        purpose=purpose,
        recipients=tuple(recipients),
        no_mobile=tuple(no_mobile),
        refused=tuple(refused),
        held_back=tuple(held_back),
        share=share,
        leaves_at=leaves,
        sent_before=counts["sent_before"],
        answered=counts["answered"],
        ended=counts["ended"],
        not_invited=counts["not_invited"],
        text=text,
        segments=segments,
        cost=rules.price * segments * len(recipients),
        receipt_segments=_receipt_segments(collaborators, round_, instrument),
    )


def invite(
    session: Session,
    collaborators: Collaborators,
    round_: Round,
    purpose: str,
    now: datetime,
    *,
    expected: int | None = None,
    account_id: int | None = None,
    instrument: str = SATISFACTION,
) -> int:
    """Queue the messages of the plan and return how many; commits. A second call finds nothing left to queue.

    `expected` is the number that a person agreed to: where it has changed since, nothing is queued and
    ConflictError is raised. Raises ServiceError when the round takes no answers, or the account doesn't ask
    with this questionnaire.
    """
    held = hold_for_sending(session, round_)
    try:
        require_asker(session, held, instrument, account_id)
        if not round_takes_calls(held, now):
            raise ServiceError(f"{parse_quarter(held.quarter).title}不在回访中，不能发短信")
        planned = plan(session, collaborators, held, purpose, now, instrument)
        if expected is not None and expected != len(planned.recipients):
            raise ConflictError(
                f"要发的条数已从 {expected} 变为 {len(planned.recipients)}，什么都没有发：请重新核对后再确认"
            )
        queued, hours = 0, hours_of(session, held.scheme_key)
        for recipient in planned.recipients:
            case = session.scalars(select(Case).where(Case.public_id == recipient.public_id)).one()
            key = purpose_key(purpose, case.link_version)
            message = queue_message(session, case, purpose, key, recipient.phone, now, planned.leaves_at)
            if message is not None:
                queued += 1
                wait_for_answer(case, planned.leaves_at, hours)
        if queued:
            audit.record(
                session,
                now,
                account_id,
                f"message.{purpose}",
                "round",
                held.id,
                queued=queued,
                instrument=instrument,
            )
        session.commit()
    except ServiceError:
        session.rollback()
        raise
    return queued


def message_variables(collaborators: Collaborators) -> VariablesFor:
    """Return what gives a message its variables just before it is sent.

    It raises ServiceError when the message has no sense any more: answered, closed, or the round over.
    """

    def variables_for(message: Message) -> Mapping[str, str]:
        case, session = message.case, object_session(message)
        if session is None:
            raise ServiceError("短信没有对应的数据库会话")
        if message.template_key in ASKING:
            if has_response(session, case.id):
                raise ServiceError("企业已经答复，不再发送")
            if case.closed:
                raise ServiceError("这一户已经结束，不再发送")
            if not round_takes_calls(case.round, collaborators.clock()):
                raise ServiceError("本轮已经截止，不再发送")
            if refusing(session, collaborators.keys, owner_in(case.round, case.instrument))(message.phone):
                raise ServiceError("这个号码已谢绝短信，不再发送")
        return text_variables(collaborators, message)

    return variables_for


def text_variables(collaborators: Collaborators, message: Message) -> Mapping[str, str]:
    """Return the variables that a message's text is made of, whether or not it should still be sent."""
    case, session = message.case, object_session(message)
    if message.template_key in ASKING:
        url, code = personal_link(collaborators, case)
        return {"url": sms_address(url), "code": code, "deadline": deadline(case.round)}
    receipt = (
        session.scalar(select(Response.receipt_code).where(Response.case_id == case.id)) if session else None
    )
    return _receipt_variables(collaborators, case.round.scheme_key, case.instrument, receipt)


def _receipt_variables(
    collaborators: Collaborators, scheme_key: str, instrument: str, receipt: str | None
) -> Mapping[str, str]:
    """Return those that the scheme's text has: where carriers take no link of one's own, it has none."""
    wanted = load_templates(scheme_key)[f"{instrument}.{RECEIPT}"].variables
    phone = contact_phone(collaborators.settings, scheme_key, instrument)
    found = {"receipt": receipt or "—", "phone": phone or "—"}
    if "url" in wanted:
        token = disown_token(collaborators.keys.disavowals, receipt or "")
        found["url"] = sms_address(collaborators.settings.link(f"/n/{token}"))
    return {name: found[name] for name in wanted if name in found}


def sms_address(url: str) -> str:
    """Return a personal address as an SMS carries it, so that the answer's channel is known."""
    return f"{url}?m=s"


def deadline(round_: Round) -> str:
    """Return the day before which to answer, as SMS and labels say it; the round closes when it begins."""
    if round_.closes_at is None:
        raise ServiceError("本轮没有截止日期：请先设定截止日期")
    day = round_.closes_at.astimezone(COUNTY_ZONE)
    return f"{day.month}月{day.day}日"


def purpose_key(purpose: str, link_version: int) -> str:
    """Return the purpose that a message is stored under: a replaced link may be told again."""
    return purpose if link_version == 1 else f"{purpose}-{link_version}"


def best_mobiles(session: Session, round_id: int, instrument: str) -> dict[int, str]:
    """Return each case's first mobile number that no call found to be wrong, by case id."""
    wrong: dict[int, set[str]] = {}
    for case_id, phone in session.execute(
        select(ContactAttempt.case_id, ContactAttempt.phone)
        .join(Case, Case.id == ContactAttempt.case_id)
        .where(Case.round_id == round_id, ContactAttempt.outcome == WRONG.value)
    ):
        wrong.setdefault(case_id, set()).add(phone)
    rows = session.execute(
        select(CaseUnit.case_id, FrameEntry.phones)
        .join(Case, Case.id == CaseUnit.case_id)
        .join(SampleEntry, SampleEntry.id == CaseUnit.sample_entry_id)
        .join(FrameEntry, FrameEntry.id == SampleEntry.frame_entry_id)
        .where(Case.round_id == round_id, Case.instrument == instrument)
        .order_by(CaseUnit.case_id, FrameEntry.id)
    )
    found: dict[int, str] = {}
    for case_id, phones in rows:
        number = first_mobile(phones, wrong.get(case_id, ()))
        if number is not None:
            found.setdefault(case_id, number)
    added = session.execute(
        select(AddedPhone.case_id, AddedPhone.number)
        .join(Case, Case.id == AddedPhone.case_id)
        .where(
            Case.round_id == round_id,
            Case.instrument == instrument,
            AddedPhone.kind == PhoneKind.MOBILE,
        )
        .order_by(AddedPhone.id)
    )
    for case_id, number in added:
        if number not in wrong.get(case_id, ()):
            found.setdefault(case_id, number)
    return found


def first_mobile(phones: Sequence[Mapping[str, str]], wrong: Collection[str]) -> str | None:
    """Return the first of a library entry's numbers that takes an SMS and isn't among the wrong ones."""
    for phone in phones:
        number = phone["number"]
        if phone["kind"] == "mobile" and phone_text(number, phone.get("extension", "")) not in wrong:
            return number
    return None


def _candidates(session: Session, round_id: int, instrument: str) -> list[_Candidate]:
    rows = session.execute(
        select(
            Case.id, Case.public_id, Case.link_version, Case.closed, Enterprise.name, Response.id.is_not(None)
        )
        .join(Enterprise, Enterprise.id == Case.enterprise_id)
        .outerjoin(Response, Response.case_id == Case.id)
        .where(Case.round_id == round_id, Case.instrument == instrument)
        .order_by(Case.id)
    )
    return [_Candidate(*row) for row in rows]


def _sent(session: Session, round_id: int, instrument: str) -> set[tuple[int, str]]:
    rows = session.execute(
        select(Message.case_id, Message.purpose)
        .join(Case, Case.id == Message.case_id)
        .where(Case.round_id == round_id, Case.instrument == instrument)
    )
    return {(case_id, purpose) for case_id, purpose in rows}


def _sent_to_numbers(
    session: Session, round_id: int, instrument: str, leaves: datetime
) -> tuple[set[str], dict[str, int]]:
    """Return the numbers that had a message for this survey within a day before `leaves`, and how many each had in this round.

    Another survey's messages don't count, or who was held back would show whom the other one asks: that one has
    its own share, and the two don't send within a day of each other. Nor do receipts, which nobody sends but
    whoever answers.
    """
    counted = (
        Message.state != MessageState.FAILED,
        Message.template_key.in_(ASKING),
        Case.instrument == instrument,
    )
    recent = session.scalars(
        select(Message.phone)
        .join(Case, Case.id == Message.case_id)
        .where(_leaves_or_left() > leaves - ONE_NUMBER_EVERY, *counted)
    )
    totals = session.execute(
        select(Message.phone, func.count())
        .join(Case, Case.id == Message.case_id)
        .where(Case.round_id == round_id, *counted)
        .group_by(Message.phone)
    )
    return set(recent), dict(totals.all())


def _leaves_or_left() -> ColumnElement[datetime]:
    return func.coalesce(Message.sent_at, Message.run_at)


def _last_of_others(session: Session, round_id: int, instrument: str) -> datetime | None:
    """Return when the last message of the round's other surveys leaves or left."""
    return session.scalar(
        select(func.max(_leaves_or_left()))
        .join(Case, Case.id == Message.case_id)
        .where(
            Case.round_id == round_id,
            Case.instrument != instrument,
            Message.state != MessageState.FAILED,
            Message.template_key.in_(ASKING),
        )
    )


def _example(collaborators: Collaborators, round_: Round, instrument: str, purpose: str) -> str:
    """Return the text with a link and a code of the right length that are nobody's."""
    template = load_templates(round_.scheme_key)[f"{instrument}.{purpose}"]
    url = sms_address(collaborators.settings.link(f"/s/{'x' * 22}"))
    return template.render({"url": url, "code": "XXXXXXXX", "deadline": deadline(round_)})


def _receipt_segments(collaborators: Collaborators, round_: Round, instrument: str) -> int:
    if not load_scheme(round_.scheme_key).receipt_sms:
        return 0
    variables = _receipt_variables(collaborators, round_.scheme_key, instrument, "X" * RECEIPT_LENGTH)
    return count_segments(load_templates(round_.scheme_key)[f"{instrument}.{RECEIPT}"].render(variables))
