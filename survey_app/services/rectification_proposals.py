"""整改事项: which reasons a round's answers named about which unit; how often, and what else, only the office sees."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.instrument import RATING, Option
from survey_app.domain.remarks import REASONS
from survey_app.models.response import Answer
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import load_scheme
from survey_app.services.waiting_cases import SATISFACTION

Place = tuple[int, str]  # unit id, the reason's key


@dataclass(frozen=True)
class Proposal:
    """A task that may be issued.

    For the office alone: `answers`, how many named the reason, whether these are so `few` that the unit could
    tell who they are, and `remarks`, what was written freely with it.
    """

    unit: Unit
    reason: Option
    answers: int
    few: bool
    remarks: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Of which unit it is, and for which reason."""
        return self.unit.id, self.reason.value

    @property
    def needs_guidance(self) -> bool:
        """Whether the reason says nothing by itself ("其他"), so that it is issued only with guidance."""
        return self.reason.takes_text


def reason_counts(session: Session, round_: Round) -> dict[Place, int]:
    """Return how many answers of a round named each reason about each unit; for the office's eyes only."""
    return {place: len(answers) for place, answers in _complaints(session, round_).items()}


def proposals(session: Session, round_: Round) -> list[Proposal]:
    """Return the tasks that a round's answers ask for: by unit, in the questionnaire's order of reasons."""
    complaints = _complaints(session, round_)
    if not complaints:
        return []
    units = session.scalars(
        select(Unit)
        .where(Unit.id.in_({unit_id for unit_id, _ in complaints}))
        .order_by(Unit.position, Unit.id)
    )
    smallest = load_scheme(round_.scheme_key).smallest_cell
    options = load_instrument(round_.scheme_key, SATISFACTION).question(REASONS).options
    return [
        Proposal(
            unit,
            option,
            len(answers),
            len(answers) < smallest,
            _remarks(answers) if option.takes_text else (),
        )
        for unit in units
        for option in options
        if (answers := complaints.get((unit.id, option.value)))
    ]


def _complaints(session: Session, round_: Round) -> dict[Place, list[Mapping[str, Any]]]:
    """The counted answers that named each reason about each unit."""
    questions = load_instrument(round_.scheme_key, SATISFACTION).questions
    question = next((each for each in questions if each.id == REASONS), None)
    if question is None:
        return {}
    statement = select(Answer.unit_id, Answer.details).where(
        Answer.round_id == round_.id,
        Answer.instrument == SATISFACTION,
        Answer.counted,
        Answer.rating.is_not(None),
    )
    if question.condition is not None and question.condition.question == RATING:
        statement = statement.where(Answer.rating.in_(question.condition.values))
    found: dict[Place, list[Mapping[str, Any]]] = {}
    for unit_id, details in session.execute(statement):
        chosen = details.get(REASONS)
        for key in chosen if isinstance(chosen, list) else ():
            if question.option(key) is not None:
                found.setdefault((unit_id, key), []).append(details)
    return found


def _remarks(answers: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What was written freely, in an order that doesn't tell when."""
    return tuple(sorted(str(text) for details in answers if (text := details.get(f"{REASONS}-text"))))
