"""访问质量: what an interviewer's work looks like beside the others', each figure from what was stored."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Integer, case, cast, extract, func, select
from sqlalchemy.orm import Session

from survey_app.domain.agreement import Agreement, Asked, agreements
from survey_app.domain.back_check import BackCheckState
from survey_app.domain.disposition import Disposition
from survey_app.domain.interview_flags import Flag, chance
from survey_app.domain.mode import Mode
from survey_app.domain.points import round_half_up
from survey_app.domain.quality_rules import QualityRules
from survey_app.domain.quartiles import Quartiles, quartiles
from survey_app.domain.statistics import Interval, share, wilson
from survey_app.models.account import Account
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.interview_check import InterviewFlag, InterviewProfile
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.schemes.quality import load_quality_rules
from survey_app.services.back_check_results import CheckResult, check_results

_RATE_PLACES = 1


@dataclass(frozen=True)
class SatisfiedShare:
    """How many of an interviewer's ratings are 满意, against those of all others.

    `chance` is the probability that they differ so much by chance, None where there are too few to compare;
    `stands_out`: it is below the rules' threshold.
    """

    satisfied: int
    rated: int
    others_satisfied: int
    others_rated: int
    chance: Decimal | None
    stands_out: bool

    @property
    def share(self) -> Decimal | None:
        """The part that is 满意, 0 to 1."""
        return share(self.satisfied, self.rated)

    @property
    def interval(self) -> Interval | None:
        """Its 95 % interval."""
        return wilson(self.satisfied, self.rated)

    @property
    def others_share(self) -> Decimal | None:
        """The same part of all others' ratings."""
        return share(self.others_satisfied, self.others_rated)


@dataclass(frozen=True)
class InterviewerQuality:
    """One interviewer's work for a survey; `worked` is the time at work as their calls tell.

    `outcomes` are those of calls, None where none was reported. `checks` counts call-backs by state,
    `agreement` is that of the random ones; `disagreeing` counts interviews that any call-back contradicts.
    """

    account_id: int
    name: str
    worked: timedelta
    outcomes: Mapping[Disposition | None, int]
    completed: int
    lengths: Quartiles | None
    satisfied: SatisfiedShare
    flags: Mapping[Flag, int]
    checks: Mapping[BackCheckState, int]
    drawn: int
    agreement: Mapping[Asked, Agreement]
    disagreeing: int

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(self.outcomes.values())

    @property
    def calls_an_hour(self) -> Decimal | None:
        """Calls per hour at work, to one decimal; None without time."""
        return an_hour(self.calls, self.worked)

    @property
    def completed_an_hour(self) -> Decimal | None:
        """Completed interviews per hour at work."""
        return an_hour(self.completed, self.worked)


@dataclass(frozen=True)
class SurveyQuality:
    """All interviewers of a survey, by name, and all call-backs together; `unnoted` interviews come with the next pass."""

    rules: QualityRules
    interviewers: tuple[InterviewerQuality, ...]
    agreement: Mapping[Asked, Agreement]
    checks: Mapping[BackCheckState, int]
    drawn: int
    completed: int
    unnoted: int
    disagreeing: tuple[CheckResult, ...] = field(default=())

    @property
    def drawn_share(self) -> Decimal | None:
        """The part of completed interviews that were drawn at random."""
        return share(self.drawn, self.completed)


def an_hour(count: int, worked: timedelta) -> Decimal | None:
    """Return how many there were in an hour, to one decimal; None without time."""
    seconds = int(worked.total_seconds())
    return round_half_up(Fraction(count * 3600, seconds), _RATE_PLACES) if seconds else None


def survey_quality(session: Session, round_: Round, instrument: str) -> SurveyQuality:
    """Return the quality of a survey's telephone interviews; nothing of it is part of a score."""
    rules = load_quality_rules(round_.scheme_key)
    outcomes, worked = _calls(session, round_, instrument, rules.idle)
    lengths = _lengths(session, round_, instrument)
    ratings = _ratings(session, round_, instrument)
    flags = _flags(session, round_, instrument)
    results = check_results(session, round_, instrument)
    by_interviewer: dict[int, list[CheckResult]] = {}
    for result in results:
        by_interviewer.setdefault(result.interviewer_id, []).append(result)
    ids = outcomes.keys() | lengths.keys() | by_interviewer.keys()
    names = session.execute(
        select(Account.id, Account.display_name)
        .where(Account.id.in_(ids))
        .order_by(Account.display_name, Account.id)
    )
    all_ratings = sum(ratings.values(), Counter[bool]())
    interviewers = [
        InterviewerQuality(
            account_id=account_id,
            name=name,
            worked=worked.get(account_id, timedelta()),
            outcomes=outcomes.get(account_id, {}),
            completed=len(lengths.get(account_id, ())),
            lengths=quartiles(lengths.get(account_id, ())),
            satisfied=_satisfied(ratings.get(account_id, Counter()), all_ratings, rules),
            flags=flags.get(account_id, {}),
            checks=_states(theirs := by_interviewer.get(account_id, [])),
            drawn=sum(each.in_sample for each in theirs),
            agreement=_agreement(theirs),
            disagreeing=len({each.response_id for each in theirs if each.differing}),
        )
        for account_id, name in names
    ]
    return SurveyQuality(
        rules=rules,
        interviewers=tuple(interviewers),
        agreement=_agreement(results),
        checks=_states(results),
        drawn=sum(each.in_sample for each in results),
        completed=sum(each.completed for each in interviewers),
        unnoted=_unnoted(session, round_, instrument),
        disagreeing=tuple(each for each in results if each.differing),
    )


