"""否认作答 for staff: each body's own in full, and as much of the other's as it may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from survey_app.domain.disavowal import OPEN_STATES, DisavowalState
from survey_app.domain.instrument_owner import surveys_of
from survey_app.domain.remarks import Masks
from survey_app.domain.roles import Role
from survey_app.domain.text import Name
from survey_app.models.case import Case
from survey_app.models.disavowal import Disavowal, DisavowalEntry
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import load_scheme
from survey_app.services.surveys import survey_title


@dataclass(frozen=True)
class DisavowalCount:
    """How many disavowals a survey has, and how many of them are open; `is_own`: of whoever looks."""

    instrument: str
    title: Name
    owner: Role
    is_own: bool
    total: int
    open: int


@dataclass(frozen=True)
class OwnDisavowal:
    """One of a body's own survey; `answers` are the counted ones, by id and unit, once it was found not theirs."""

    disavowal: Disavowal
    public_id: str
    enterprise: str
    answers: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class SeenDisavowal:
    """One of the other body's, as its supervisor sees it: no enterprise, and nothing in the words that names one."""

    day: datetime
    state: DisavowalState
    said: tuple[str, ...]


def counts(session: Session, round_: Round, role: Role) -> list[DisavowalCount]:
    """Return how many disavowals each survey of a round has; surveys without any are left out."""
    found = session.execute(
        select(Case.instrument, Disavowal.state, func.count())
        .join(Response, Response.id == Disavowal.response_id)
        .join(Case, Case.id == Response.case_id)
        .where(Case.round_id == round_.id)
        .group_by(Case.instrument, Disavowal.state)
    ).all()
    made = []
    for instrument, owner in surveys_of(load_scheme(round_.scheme_key)):
        numbers = {state: number for key, state, number in found if key == instrument}
        if numbers:
            waiting = sum(number for state, number in numbers.items() if state in OPEN_STATES)
            title = survey_title(round_, instrument)
            made.append(
                DisavowalCount(instrument, title, owner, owner is role, sum(numbers.values()), waiting)
            )
    return made


def own_disavowals(session: Session, round_: Round, instrument: str) -> list[OwnDisavowal]:
    """Return a survey's disavowals for the body that asks with it: the open ones first, then the newest.

    An answer is named with its enterprise nowhere else. Here it is only where the enterprise said, and a
    call-back confirmed, that the answer isn't its own.
    """
    rows = _rows(session, round_, instrument)
    disowned = [each.response_id for each, *_ in rows if each.state is DisavowalState.NOT_THEIRS]
    answers: dict[int, list[tuple[int, str]]] = {}
    for response_id, answer_id, unit in session.execute(
        select(Answer.response_id, Answer.id, Unit.name)
        .join(Unit, Unit.id == Answer.unit_id)
        .where(Answer.response_id.in_(disowned), Answer.counted)
        .order_by(Unit.position, Unit.id)
    ):
        answers.setdefault(response_id, []).append((answer_id, unit))
    return [
        OwnDisavowal(each, public_id, enterprise, tuple(answers.get(each.response_id, ())))
        for each, public_id, enterprise in rows
    ]


def seen_disavowals(session: Session, round_: Round, instrument: str, role: Role) -> list[SeenDisavowal]:
    """Return the other body's disavowals as the commission, which supervises, sees them; nobody else sees any."""
    if role is not Role.COMMISSION:
        return []
    return [
        SeenDisavowal(
            each.first_at,
            each.state,
            tuple(Masks([enterprise]).mask(entry.note) for entry in each.entries if entry.way and entry.note),
        )
        for each, _public_id, enterprise in _rows(session, round_, instrument)
    ]


def _rows(session: Session, round_: Round, instrument: str) -> Sequence[tuple[Disavowal, str, str]]:
    found = session.execute(
        select(Disavowal, Case.public_id, Enterprise.name)
        .join(Response, Response.id == Disavowal.response_id)
        .join(Case, Case.id == Response.case_id)
        .join(Enterprise, Enterprise.id == Case.enterprise_id)
        .options(
            joinedload(Disavowal.response),
            selectinload(Disavowal.entries).joinedload(DisavowalEntry.account),
        )
        .where(Case.round_id == round_.id, Case.instrument == instrument)
        .order_by(Disavowal.state.not_in(OPEN_STATES), Disavowal.id.desc())
        .execution_options(populate_existing=True)
    )
    return [(disavowal, public_id, name) for disavowal, public_id, name in found]
