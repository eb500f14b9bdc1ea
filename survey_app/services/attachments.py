"""附件: taking files as evidence, at a ledger's entry, a unit's item or an item of the whole round."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, joinedload, undefer

from survey_app.domain.file_name import clean_name
from survey_app.domain.roles import Role
from survey_app.domain.scheme import Answered
from survey_app.domain.sheet import UnusableFileError
from survey_app.domain.text import Text
from survey_app.integrations.attachment_types import file_type
from survey_app.models.account import Account
from survey_app.models.attachment import Attachment
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.items import current_entries, entries_in_force
from survey_app.services.ledgers import find_entry
from survey_app.services.round_locks import hold_for_entry, hold_for_freezing
from survey_app.services.written_reasons import required_reason

MOST_AT_A_PLACE = 20


@dataclass(frozen=True)
class Place:
    """Where an attachment belongs: an item, of one unit or (None) of the whole round, or one ledger entry."""

    item: str
    unit_id: int | None = None
    ledger_entry_id: int | None = None


def place_of_entry(session: Session, round_: Round, entry_id: int) -> Place:
    """Return the place of a ledger's entry; raise NotFoundError when there is none."""
    entry = find_entry(session, round_, entry_id)
    return Place(entry.item, entry.unit_id, entry.id)


def attachments_at(session: Session, round_: Round, place: Place) -> list[Attachment]:
    """Return the files at a place without their content, withdrawn ones last."""
    return list(
        session.scalars(
            select(Attachment)
            .options(joinedload(Attachment.uploaded_by))
            .where(*_at(round_, place))
            .order_by(Attachment.withdrawn_at.is_not(None), Attachment.id)
        )
    )


def upload(
    session: Session,
    round_: Round,
    place: Place,
    filename: str,
    content: bytes,
    account_id: int,
    now: datetime,
) -> Attachment:
    """Keep a file as evidence; commits.

    Raises ServiceError (field "file") for a file that is not taken or is there already, for who may not add to
    this place, or where the round is frozen.
    """
    _require_owner(session, round_, place.item, account_id)
    if not filename and not content:
        raise ServiceError("还没有选择文件：请选择扫描件、照片或文档", "file")
    try:
        kind = file_type(content)
    except UnusableFileError as error:
        raise ServiceError(str(error), "file") from error
    hold_for_freezing(session, round_)  # of two that come at once one waits, and sees what the other brought
    hold_for_entry(session, round_)
    digest = hashlib.sha256(content).hexdigest()
    there = [each for each in attachments_at(session, round_, place) if each.withdrawn_at is None]
    same = next((each for each in there if each.sha256 == digest), None)
    if same is not None:
        raise ServiceError(f"这份文件已经上传过（{same.filename}），不必再传", "file")
    if len(there) >= MOST_AT_A_PLACE:
        raise ServiceError(f"一处最多 {MOST_AT_A_PLACE} 个附件，请合并成一份 PDF，或先撤下不要的", "file")
    attachment = Attachment(
        round_id=round_.id,
        unit_id=place.unit_id,
        item=place.item,
        ledger_entry_id=place.ledger_entry_id,
        filename=clean_name(filename, kind.ending),
        media_type=kind.media_type,
        size=len(content),
        sha256=digest,
        content=content,
        uploaded_by_id=account_id,
        uploaded_at=now,
    )
    session.add(attachment)
    session.flush()
    _record(session, round_, attachment, "upload", account_id, now)
    session.commit()
    return attachment