def _calls(
    session: Session, round_: Round, instrument: str, idle: timedelta
) -> tuple[dict[int, dict[Disposition | None, int]], dict[int, timedelta]]:
    """The outcomes of each interviewer's calls, and their time at work, reckoned as `domain.work_time` does."""
    following = func.lead(ContactAttempt.started_at).over(
        partition_by=ContactAttempt.interviewer_id, order_by=(ContactAttempt.started_at, ContactAttempt.id)
    )
    begun = cast(extract("epoch", ContactAttempt.started_at), Integer)
    calls = (
        select(
            ContactAttempt.interviewer_id,
            ContactAttempt.outcome,
            (cast(extract("epoch", following), Integer) - begun).label("gap"),
            (cast(extract("epoch", ContactAttempt.ended_at), Integer) - begun).label("length"),
        )
        .join(Case, Case.id == ContactAttempt.case_id)
        .where(Case.round_id == round_.id, Case.instrument == instrument)
        .subquery()
    )
    most = int(idle.total_seconds())
    counted = case(
        (calls.c.gap <= most, calls.c.gap),
        (calls.c.length > most, most),
        else_=func.coalesce(calls.c.length, 0),
    )
    outcomes: dict[int, dict[Disposition | None, int]] = {}
    worked: dict[int, timedelta] = {}
    for interviewer_id, outcome, count, seconds in session.execute(
        select(calls.c.interviewer_id, calls.c.outcome, func.count(), func.sum(counted)).group_by(
            calls.c.interviewer_id, calls.c.outcome
        )
    ):
        outcomes.setdefault(interviewer_id, {})[Disposition(outcome) if outcome else None] = count
        worked[interviewer_id] = worked.get(interviewer_id, timedelta()) + timedelta(
            seconds=int(seconds or 0)
        )
    return outcomes, worked


def _lengths(session: Session, round_: Round, instrument: str) -> dict[int, list[Decimal]]:
    found: dict[int, list[Decimal]] = {}
    for interviewer_id, seconds in session.execute(
        select(InterviewProfile.interviewer_id, InterviewProfile.seconds).where(
            InterviewProfile.round_id == round_.id, InterviewProfile.instrument == instrument
        )
    ):
        found.setdefault(interviewer_id, []).append(Decimal(seconds))
    return found


def _ratings(session: Session, round_: Round, instrument: str) -> dict[int, Counter[bool]]:
    """How many ratings were taken down as 满意 and as others, whatever was decided about them later."""
    satisfied = {level.key for level in load_scheme(round_.scheme_key).ratings if level.satisfied}
    found: dict[int, Counter[bool]] = {}
    for interviewer_id, rating, count in session.execute(
        select(Response.interviewer_id, Answer.rating, func.count())
        .join(Response, Response.id == Answer.response_id)
        .where(
            Answer.round_id == round_.id,
            Answer.instrument == instrument,
            Answer.version == 1,
            Answer.rating.is_not(None),
            Response.mode == Mode.PHONE,
        )
        .group_by(Response.interviewer_id, Answer.rating)
    ):
        if interviewer_id is not None:
            found.setdefault(interviewer_id, Counter())[rating in satisfied] += count
    return found


def _satisfied(own: Counter[bool], everybody: Counter[bool], rules: QualityRules) -> SatisfiedShare:
    rated, others_rated = own.total(), everybody.total() - own.total()
    others = everybody[True] - own[True]
    probability = None
    if rated >= rules.rating_least and others_rated >= rules.rating_least:
        probability = Decimal(chance(own[True], rated, others, others_rated))
    return SatisfiedShare(
        own[True],
        rated,
        others,
        others_rated,
        None if probability is None else round_half_up(probability, 4),
        probability is not None and probability < rules.rating_chance,
    )


def _flags(session: Session, round_: Round, instrument: str) -> dict[int, dict[Flag, int]]:
    found: dict[int, dict[Flag, int]] = {}
    for interviewer_id, flag, count in session.execute(
        select(InterviewFlag.interviewer_id, InterviewFlag.flag, func.count())
        .where(InterviewFlag.round_id == round_.id, InterviewFlag.instrument == instrument)
        .group_by(InterviewFlag.interviewer_id, InterviewFlag.flag)
    ):
        found.setdefault(interviewer_id, {})[flag] = count
    return found


def _states(results: Iterable[CheckResult]) -> Mapping[BackCheckState, int]:
    return Counter(each.state for each in results)


def _agreement(results: Iterable[CheckResult]) -> Mapping[Asked, Agreement]:
    """The agreement in the random draw: what was added for a flag is worse by its choice."""
    return agreements(one for each in results if each.in_sample for one in each.compared)


def _unnoted(session: Session, round_: Round, instrument: str) -> int:
    """How many interviews came since the last pass."""
    responses = session.scalar(
        select(func.count())
        .select_from(Response)
        .join(Case, Case.id == Response.case_id)
        .where(
            Case.round_id == round_.id,
            Case.instrument == instrument,
            Response.mode == Mode.PHONE,
            Response.interviewer_id.is_not(None),
        )
    )
    noted = session.scalar(
        select(func.count())
        .select_from(InterviewProfile)
        .where(InterviewProfile.round_id == round_.id, InterviewProfile.instrument == instrument)
    )
    return max(0, (responses or 0) - (noted or 0))
