"""The queue read from its index: the cases that come first for an interviewer, best first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.call_queue import MOST_EXTRA, WaitingCase, call_order, masks_by_spread
from survey_app.domain.disposition import Disposition
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.round import Round
from survey_app.services.calling import hours_of, rules_of
from survey_app.services.waiting_cases import (
    for_this_interviewer,
    free_at,
    open_rounds,
    without_response,
)

# So many of a class are looked at, the longest due first; the rest only waits its turn.
CONSIDERED = 200


@dataclass(frozen=True)
class Place:
    """A case in its turn, and for how long whoever takes it holds it."""

    case_id: int
    lease: timedelta


def in_turn(session: Session, interviewer_id: int, now: datetime, seed: str) -> Iterator[Place]:
    """Give the cases that may be called now in the order of `call_order`, as the database was when it was asked.

    The classes of that order are read one after the other, each by a range of the queue's index, so that it
    doesn't matter how many cases wait in the others.
    """
    rounds = {round_.id: round_ for round_ in session.scalars(open_rounds(now))}
    leases = {round_id: rules_of(round_).lease for round_id, round_ in rounds.items()}
    for waiting, part in _classes(session, list(rounds.values()), interviewer_id, now):
        round_ids = dict(waiting)
        for case in call_order(round_ids, seed, part):
            yield Place(case.case_id, leases[round_ids[case]])


def _classes(
    session: Session, rounds: list[Round], interviewer_id: int, now: datetime
) -> Iterator[tuple[list[tuple[WaitingCase, int]], int]]:
    """Give the waiting cases, each with its round, class by class, and the part of the day it is in the round."""
    common = (
        Case.closed.is_(False),
        Case.due_at <= now,
        free_at(now),
        without_response(),
        for_this_interviewer(interviewer_id),
    )
    promised = []
    for round_ in rounds:
        promised += _read(
            session,
            interviewer_id,
            (Case.round_id == round_.id, Case.appointment_at.is_not(None), *common),
            (Case.appointment_at,),
        )
    yield promised, 0
    local = now.astimezone(COUNTY_ZONE)
    # Rounds under schemes with other parts of the day take their turns, the newest quarter first.
    for round_ in rounds:
        rules = rules_of(round_)
        part = hours_of(session, round_.scheme_key).part_of(local)
        most = rules.max_attempts + MOST_EXTRA
        for masks in masks_by_spread(len(rules.parts), part):
            for attempts in range(most + 1):
                found = []
                for mask in masks:
                    counted = Case.counted_attempts
                    found += _read(
                        session,
                        interviewer_id,
                        (
                            Case.round_id == round_.id,
                            Case.parts_tried == mask,
                            counted >= most if attempts == most else counted == attempts,
                            Case.appointment_at.is_(None),
                            *common,
                        ),
                        (Case.due_at, Case.public_id),
                    )
                if found:
                    yield found, part


def _read(
    session: Session,
    interviewer_id: int,
    conditions: tuple[ColumnElement[bool], ...],
    order: tuple[ColumnElement[object], ...],
) -> list[tuple[WaitingCase, int]]:
    promised_by_me = (
        select(ContactAttempt.id)
        .where(
            ContactAttempt.case_id == Case.id,
            ContactAttempt.interviewer_id == interviewer_id,
            ContactAttempt.outcome == Disposition.APPOINTMENT.value,
        )
        .exists()
    )
    rows = session.execute(
        select(
            Case.id,
            Case.due_at,
            Case.appointment_at,
            promised_by_me,
            Case.parts_tried,
            Case.counted_attempts,
            Case.round_id,
        )
        .where(*conditions)
        .order_by(*order)
        .limit(CONSIDERED)
    )
    return [(WaitingCase(*row[:-1]), row[-1]) for row in rows]
