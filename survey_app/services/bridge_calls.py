"""Calls by the bridge: asked for once, kept from a second asking while it is unclear, moved on by reports."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.config import Settings
from survey_app.domain.call_bridge import (
    Asked,
    BridgeState,
    Leg,
    is_live,
    may_ask_again,
    shows_number,
    state_of,
)
from survey_app.domain.phone import Phone, read_phones
from survey_app.integrations.voice.bridge import (
    Accepted,
    BridgeCallRequest,
    CallBridge,
    LegReport,
    Refused,
    Unclear,
)
from survey_app.models.account import Account
from survey_app.models.bridge_call import BridgeCall, BridgeReport
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.interviews import begin_call

NOT_A_NUMBER = "您接听的电话应是一个 11 位手机号，或带区号的固定电话，不带分机"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BridgeView:
    """A bridge call as its page shows it: `reason` why it was refused or is unclear, `talk` None before its end.

    `address` is the enterprise's `tel:` address and `phone` the number, both None unless they may be seen.
    """

    state: BridgeState
    live: bool
    reason: str | None
    talk: timedelta | None
    phone: str | None
    address: str | None


def report_path(call_id: str) -> str:
    """Return the path below the public address that the provider's reports on a call come under."""
    return f"/hooks/voice/{call_id}"


def ask_for_call(
    session: Session,
    bridge: CallBridge,
    settings: Settings,
    case_id: int,
    interviewer_id: int,
    phone_index: int,
    interviewer_phone: str,
    now: datetime,
) -> None:
    """Write the call down as `begin_call` does, then ask the bridge for it; commits before and after asking.

    A call that is on its way, went through or may have been made is not asked for again. Raises what
    `begin_call` raises, and ServiceError naming the field own_phone for a number that can't be rung.
    """
    own = _own_phone(interviewer_phone)
    attempt = begin_call(session, case_id, interviewer_id, phone_index, now)
    called = _dialled(attempt)
    call = _write_down(session, attempt.id, own, now)
    if call is None:
        return
    request = BridgeCallRequest(own.e164, called.e164, called.extension, settings.link(report_path(call.id)))
    outcome = bridge.call(request)  # no transaction is open meanwhile
    call = _lock(session, call.id)
    match outcome:
        case Accepted(provider_id=provider_id):
            call.asked = Asked.ACCEPTED
            _bind(call, provider_id)
        case Refused(code=code, reason=reason):
            call.asked, call.error_code, call.error = Asked.REFUSED, code[:30], reason[:200]
        case Unclear(reason=reason):
            call.asked, call.error = Asked.UNCLEAR, reason[:200]
    log.info("bridge call %s: %s", call.id, call.asked)
    session.commit()


def record_report(session: Session, call_id: str, report: LegReport, now: datetime) -> None:
    """Record a genuine report, and bind the provider's id if it came before the answer to asking; commits.

    A report that came before changes nothing, nor does one on another of the provider's calls. Raises
    NotFoundError for a call that there is none of.
    """
    call = _lock(session, call_id)
    known = session.scalar(
        select(BridgeReport).where(
            BridgeReport.call_id == call_id,
            BridgeReport.leg == report.leg,
            BridgeReport.status == report.status,
        )
    )
    if _bind(call, report.provider_id):
        if known is None:
            session.add(
                BridgeReport(
                    call_id=call_id,
                    leg=report.leg,
                    status=report.status,
                    seconds=report.seconds,
                    received_at=now,
                )
            )
        elif known.seconds is None:
            known.seconds = report.seconds
    session.commit()


def bridge_view(session: Session, attempt: ContactAttempt | None, now: datetime) -> BridgeView | None:
    """Return the latest bridge call of an attempt, None where there is none."""
    call = _latest(session, attempt.id) if attempt else None
    if attempt is None or call is None:
        return None
    state = _state(call, now)
    seen = _dialled(attempt) if shows_number(state) else None
    talked = [
        each.seconds for each in call.reports if each.leg is Leg.ENTERPRISE and each.seconds is not None
    ]
    return BridgeView(
        state=state,
        live=is_live(state),
        reason=call.error if state in (BridgeState.REFUSED, BridgeState.UNKNOWN) else None,
        talk=timedelta(seconds=max(talked)) if state is BridgeState.ENDED and talked else None,
        phone=str(seen) if seen else None,
        address=f"tel:{seen.e164}{f';ext={seen.extension}' if seen.extension else ''}" if seen else None,
    )


def last_own_phone(session: Session, interviewer_id: int) -> str:
    """Return the number at which the interviewer took their last bridge call, else their account's, else ""."""
    return (
        session.scalar(
            select(BridgeCall.interviewer_phone)
            .join(ContactAttempt, ContactAttempt.id == BridgeCall.attempt_id)
            .where(ContactAttempt.interviewer_id == interviewer_id)
            .order_by(ContactAttempt.id.desc(), BridgeCall.number.desc())
            .limit(1)
        )
        or session.scalar(select(Account.phone).where(Account.id == interviewer_id))
        or ""
    )


def _write_down(session: Session, attempt_id: int, own: Phone, now: datetime) -> BridgeCall | None:
    """Commit a new call of the attempt; None where the latest one forbids it. The attempt's lock makes it one."""
    session.get(ContactAttempt, attempt_id, with_for_update=True, populate_existing=True)
    latest = _latest(session, attempt_id)
    if latest is not None and not may_ask_again(_state(latest, now)):
        session.rollback()
        return None
    call = BridgeCall(
        id=str(uuid4()),
        attempt_id=attempt_id,
        number=latest.number + 1 if latest else 1,
        interviewer_phone=str(own),
        asked=Asked.OPEN,
        requested_at=now,
    )
    session.add(call)
    session.commit()
    return call


def _latest(session: Session, attempt_id: int) -> BridgeCall | None:
    return session.scalar(
        select(BridgeCall)
        .where(BridgeCall.attempt_id == attempt_id)
        .order_by(BridgeCall.number.desc())
        .limit(1)
    )


def _lock(session: Session, call_id: str) -> BridgeCall:
    call = session.get(BridgeCall, call_id, with_for_update=True, populate_existing=True)
    if call is None:
        session.rollback()
        raise NotFoundError("没有这次代拨")
    return call


def _bind(call: BridgeCall, provider_id: str) -> bool:
    """Bind the provider's id to a call that has none; returns whether it is the call's own."""
    if call.provider_id not in (None, provider_id):
        log.error("bridge call %s: the provider has it twice", call.id)
        return False
    call.provider_id = provider_id
    return True


def _state(call: BridgeCall, now: datetime) -> BridgeState:
    news = max([call.requested_at, *(each.received_at for each in call.reports)])
    return state_of(call.asked, {(each.leg, each.status) for each in call.reports}, now - news)


def _own_phone(text: str) -> Phone:
    reading = read_phones(text)
    if len(reading.phones) != 1 or reading.faults or reading.phones[0].extension:
        raise ServiceError(NOT_A_NUMBER, "own_phone")
    return reading.phones[0]


def _dialled(attempt: ContactAttempt) -> Phone:
    phones = read_phones(attempt.phone).phones
    if len(phones) != 1:
        raise ServiceError("这个号码不能代拨，请登记为空号或错号，由营商办补充号码")
    return phones[0]
