"""谢绝短信: each asker's own list of numbers that get no more of its messages, kept without the numbers."""

import hmac
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.phone import read_phones
from survey_app.domain.phone_mask import mask_phone
from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.message import Message
from survey_app.models.round import Round
from survey_app.models.sms_refusal import SmsRefusal
from survey_app.services import audit
from survey_app.services.collaborators import Keys
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.surveys import asked_by_role

MAX_REASON = 100


def refusals(session: Session, asker: Role) -> list[SmsRefusal]:
    """Return the numbers that an asker entered, the newest first."""
    return list(
        session.scalars(select(SmsRefusal).where(SmsRefusal.asker == asker).order_by(SmsRefusal.id.desc()))
    )


def opted_out_numbers(session: Session, asker: Role) -> list[str]:
    """Return the numbers that the provider, asked to send for this asker, said want no messages; sorted."""
    found = (
        select(Message.phone)
        .join(Case, Case.id == Message.case_id)
        .join(Round, Round.id == Case.round_id)
        .where(Message.opted_out, asked_by_role(session, asker))
    )
    return sorted(set(session.scalars(found)))


def refusing(session: Session, keys: Keys, asker: Role) -> Callable[[str], bool]:
    """Return what says of a number whether it gets no more of an asker's messages."""
    hashes = {each.phone_hash for each in refusals(session, asker)}
    reported = set(opted_out_numbers(session, asker))
    return lambda phone: phone in reported or _hash(keys, phone) in hashes


def refuse(
    session: Session, keys: Keys, asker: Role, typed: str, reason: str, now: datetime, account_id: int
) -> SmsRefusal:
    """Put a mobile number on an asker's list; commits. One that is there already stays as it is.

    Raises ServiceError naming the field that is wrong.
    """
    mobiles = {phone.number for phone in read_phones(typed).phones if phone.takes_sms}
    if len(mobiles) != 1:
        raise ServiceError("请填写一个手机号，例如 13800138000", "phone")
    if not reason.strip():
        raise ServiceError("请写明原因，例如：企业来电要求不再发短信", "reason")
    if len(reason.strip()) > MAX_REASON:
        raise ServiceError(f"原因最多 {MAX_REASON} 个字，请缩短", "reason")
    (number,) = mobiles
    listed = SmsRefusal(
        asker=asker,
        phone_hash=_hash(keys, number),
        phone_mask=mask_phone(number),
        reason=reason.strip(),
        entered_by_id=account_id,
        entered_at=now,
    )
    try:
        with session.begin_nested():
            session.add(listed)
    except IntegrityError:
        found = select(SmsRefusal).where(
            SmsRefusal.asker == asker, SmsRefusal.phone_hash == _hash(keys, number)
        )
        return session.scalars(found).one()
    audit.record(session, now, account_id, "sms_refusal.entered", "sms_refusal", listed.id)
    session.commit()
    return listed


def allow_again(session: Session, asker: Role, refusal_id: int, now: datetime, account_id: int) -> str:
    """Take a number off an asker's list and return its mask; commits. Raises NotFoundError for another's."""
    listed = session.get(SmsRefusal, refusal_id)
    if listed is None or listed.asker is not asker:
        raise NotFoundError("名单里没有这个号码：可能已被移出")
    mask = listed.phone_mask
    session.delete(listed)
    audit.record(session, now, account_id, "sms_refusal.removed", "sms_refusal", refusal_id)
    session.commit()
    return mask


def _hash(keys: Keys, phone: str) -> str:
    """Return what is stored of a number; keyed, since all mobile numbers could be tried out."""
    return hmac.digest(keys.refusals, phone.removeprefix("+86").encode(), "sha256").hex()
