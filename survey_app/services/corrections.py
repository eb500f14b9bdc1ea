"""更正: reopening a frozen round, asked for by one person and confirmed by another, and giving it up again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.approval import Approval, why_not_decide
from survey_app.domain.round_state import RoundState
from survey_app.domain.text import Text
from survey_app.models.correction import Correction
from survey_app.models.round import Round
from survey_app.services import audit
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.round_locks import hold_for_freezing, is_frozen
from survey_app.services.scores import frozen_scores, live_scores
from survey_app.services.undecided import undecided
from survey_app.services.versions import newest_version
from survey_app.services.written_reasons import required_reason


def corrections_of(session: Session, round_: Round) -> list[Correction]:
    """Return a round's corrections, the newest first, with who asked for, confirmed and ended them."""
    people = (Correction.entered_by, Correction.decided_by, Correction.ended_by)
    return list(
        session.scalars(
            select(Correction)
            .options(*(joinedload(each) for each in people))
            .where(Correction.round_id == round_.id)
            .order_by(Correction.number.desc())
            .execution_options(populate_existing=True)  # another may have decided since it was last read
        )
    )


def waiting_correction(session: Session, round_: Round) -> Correction | None:
    """Return the correction that was asked for and that nobody has decided on yet."""
    found = corrections_of(session, round_)
    return next((each for each in found if each.approval is Approval.WAITING), None)


def running_correction(session: Session, round_: Round) -> Correction | None:
    """Return the confirmed correction that is under way."""
    found = corrections_of(session, round_)
    return next(
        (each for each in found if each.approval is Approval.APPROVED and each.ended_at is None), None
    )


def find_correction(session: Session, round_: Round, correction_id: int) -> Correction:
    """Return a correction of the round; raise NotFoundError when there is none."""
    for each in corrections_of(session, round_):
        if each.id == correction_id:
            return each
    raise NotFoundError("没有这条更正申请：请从「版本与异议」进入")


def why_not_ask(session: Session, round_: Round) -> Text | None:
    """Return why no correction of a round can be asked for now, or None when it can."""
    if round_.state is RoundState.CORRECTING:
        return Text("这一轮已经在更正中")
    if not is_frozen(round_):
        return Text("得分还没有核定，直接改填报内容就可以，不用申请更正")
    if waiting_correction(session, round_):
        return Text("已有一条更正申请在等另一人确认")
    return None


def ask_for_correction(
    session: Session, round_: Round, reason: str, account_id: int, now: datetime
) -> Correction:
    """Ask to reopen a frozen round for correction; commits. Nothing changes until somebody else confirms.

    Raises ServiceError for a reason that can't be kept, ConflictError when a correction can't be asked for now.
    """
    written = required_reason(reason, "更正原因")
    held = hold_for_freezing(session, round_)
    refused, version = why_not_ask(session, held), newest_version(session, held)
    if refused or version is None:
        raise ConflictError(f"{refused}，请刷新页面")
    correction = Correction(
        round_id=held.id,
        number=len(corrections_of(session, held)) + 1,
        version=version.version,
        reason=written,
        entered_by_id=account_id,
        entered_at=now,
    )
    session.add(correction)
    session.flush()
    audit.record(
        session, now, account_id, "correction.ask", "round", held.id,
        round=held.quarter, version=version.version, correction=correction.id,
    )  # fmt: skip
    session.commit()
    return correction


def decide_on_correction(
    session: Session,
    round_: Round,
    correction_id: int,
    approve: bool,
    reason: str,
    account_id: int,
    now: datetime,
) -> Correction:
    """Confirm a correction, which reopens the round for entries, or return it with a reason; commits.

    Raises ServiceError for who asked for it, or a return without a reason; ConflictError when it is decided.
    """
    held = hold_for_freezing(session, round_)
    correction = find_correction(session, held, correction_id)
    refused = why_not_decide(correction.approval, correction.entered_by_id, account_id)
    if refused:
        decided = correction.approval is not Approval.WAITING
        raise ConflictError(str(refused)) if decided else ServiceError(str(refused))
    correction.decision_reason = "" if approve else required_reason(reason, "退回原因")
    correction.approval = Approval.APPROVED if approve else Approval.RETURNED
    correction.decided_by_id, correction.decided_at = account_id, now
    if approve:
        held.state = RoundState.CORRECTING
    audit.record(
        session, now, account_id, "correction.approve" if approve else "correction.return", "round", held.id,
        round=held.quarter, correction=correction.id,
    )  # fmt: skip
    session.commit()
    return correction


def give_up_correction(session: Session, round_: Round, account_id: int, now: datetime) -> None:
    """End a correction without another version, which leaves the result as it was; commits.

    Raises ConflictError when none is under way, ServiceError when a score has changed meanwhile: what was
    changed would otherwise wait behind a result that says something else.
    """
    held = hold_for_freezing(session, round_)
    correction = running_correction(session, held)
    if correction is None:
        raise ConflictError("这一轮没有进行中的更正，请刷新页面")
    live = live_scores(session, held)
    if live.waiting or frozen_scores(session, held).score.units != live.score.units:
        raise ServiceError("更正中已有改动：请先改回原来的内容，再放弃更正，或者核定新的一版")
    if waiting := undecided(session, held):
        raise ServiceError(f"{'；'.join(map(str, waiting))}：请先审核，再放弃更正")
    version = newest_version(session, held)
    published = version is not None and version.published_at is not None
    held.state = RoundState.PUBLISHED if published else RoundState.FINALISED
    correction.ended_at, correction.ended_by_id = now, account_id
    audit.record(
        session, now, account_id, "correction.give_up", "round", held.id,
        round=held.quarter, correction=correction.id,
    )  # fmt: skip
    session.commit()
