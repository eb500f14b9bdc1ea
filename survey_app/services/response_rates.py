"""应答率 of a survey: what became of each enterprise asked about each unit, counted by three grouped statements."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from sqlalchemy import Subquery, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from survey_app.domain.disposition import RULES, Disposition, Family
from survey_app.domain.message import MessageState
from survey_app.domain.mode import Mode
from survey_app.domain.response_rates import AnswerState, Outcomes, family_of, outcomes_of, together
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.message import Message
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.models.unit import Unit
from survey_app.services.tallies import answer_mode

_STRONGER = {1: Family.NON_CONTACT, 2: Family.REFUSAL}
# Set by a response and by nothing else, so that whether a case has one needs no look at the responses.
_ANSWERED = {
    Disposition.COMPLETE: AnswerState.RATED,
    Disposition.NO_DEALINGS: AnswerState.NO_DEALINGS,
}
Known = tuple[Disposition, AnswerState | None, Family | None]
_SENT = (MessageState.SENT, MessageState.DELIVERED)


@dataclass(frozen=True)
class UnitRates:
    """One unit's places in its sample by family, and by mode those that are complete."""

    unit_id: int
    unit: str
    outcomes: Outcomes
    modes: dict[Mode, int]


@dataclass(frozen=True)
class ModeRates:
    """A mode's part in the enterprises asked: `completes` came by it, of `all_completes` by any.

    `tried` is how many were sent an SMS (短信链接) or called (电话回访) and is None for modes that nobody is tried
    by one by one; `won` how many of them completed by this mode. `outcomes` are those of who was called, as if
    the phone were the only way: who completed otherwise is left out. None for other modes.
    """

    mode: Mode
    completes: int
    all_completes: int
    tried: int | None = None
    won: int = 0
    outcomes: Outcomes | None = None

    @property
    def share(self) -> Fraction | None:
        """The part of all that is complete that came by this mode; None where nothing is."""
        return Fraction(self.completes, self.all_completes) if self.all_completes else None

    @property
    def completed_share(self) -> Fraction | None:
        """The part of those tried that completed by this mode; None where nobody was, or where it isn't asked."""
        return Fraction(self.won, self.tried) if self.tried else None


@dataclass(frozen=True)
class RoundRates:
    """A survey's rates: by unit, of all places (户次) together, of the enterprises, and by mode."""

    units: tuple[UnitRates, ...]
    enterprises: Outcomes
    modes: tuple[ModeRates, ...]

    @property
    def places(self) -> Outcomes:
        """All units' places together."""
        return together([each.outcomes for each in self.units])


def response_rates(session: Session, round_id: int, instrument: str) -> RoundRates:
    """Return the rates of a survey as they stand now; what is still open counts as what it is so far."""
    units = tuple(_by_unit(session, round_id, instrument))
    cases = _cases(session, round_id, instrument)
    return RoundRates(units, _outcomes(cases), tuple(_by_mode(cases)))


def _by_unit(session: Session, round_id: int, instrument: str) -> list[UnitRates]:
    answers = _answers(session, round_id, instrument)
    earlier = _earlier(round_id, instrument)
    counts: dict[int, Counter[Known]] = {}
    answered: Counter[int] = Counter()
    for unit_id, disposition, strength, number in session.execute(
        select(CaseUnit.unit_id, Case.disposition, earlier.c.strength, func.count())
        .join(Case, Case.id == CaseUnit.case_id)
        .outerjoin(earlier, earlier.c.case_id == Case.id)
        .where(Case.round_id == round_id, Case.instrument == instrument)
        .group_by(CaseUnit.unit_id, Case.disposition, earlier.c.strength)
    ):
        found = counts.setdefault(unit_id, Counter())
        if disposition in _ANSWERED:
            answered[unit_id] += number
        else:
            found[disposition, None, _STRONGER.get(strength)] += number
    for unit_id, found in counts.items():
        states = Counter(answers[unit_id].states) if unit_id in answers else Counter()
        states[AnswerState.NOT_ASKED] = answered[unit_id] - states.total()
        found.update({(Disposition.COMPLETE, state, None): number for state, number in states.items()})
    units = session.execute(
        select(Unit.id, Unit.name).where(Unit.id.in_(counts)).order_by(Unit.position, Unit.id)
    )
    return [
        UnitRates(
            unit_id, name, outcomes_of(counts[unit_id]), answers[unit_id].modes if unit_id in answers else {}
        )
        for unit_id, name in units
    ]


@dataclass
class _Answers:
    """A unit's answers by state, one for each response, and by mode those that are rated and counted."""

    states: Counter[AnswerState] = field(default_factory=Counter)
    modes: dict[Mode, int] = field(default_factory=dict)