def find_attachment(session: Session, attachment_id: int) -> Attachment:
    """Return an attachment without its content; raise NotFoundError when there is none."""
    found = session.scalar(
        select(Attachment)
        .options(joinedload(Attachment.uploaded_by))
        .where(Attachment.id == attachment_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError("没有这个附件：请从所在页面重新进入")
    return found


def content_of(session: Session, attachment_id: int) -> Attachment:
    """Return an attachment with its content; raise NotFoundError when there is none.

    Raises ServiceError when the bytes are no longer those that were sent.
    """
    found = session.scalar(
        select(Attachment).options(undefer(Attachment.content)).where(Attachment.id == attachment_id)
    )
    if found is None:
        raise NotFoundError("没有这个附件：请从所在页面重新进入")
    if hashlib.sha256(found.content).hexdigest() != found.sha256:
        raise ServiceError("这个附件与上传时的校验码不符，不能使用：请联系系统管理员核查")
    return found


def withdraw_attachment(
    session: Session, round_: Round, attachment_id: int, reason: str, account_id: int, now: datetime
) -> Attachment:
    """Take an attachment out of the evidence; it stays in the record with the reason; commits.

    Raises ServiceError (field "reason") without a reason, ConflictError where it is withdrawn already.
    """
    found = find_attachment(session, attachment_id)
    if found.round_id != round_.id:
        raise NotFoundError("没有这个附件：请从所在页面重新进入")
    _require_owner(session, round_, found.item, account_id)
    hold_for_entry(session, round_)
    reason = required_reason(reason, "撤下的原因")
    withdrawn = session.execute(
        update(Attachment)
        .where(Attachment.id == found.id, Attachment.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by_id=account_id, withdrawn_reason=reason)
        .execution_options(synchronize_session=False)
        .returning(Attachment.id)
    ).all()
    if not withdrawn:
        session.rollback()
        raise ConflictError("这个附件已经撤下，请刷新后再看")
    session.refresh(found)
    _record(session, round_, found, "withdraw", account_id, now)
    session.commit()
    return found


def counts_at_items(session: Session, round_id: int) -> dict[tuple[int | None, str], int]:
    """Return how many files are there by unit id (None: for the whole round) and item, those of ledgers among them."""
    rows = session.execute(
        select(Attachment.unit_id, Attachment.item, func.count())
        .where(Attachment.round_id == round_id, Attachment.withdrawn_at.is_(None))
        .group_by(Attachment.unit_id, Attachment.item)
    )
    return {(unit_id, item): number for unit_id, item, number in rows}


def missing_scans(session: Session, round_: Round) -> list[Text]:
    """Return for which items counts were handed in without the signed sheet that must come with them."""
    needing = [item for item in load_scheme(round_.scheme_key).items if item.scan_required]
    if not needing:
        return []
    # Also what counts while a newer entry waits or was returned.
    entries = [*current_entries(session, round_.id).items(), *entries_in_force(session, round_.id).items()]
    handed_in = {item for (_, item), entry in entries if entry.data}
    files = counts_at_items(session, round_.id)
    return [
        Text("%(item)s的票数已经填报，还没有上传签字盖章的汇总表扫描件", {"item": item.title})
        for item in needing
        if item.id in handed_in and (None, item.id) not in files
    ]


def may_add(round_: Round, item_id: str, role: Role) -> bool:
    """Whether a role keeps the evidence of an item: the commission that of its counts, the office all else."""
    scheme = load_scheme(round_.scheme_key)
    settings = next((item.settings for item in scheme.items if item.id == item_id), None)
    return role is (Role.COMMISSION if isinstance(settings, Answered) else Role.OFFICE)


def _require_owner(session: Session, round_: Round, item_id: str, account_id: int) -> None:
    account = session.get(Account, account_id)
    if account is None or not may_add(round_, item_id, account.role):
        raise ServiceError("这里的附件由填报这一项的人员上传，您的账号不能改")


def _at(round_: Round, place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        Attachment.round_id == round_.id,
        Attachment.item == place.item,
        Attachment.unit_id == place.unit_id if place.unit_id is not None else Attachment.unit_id.is_(None),
        Attachment.ledger_entry_id == place.ledger_entry_id
        if place.ledger_entry_id is not None
        else Attachment.ledger_entry_id.is_(None),
    )


def _record(
    session: Session, round_: Round, attachment: Attachment, deed: str, account_id: int, now: datetime
) -> None:
    """Note the deed at the ledger's entry, where there is one, so that it is part of that entry's history."""
    entry = attachment.ledger_entry_id
    audit.record(
        session, now, account_id, f"attachment.{deed}",
        "ledger_entry" if entry else "attachment", entry or attachment.id,
        round=round_.quarter, item=attachment.item, attachment=attachment.id, sha256=attachment.sha256,
    )  # fmt: skip
