"""Settling messages by what the provider says: by its callbacks, and by its list of messages."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey_app.domain.message import MAX_ABSENCES, MessageState, after_absence
from survey_app.integrations.sms.gateway import Found, Lookup, LookupFailed, NotFound, StatusReport
from survey_app.models.message import Message, MessageEvent
from survey_app.services.errors import NotFoundError
from survey_app.services.messages import lock_message, settle

log = logging.getLogger(__name__)


def record_callback(session: Session, message_id: str, report: StatusReport, now: datetime) -> None:
    """Record a verified report, and bind the provider's id if it came before the answer to sending; commits.

    A report that came before changes nothing. Raises NotFoundError for a message that there is none of.
    """
    message = lock_message(session, message_id)
    if message is None:
        session.rollback()
        raise NotFoundError("没有这条短信")
    provider_id, status = report.provider_id[:64], report.status[:30]
    known = session.scalar(
        select(MessageEvent.id).where(
            MessageEvent.message_id == message_id,
            MessageEvent.provider_id == provider_id,
            MessageEvent.status == status,
        )
    )
    if known is not None:
        session.rollback()
        return
    session.add(
        MessageEvent(
            message_id=message_id,
            provider_id=provider_id,
            status=status,
            error_code=report.error_code[:30] if report.error_code else None,
            received_at=now,
        )
    )
    if report.state is not None:
        settle(session, message, replace(report, provider_id=provider_id), now)
    session.commit()


def claim_lookup(session: Session, gateway: str, now: datetime, gap: timedelta) -> Message | None:
    """Claim an unknown message for one look at the provider's list, the next one after `gap`; commits.

    Returns None when none is due. A message that another gateway was given isn't looked for at this one.
    """
    while True:
        message = session.scalar(
            select(Message)
            .where(
                Message.state == MessageState.UNKNOWN,
                Message.run_at <= now,
                Message.gateway == gateway,
                Message.absences < MAX_ABSENCES,
            )
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
                Message.state == MessageState.UNKNOWN,
                Message.run_at == message.run_at,
            )
            .values(run_at=now + gap, looked_up_at=now)
            .returning(Message.id)
        )
        session.commit()
        if claimed is not None:
            return message


def record_lookup(session: Session, message_id: str, attempts: int, lookup: Lookup, now: datetime) -> None:
    """Record what the provider's list showed of an unknown message; commits.

    Missing twice, it is queued again while a send is left; after that it stays unknown, for staff or a
    callback.
    """
    message = lock_message(session, message_id)
    if message is None or message.state != MessageState.UNKNOWN or message.attempts != attempts:
        session.rollback()
        return  # settled meanwhile
    match lookup:
        case Found(reports=reports):
            ours = _not_bound_elsewhere(session, message_id, reports)
            if ours is None:
                _note_absence(message, now)
            else:
                settle(session, message, replace(ours, state=ours.state or MessageState.SENT), now)
        case NotFound():
            _note_absence(message, now)
        case LookupFailed(reason=reason):
            log.error("message %s: unknown, and the provider's list can't be read", message_id)
            message.error = reason[:200]
    state = message.state
    session.commit()
    log.info("message %s: looked up after try %d, %s", message_id, attempts, state)


def _note_absence(message: Message, now: datetime) -> None:
    message.absences += 1
    message.state = after_absence(message.absences)
    if message.state == MessageState.QUEUED:
        message.run_at = now
    elif message.absences >= MAX_ABSENCES:
        message.error = "多次查询均无发送记录，已停止自动重发，请人工处理"
        log.error("message %s: still unknown after its last look-up", message.id)


def _not_bound_elsewhere(
    session: Session, message_id: str, reports: tuple[StatusReport, ...]
) -> StatusReport | None:
    """Return the first report that isn't about another row's message: two reminders may read the same."""
    taken = set(
        session.scalars(
            select(Message.provider_id).where(
                Message.provider_id.in_([report.provider_id for report in reports]), Message.id != message_id
            )
        )
    )
    return next((report for report in reports if report.provider_id not in taken), None)
