"""The telephone interviews behind a figure, one interviewer's days, and all that is known of one interview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disposition import Disposition
from survey_app.domain.interview_flags import Flag
from survey_app.domain.paging import Paging
from survey_app.domain.text import N_
from survey_app.domain.work_time import worked
from survey_app.models.account import Account
from survey_app.models.back_check import BackCheck
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.interview_check import InterviewFlag, InterviewProfile, InterviewReview
from survey_app.models.response import Answer
from survey_app.models.round import Round
from survey_app.schemes.quality import load_quality_rules
from survey_app.services.back_check_results import check_results


class Shown(StrEnum):
    """Which interviews a list shows."""

    ALL = "all"
    FLAGGED = "flagged"
    TOO_SHORT = "too_short"
    SAME_REMARK = "same_remark"
    BURST = "burst"
    CHECKED = "checked"
    DIFFERING = "differing"
    UNREVIEWED = "unreviewed"


SHOWN_NAMES = {
    Shown.ALL: N_("全部"),
    Shown.UNREVIEWED: N_("有提示或不一致，还没有处理"),
    Shown.DIFFERING: N_("复核不一致"),
    Shown.FLAGGED: N_("有提示"),
    Shown.TOO_SHORT: N_("用时过短"),
    Shown.SAME_REMARK: N_("意见雷同"),
    Shown.BURST: N_("完成过密"),
    Shown.CHECKED: N_("抽中复核"),
}


@dataclass(frozen=True)
class ListedInterview:
    """One interview of a list, without its enterprise and the time of day, as its answers are shown."""

    profile: InterviewProfile
    interviewer: str
    flags: Sequence[InterviewFlag]
    checks: Sequence[BackCheck]
    review: InterviewReview | None


@dataclass(frozen=True)
class WorkDay:
    """One day of an interviewer's calls for a survey, in the county."""

    day: date
    calls: int
    completed: int
    first: datetime
    last: datetime
    worked: timedelta


def listed_interviews(
    session: Session,
    round_: Round,
    instrument: str,
    shown: Shown,
    interviewer_id: int | None,
    page: int,
) -> tuple[Sequence[ListedInterview], Paging]:
    """Return one page of the interviews behind a figure, the newest first."""
    which = [InterviewProfile.round_id == round_.id, InterviewProfile.instrument == instrument]
    if interviewer_id is not None:
        which.append(InterviewProfile.interviewer_id == interviewer_id)
    which += _condition(session, round_, instrument, shown)
    total = session.scalar(select(func.count()).select_from(InterviewProfile).where(*which)) or 0
    paging = Paging(page, total)
    rows = session.execute(
        select(InterviewProfile, Account.display_name)
        .join(Account, Account.id == InterviewProfile.interviewer_id)
        .where(*which)
        .order_by(InterviewProfile.response_id.desc())
        .limit(paging.size)
        .offset(paging.offset)
    ).all()
    ids = [profile.response_id for profile, _name in rows]
    flags = flags_of(session, ids)
    checks: dict[int, list[BackCheck]] = {}
    for check in session.scalars(
        select(BackCheck).where(BackCheck.response_id.in_(ids)).order_by(BackCheck.id)
    ):
        checks.setdefault(check.response_id, []).append(check)
    reviews = reviews_of(session, ids)
    return [
        ListedInterview(
            profile,
            name,
            flags.get(profile.response_id, ()),
            checks.get(profile.response_id, ()),
            reviews[profile.response_id][-1] if profile.response_id in reviews else None,
        )
        for profile, name in rows
    ], paging


def flags_of(session: Session, response_ids: Sequence[int]) -> Mapping[int, Sequence[InterviewFlag]]:
    """Return the flags of some interviews."""
    found: dict[int, list[InterviewFlag]] = {}
    for flag in session.scalars(
        select(InterviewFlag).where(InterviewFlag.response_id.in_(response_ids)).order_by(InterviewFlag.id)
    ):
        found.setdefault(flag.response_id, []).append(flag)
    return found


def reviews_of(session: Session, response_ids: Sequence[int]) -> Mapping[int, Sequence[InterviewReview]]:
    """Return the decisions on some interviews, oldest first."""
    found: dict[int, list[InterviewReview]] = {}
    for review in session.scalars(
        select(InterviewReview)
        .options(joinedload(InterviewReview.decided_by))
        .where(InterviewReview.response_id.in_(response_ids))
        .order_by(InterviewReview.id)
    ):
        found.setdefault(review.response_id, []).append(review)
    return found


def answers_of(session: Session, response_ids: Sequence[int]) -> Mapping[int, Sequence[Answer]]:
    """Return the answers of some interviews, with their units, every version."""
    found: dict[int, list[Answer]] = {}
    for answer in session.scalars(
        select(Answer)
        .options(joinedload(Answer.unit))
        .where(Answer.response_id.in_(response_ids))
        .order_by(Answer.unit_id, Answer.version)
    ):
        found.setdefault(answer.response_id, []).append(answer)
    return found


def profile_of(session: Session, response_id: int) -> InterviewProfile | None:
    """Return an interview's measures; None until the next pass took note of it."""
    return session.get(InterviewProfile, response_id)


def name_of(session: Session, account_id: int | None) -> str:
    """Return what an interviewer is called."""
    return session.scalar(select(Account.display_name).where(Account.id == account_id)) or ""


def work_days(session: Session, round_: Round, instrument: str, interviewer_id: int) -> Sequence[WorkDay]:
    """Return an interviewer's days with calls for a survey, in order."""
    idle = load_quality_rules(round_.scheme_key).idle
    rows = session.execute(
        select(ContactAttempt.started_at, ContactAttempt.ended_at, ContactAttempt.outcome)
        .join(Case, Case.id == ContactAttempt.case_id)
        .where(
            Case.round_id == round_.id,
            Case.instrument == instrument,
            ContactAttempt.interviewer_id == interviewer_id,
        )
        .order_by(ContactAttempt.started_at, ContactAttempt.id)
    ).all()
    days = []
    for day, of_day in groupby(rows, key=lambda row: row.started_at.astimezone(COUNTY_ZONE).date()):
        calls = list(of_day)
        days.append(
            WorkDay(
                day,
                len(calls),
                sum(call.outcome == Disposition.COMPLETE.value for call in calls),
                calls[0].started_at,
                calls[-1].started_at,
                worked([(call.started_at, call.ended_at) for call in calls], idle),
            )
        )
    return days


def _condition(session: Session, round_: Round, instrument: str, shown: Shown) -> list[ColumnElement[bool]]:
    flagged = exists().where(InterviewFlag.response_id == InterviewProfile.response_id)
    match shown:
        case Shown.ALL:
            return []
        case Shown.FLAGGED:
            return [flagged]
        case Shown.CHECKED:
            return [exists().where(BackCheck.response_id == InterviewProfile.response_id)]
        case Shown.DIFFERING:
            return [InterviewProfile.response_id.in_(_differing(session, round_, instrument))]
        case Shown.UNREVIEWED:
            differing = InterviewProfile.response_id.in_(_differing(session, round_, instrument))
            return [
                flagged | differing,
                ~exists().where(InterviewReview.response_id == InterviewProfile.response_id),
            ]
        case _:
            return [
                exists().where(
                    InterviewFlag.response_id == InterviewProfile.response_id,
                    InterviewFlag.flag == Flag(shown.value),
                )
            ]


def _differing(session: Session, round_: Round, instrument: str) -> set[int]:
    return {each.response_id for each in check_results(session, round_, instrument) if each.differing}
