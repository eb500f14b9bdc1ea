"""Drawing the interviews that another person calls back, as they are completed; written down once, never undone."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.back_check import BackCheckReason, Interview, drawn
from survey_app.domain.interview_flags import SEVERE
from survey_app.domain.round_state import GRACE, RoundState
from survey_app.models.back_check import BackCheck
from survey_app.models.interview_check import InterviewFlag, InterviewProfile
from survey_app.models.response import Response
from survey_app.models.round import Round
from survey_app.schemes.quality import load_quality_rules
from survey_app.services.interview_profiles import AT_ONCE, Interviewed, note_interviews

# What is called back can still have an answer voided, which a frozen result can't.
CHECKED = (RoundState.OPEN, RoundState.CLOSED)


def check_interviews(session: Session, secret: bytes, now: datetime) -> int:
    """Note what was interviewed since, and draw from it what is to be called back; commits.

    The draw depends on the secret and on the interviews alone, so that it doesn't matter who has it written
    down, when or how often. Returns how many call-backs were added.
    """
    try:
        while note_interviews(session) == AT_ONCE:
            session.commit()
        added = sum(
            _draw(session, round_, secret, now)
            for round_ in session.scalars(select(Round).where(Round.state.in_(CHECKED)))
        )
        session.commit()
    except IntegrityError:  # another process is at it at this moment
        session.rollback()
        return 0
    return added


def return_interview(session: Session, response: Response, now: datetime) -> BackCheck:
    """Queue one more call-back of an interview, by somebody who hasn't called yet; flushes."""
    number = session.scalar(
        select(func.coalesce(func.max(BackCheck.number), 0)).where(BackCheck.response_id == response.id)
    )
    check = BackCheck(
        **_row(response.id, BackCheckReason.RETURNED, False, now),
        number=(number or 0) + 1,
        case_id=response.case_id,
        round_id=response.case.round_id,
        instrument=response.case.instrument,
        interviewer_id=response.interviewer_id,
    )
    session.add(check)
    session.flush()
    return check


def _draw(session: Session, round_: Round, secret: bytes, now: datetime) -> int:
    rules = load_quality_rules(round_.scheme_key)
    ended = round_.state is RoundState.CLOSED or (
        round_.closes_at is not None and now > round_.closes_at + GRACE
    )
    interviews: dict[Interviewed, list[Interview]] = {}
    for instrument, interviewer_id, response_id, received_at in session.execute(
        select(
            InterviewProfile.instrument,
            InterviewProfile.interviewer_id,
            InterviewProfile.response_id,
            InterviewProfile.received_at,
        ).where(InterviewProfile.round_id == round_.id)
    ):
        who = Interviewed(round_.id, instrument, interviewer_id)
        interviews.setdefault(who, []).append(Interview(response_id, received_at))
    in_sample: dict[int, bool] = dict(
        session.execute(
            select(BackCheck.response_id, BackCheck.in_sample).where(
                BackCheck.round_id == round_.id, BackCheck.number == 1
            )
        ).all()
    )
    already = {response_id for response_id, is_in in in_sample.items() if is_in}
    picked = {
        response_id: who
        for who, theirs in interviews.items()
        for response_id in drawn(secret, theirs, now, rules, ended, already)
    }
    rows = [
        {**_of(who), **_row(response_id, BackCheckReason.RANDOM, True, now)}
        for response_id, who in picked.items()
        if response_id not in in_sample
    ]
    if known := [response_id for response_id in picked if response_id in in_sample]:
        session.execute(
            update(BackCheck)
            .where(BackCheck.response_id.in_(known), BackCheck.number == 1)
            .values(in_sample=True)
            .execution_options(synchronize_session=False)
        )
    flagged = session.execute(
        select(InterviewFlag.response_id, InterviewFlag.instrument, InterviewFlag.interviewer_id)
        .where(InterviewFlag.round_id == round_.id, InterviewFlag.flag.in_(SEVERE))
        .distinct()
    )
    rows += [
        {
            **_of(Interviewed(round_.id, instrument, interviewer_id)),
            **_row(response_id, BackCheckReason.FLAG, False, now),
        }
        for response_id, instrument, interviewer_id in flagged
        if response_id not in in_sample and response_id not in picked
    ]
    if not rows:
        return 0
    cases: dict[int, int] = dict(
        session.execute(
            select(Response.id, Response.case_id).where(Response.id.in_([row["response_id"] for row in rows]))
        ).all()
    )
    session.execute(insert(BackCheck), [{**row, "case_id": cases[row["response_id"]]} for row in rows])
    return len(rows)


def _of(who: Interviewed) -> dict[str, object]:
    return {"round_id": who.round_id, "instrument": who.instrument, "interviewer_id": who.interviewer_id}


def _row(response_id: int, reason: BackCheckReason, in_sample: bool, now: datetime) -> dict[str, Any]:
    return {
        "public_id": str(uuid.uuid4()),
        "response_id": response_id,
        "reason": reason,
        "in_sample": in_sample,
        "drawn_at": now,
        "due_at": now,
    }
