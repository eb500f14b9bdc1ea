"""Keeping an interview as it goes: the consent at its opening, and every answer, before it is finished."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from survey_app.domain.interview_draft import CONSENTS
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.interview_draft import InterviewDraft
from survey_app.services import audit
from survey_app.services.calling import rules_of
from survey_app.services.errors import ServiceError
from survey_app.services.waiting_cases import can_be_called, open_attempt

NOT_BEGUN = "还没有拨打：先拨打，填写的内容才会保存"
# A lease that was lengthened less than this ago isn't lengthened again: it would be one more write an answer.
_OFTEN_ENOUGH = timedelta(minutes=1)


@dataclass(frozen=True)
class Draft:
    """What was taken down before: the fields, when, and its revision (0: nothing in this call yet).

    `of_this_call` is False for what an earlier call to the same case left; consent is asked anew then.
    """

    fields: dict[str, list[str]]
    updated_at: datetime
    revision: int
    of_this_call: bool


def keep_draft(
    session: Session,
    case: Case,
    interviewer_id: int,
    fields: Mapping[str, Sequence[str]],
    consent: str,
    script_version: str,
    revision: int | None,
    now: datetime,
) -> int:
    """Keep what was taken down so far, and the consent, and lengthen the interviewer's lease; commits.

    Returns the revision that is stored now: another than `revision` means that something newer is, and this
    was left alone. `revision` None makes it the newest. Raises ServiceError where no call is going on.
    """
    attempt = open_attempt(session, case.id, interviewer_id, now)
    if attempt is not None:
        # An interview that is being finished at this moment has its call locked, and then no draft any more.
        session.refresh(attempt, with_for_update=True)
    if attempt is None or attempt.outcome is not None:
        raise ServiceError(NOT_BEGUN)
    draft = session.get(InterviewDraft, attempt.id, populate_existing=True)
    if draft is None:
        draft = InterviewDraft(attempt_id=attempt.id, fields={}, revision=0, updated_at=now)
        session.add(draft)
    revision = draft.revision + 1 if revision is None else revision
    if revision > draft.revision:
        draft.fields = {name: list(values) for name, values in fields.items()}
        draft.revision, draft.updated_at = revision, now
        give_consent(session, attempt, consent, script_version, now)
    stored = draft.revision
    session.commit()
    _lengthen_lease(session, case, interviewer_id, now)
    return stored


def give_consent(
    session: Session, attempt: ContactAttempt, consent: str, script_version: str, now: datetime
) -> None:
    """Put on record what was said to the opening, once for each thing said; the caller commits."""
    if consent not in CONSENTS or attempt.consent == consent:
        return
    attempt.consent, attempt.script_version, attempt.consented_at = consent, script_version, now
    audit.record(
        session,
        now,
        attempt.interviewer_id,
        "interview.consent",
        "contact_attempt",
        attempt.id,
        consent=consent,
        script=script_version,
    )


def draft_of(
    session: Session, case_id: int, interviewer_id: int, current: ContactAttempt | None
) -> Draft | None:
    """Return the newest draft of the case by this interviewer: what was told to another is never shown."""
    draft = session.scalar(
        select(InterviewDraft)
        .join(ContactAttempt, ContactAttempt.id == InterviewDraft.attempt_id)
        .where(ContactAttempt.case_id == case_id, ContactAttempt.interviewer_id == interviewer_id)
        .order_by(InterviewDraft.attempt_id.desc())
        .limit(1)
    )
    if draft is None:
        return None
    of_this_call = current is not None and current.id == draft.attempt_id
    return Draft(draft.fields, draft.updated_at, draft.revision if of_this_call else 0, of_this_call)


def drop_drafts(session: Session, case_id: int) -> None:
    """Forget what was taken down for a case that has come to its end; the caller commits."""
    calls = select(ContactAttempt.id).where(ContactAttempt.case_id == case_id)
    session.execute(
        delete(InterviewDraft)
        .where(InterviewDraft.attempt_id.in_(calls))
        .execution_options(synchronize_session=False)
    )


def _lengthen_lease(session: Session, case: Case, interviewer_id: int, now: datetime) -> None:
    """Hold the case for a whole lease from now, where it is still held and there is something to hold it for.

    It is a transaction of its own, since reporting an outcome locks the case before the call.
    """
    until = now + rules_of(case.round).lease
    if (
        case.held_by_id == interviewer_id
        and (case.held_until is None or case.held_until < until - _OFTEN_ENOUGH)
        and can_be_called(session, case, now)
    ):
        session.execute(
            update(Case)
            .where(Case.id == case.id, Case.held_by_id == interviewer_id)
            .values(held_until=until)
            .execution_options(synchronize_session=False)
        )
    session.commit()
