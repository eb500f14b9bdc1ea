"""Writing the record of who did what."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from survey_app.models.audit_event import AuditEvent


def record(
    session: Session,
    now: datetime,
    account_id: int | None,
    action: str,
    subject_type: str,
    subject_id: object,
    **details: Any,
) -> None:
    """Add an audit event to the caller's transaction; `details` must hold nothing personal."""
    session.add(
        AuditEvent(
            at=now,
            account_id=account_id,
            action=action,
            subject_type=subject_type,
            subject_id=str(subject_id),
            details=details,
        )
    )
