"""Messages in the database: queued once, claimed by one worker, settled by what is certain."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.message import MessageState, advance, backoff, may_follow
from survey_app.domain.message_text import TemplateError, count_segments
from survey_app.integrations.sms.gateway import (
    Accepted,
    Ambiguous,
    OutgoingMessage,
    Rejected,
    SendOutcome,
    StatusReport,
    Throttled,
)
from survey_app.models.case import Case
from survey_app.models.message import Message
from survey_app.schemes.messages import load_templates
from survey_app.services.sms_silence import end_wait

# What a message says, derived from its case; raises ServiceError when it should no longer be sent.
VariablesFor = Callable[[Message], Mapping[str, str]]

log = logging.getLogger(__name__)


def callback_path(tail: str) -> str:
    """Return the path where the provider reports, below the public address; `tail` is mostly a message's id."""
    return f"/hooks/sms/{tail}"


def queue_message(
    session: Session,
    case: Case,
    template_key: str,
    purpose: str,
    phone: str,
    now: datetime,
    leaves_at: datetime | None = None,
) -> Message | None:
    """Queue a message in the caller's transaction; returns None when the case has one for `purpose`.

    It isn't sent before `leaves_at`, by default now.
    """
    if session.scalar(select(Message.id).where(Message.case_id == case.id, Message.purpose == purpose)):
        return None
    message = Message(
        id=str(uuid4()),
        case_id=case.id,
        purpose=purpose,
        template_key=template_key,
        phone=phone,
        state=MessageState.QUEUED,
        run_at=leaves_at or now,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(message)
    except IntegrityError:
        return None  # somebody else queued it between the question and the insert
    return message


def claim_next(
    session: Session, worker: str, gateway: str, now: datetime, lease: timedelta
) -> Message | None:
    """Claim the message that has waited longest, for `worker` until the lease ends; commits.

    Returns None when none is due. `lease` must be longer than a provider call can take.
    """
    while True:
        message = session.scalar(
            select(Message)
            .where(Message.state == MessageState.QUEUED, Message.run_at <= now)
            .order_by(Message.run_at, Message.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if message is None:
            session.rollback()
            return None
        claimed = session.scalar(
            update(Message)
            .where(
                Message.id == message.id,
                Message.state == MessageState.QUEUED,
                Message.attempts == message.attempts,
            )
            .values(
                state=MessageState.CLAIMED,
                attempts=message.attempts + 1,
                worker=worker,
                gateway=gateway,
                run_at=now + lease,
            )
            .returning(Message.id)
        )
        session.commit()
        if claimed is not None:
            return message


def compose(message: Message, variables_for: VariablesFor, callback_url: str | None) -> OutgoingMessage:
    """Render a message: the one place where templates and variables become a text.

    Raises TemplateError when the template and the variables don't fit, ServiceError from `variables_for`.
    """
    scheme = message.case.round.scheme_key
    key = f"{message.case.instrument}.{message.template_key}"
    template = load_templates(scheme).get(key)
    if template is None:
        raise TemplateError(f"评分方案 {scheme} 没有短信模板 {key}")
    variables = variables_for(message)
    return OutgoingMessage(
        message.id,
        message.phone,
        template.key,
        variables,
        template.render(variables),
        callback_url,
        message.created_at,
    )


def record_outcome(
    session: Session,
    message_id: str,
    attempts: int,
    outcome: SendOutcome,
    text: str,
    now: datetime,
    jitter: float,
) -> None:
    """Record what came of try number `attempts`; commits.

    The outcome of an earlier try than the last is ignored. One that comes after the lease still counts: it is
    certain, and the message's state isn't. `text` only serves to count segments.
    """
    message = lock_message(session, message_id)
    if message is None or message.attempts != attempts:
        session.rollback()
        log.warning("message %s: the outcome of try %d came too late", message_id, attempts)
        return
    match outcome:
        case Accepted(provider_id=provider_id, state=state, segments=segments):
            message.segments = segments or count_segments(text)
            settle(session, message, StatusReport(provider_id, state.value, state), now)
        case Rejected(code=code, reason=reason, opted_out=opted_out):
            failed = MessageState.FAILED
            settle(session, message, StatusReport("", failed.value, failed, code, reason, opted_out), now)
        case Throttled(retry_after=retry_after, code=code, reason=reason):
            if may_follow(message.state, MessageState.QUEUED):
                message.state = MessageState.QUEUED
                message.run_at = now + backoff(attempts, jitter, retry_after)
                message.error_code, message.error = code[:30], reason[:200]
        case Ambiguous(reason=reason):
            if message.state == MessageState.CLAIMED:
                message.state = MessageState.UNKNOWN
                message.run_at = now
                message.error_code, message.error = None, reason[:200]
    state = message.state
    session.commit()
    log.info("message %s: try %d, %s", message_id, attempts, state)


def sweep_expired(session: Session, now: datetime) -> int:
    """Make claimed messages whose lease is over unknown, since their worker may have sent them; commits.

    Returns how many.
    """
    swept = session.scalars(
        update(Message)
        .where(Message.state == MessageState.CLAIMED, Message.run_at <= now)
        .values(state=MessageState.UNKNOWN, run_at=now, error_code=None, error="发送中断，尚不知是否已发出")
        .returning(Message.id)
    ).all()
    session.commit()
    return len(swept)


def lock_message(session: Session, message_id: str) -> Message | None:
    """Read a message as it is now, and keep it from others until the transaction ends."""
    return session.get(Message, message_id, with_for_update=True, populate_existing=True)


def settle(session: Session, message: Message, report: StatusReport, now: datetime) -> None:
    """Bring into the message what is known of it: idempotent, and the same in whatever order the news come.

    News of another of the provider's messages than the one that is bound here changes nothing but is noted. A
    report without a state leaves the state as it is. The case of a message that failed need not wait for it.
    """
    provider_id, state = report.provider_id or None, report.state
    if provider_id is not None and message.provider_id not in (None, provider_id):
        log.error("message %s: the provider has it twice", message.id)
        message.error = "短信服务商处有两条相同的短信，请核对"
        return
    if provider_id is not None:
        message.provider_id = provider_id
    message.opted_out = message.opted_out or report.opted_out
    if state is None or advance(message.state, state) == message.state:
        return
    message.state = state
    if state == MessageState.FAILED:
        message.error_code = (report.error_code or "")[:30] or None
        message.error = (report.reason or "短信未送达")[:200]
        end_wait(session, message, now)
    else:
        message.error_code = message.error = None
        message.sent_at = message.sent_at or now
    if state != MessageState.SENT:
        message.settled_at = now