def _answers(session: Session, round_id: int, instrument: str) -> dict[int, _Answers]:
    rated, first = Answer.rating.is_not(None).label("rated"), (Answer.version == 1).label("first")
    found: dict[int, _Answers] = {}
    for unit_id, counted, is_rated, is_first, mode, number in session.execute(
        select(Answer.unit_id, Answer.counted, rated, first, answer_mode.label("channel"), func.count())
        .join(Response, Response.id == Answer.response_id)
        .outerjoin(LaterSubmission, LaterSubmission.id == Answer.later_submission_id)
        .where(Answer.round_id == round_id, Answer.instrument == instrument)
        .group_by(Answer.unit_id, Answer.counted, "rated", "first", "channel")
    ):
        unit = found.setdefault(unit_id, _Answers())
        # Every answer has its first version; those of which no version is counted are voided.
        if is_first:
            unit.states[AnswerState.VOIDED] += number
        if counted:
            unit.states[AnswerState.VOIDED] -= number
            unit.states[AnswerState.RATED if is_rated else AnswerState.NO_DEALINGS] += number
        if counted and is_rated:
            unit.modes[mode] = unit.modes.get(mode, 0) + number
    return found


@dataclass(frozen=True)
class _Cases:
    """Enterprises that are alike in what is known of them, in how they answered, and in what was tried."""

    known: Known
    mode: Mode | None
    sent: bool
    called: bool
    number: int


def _cases(session: Session, round_id: int, instrument: str) -> list[_Cases]:
    earlier = _earlier(round_id, instrument)
    sent = (
        select(Message.case_id)
        .join(Case, Case.id == Message.case_id)
        .where(Case.round_id == round_id, Case.instrument == instrument, Message.state.in_(_SENT))
        .distinct()
        .subquery()
    )
    # Without a rating of any unit that still counts, and not because it had no dealings with them.
    standing = aliased(Answer)
    voided = (
        select(Response.case_id)
        .join(Answer, Answer.response_id == Response.id)
        .where(Answer.round_id == round_id, Answer.instrument == instrument, Answer.counted.is_(False))
        .where(
            ~exists().where(
                standing.response_id == Response.id, standing.counted, standing.rating.is_not(None)
            )
        )
        .distinct()
        .subquery()
    )
    columns = (
        Case.disposition,
        earlier.c.strength,
        voided.c.case_id.is_not(None).label("voided"),
        Response.mode,
        sent.c.case_id.is_not(None).label("sent"),
        (Case.attempts > 0).label("called"),
    )
    rows = session.execute(
        select(*columns, func.count())
        .outerjoin(Response, Response.case_id == Case.id)
        .outerjoin(earlier, earlier.c.case_id == Case.id)
        .outerjoin(sent, sent.c.case_id == Case.id)
        .outerjoin(voided, voided.c.case_id == Case.id)
        .where(Case.round_id == round_id, Case.instrument == instrument)
        .group_by(Case.disposition, earlier.c.strength, "voided", Response.mode, "sent", "called")
    )
    return [
        _Cases(
            (disposition, _state(disposition, is_voided), _STRONGER.get(strength)),
            mode,
            bool(was_sent),
            bool(called),
            number,
        )
        for disposition, strength, is_voided, mode, was_sent, called, number in rows
    ]


def _state(disposition: Disposition, voided: bool) -> AnswerState | None:
    return AnswerState.VOIDED if voided else _ANSWERED.get(disposition)


def _earlier(round_id: int, instrument: str) -> Subquery:
    """The strongest of what the calls to unanswered cases came to, as in _STRONGER; a single call's is the case's."""
    strength = case(
        (ContactAttempt.outcome.in_(_with(Family.REFUSAL)), 2),
        (ContactAttempt.outcome.in_(_with(Family.NON_CONTACT)), 1),
    )
    return (
        select(ContactAttempt.case_id, func.max(strength).label("strength"))
        .join(Case, Case.id == ContactAttempt.case_id)
        .where(
            Case.round_id == round_id,
            Case.instrument == instrument,
            Case.attempts > 1,
            Case.disposition.not_in(_ANSWERED),
        )
        .group_by(ContactAttempt.case_id)
        .subquery()
    )


def _with(family: Family) -> tuple[str, ...]:
    return tuple(code.value for code, rule in RULES.items() if rule.call_outcome and rule.family is family)


def _outcomes(cases: list[_Cases]) -> Outcomes:
    counts: Counter[Known] = Counter()
    for each in cases:
        counts[each.known] += each.number
    return outcomes_of(counts)


def _completes(cases: list[_Cases]) -> dict[Mode, int]:
    counts: Counter[Mode] = Counter()
    for each in cases:
        if each.mode is not None and family_of(*each.known) is Family.COMPLETE:
            counts[each.mode] += each.number
    return dict(counts)


def _by_mode(cases: list[_Cases]) -> list[ModeRates]:
    completes = _completes(cases)
    total = sum(completes.values())
    tried = {
        Mode.SMS: [each for each in cases if each.sent],
        Mode.PHONE: [each for each in cases if each.called],
    }
    found = []
    for mode in Mode:
        number = completes.get(mode, 0)
        if mode not in tried:
            found.append(ModeRates(mode, number, total))
            continue
        won = _completes(tried[mode]).get(mode, 0)
        asked = sum(each.number for each in tried[mode])
        called = _outcomes([each for each in tried[mode] if each.mode in (None, mode)])
        found.append(ModeRates(mode, number, total, asked, won, called if mode is Mode.PHONE else None))
    return found
