"""The queue read from its index: the cases that come first for an interviewer, best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.call_queue import WaitingCase, call_order, spread
from survey_app.domain.disposition import Disposition
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.round import Round
from survey_app.services.calling import hours_of, rules_of
from survey_app.services.waiting_cases import for_this_interviewer, free_at, open_rounds, without_response

# So many of a class are looked at, the longest due first; the rest only waits its turn.
CONSIDERED = 200


@dataclass(frozen=True)
class Place:
    """A case in its turn, and for how long whoever takes it holds it."""

    case_id: int
    lease: timedelta


def first_in_turn(session: Session, interviewer_id: int, now: datetime, seed: str) -> list[Place]:
    """Return the cases to be called now that come first in `call_order`; none when nobody is to be called.

    They are of one class of that order (appointments, or so many attempts, so spread over the day) in one
    round; the others' turn comes when these are gone. Rounds take turns by their quarter, the newest first.
    """
    rounds = session.scalars(open_rounds(now)).all()
    ready = (
        Case.closed.is_(False),
        Case.due_at <= now,
        free_at(now),
        without_response(),
        for_this_interviewer(interviewer_id),
    )
    promised = [
        (case, round_)
        for round_ in rounds
        for case in _read(
            session,
            interviewer_id,
            (
                Case.round_id == round_.id,
                Case.appointment_at <= now + rules_of(round_).appointment_lead,
                *ready,
            ),
            (Case.appointment_at,),
        )
    ]
    if promised:
        leases = {case.case_id: rules_of(round_).lease for case, round_ in promised}
        order = call_order((case for case, _ in promised), seed, 0)
        return [Place(case.case_id, leases[case.case_id]) for case in order]
    for round_ in rounds:
        part = hours_of(session, round_.scheme_key).part_of(now.astimezone(COUNTY_ZONE))
        for masks, attempts in _classes(session, round_, part, now):
            found = _read(
                session,
                interviewer_id,
                (
                    Case.round_id == round_.id,
                    Case.parts_tried.in_(masks),
                    Case.counted_attempts == attempts,
                    Case.appointment_at.is_(None),
                    *ready,
                ),
                # Cases of one draw fell due together; their public ids are random, so units are mixed.
                (Case.due_at, Case.public_id),
            )
            if found:
                lease = rules_of(round_).lease
                return [Place(case.case_id, lease) for case in call_order(found, seed, part)]
    return []


def _classes(session: Session, round_: Round, part: int, now: datetime) -> list[tuple[list[int], int]]:
    """Return the classes of a round that have a case due, first in turn first: their masks and attempts."""
    rows = session.execute(
        select(Case.parts_tried, Case.counted_attempts)
        .where(Case.round_id == round_.id, Case.closed.is_(False))
        .group_by(Case.parts_tried, Case.counted_attempts)
        .having(func.min(Case.due_at) <= now)
    )
    classes: dict[tuple[int, int], list[int]] = {}
    for mask, attempts in rows:
        classes.setdefault((spread(mask, part), attempts), []).append(mask)
    return [(masks, attempts) for (_, attempts), masks in sorted(classes.items())]


def _read(
    session: Session,
    interviewer_id: int,
    conditions: Sequence[ColumnElement[bool]],
    order: Sequence[Any],
) -> list[WaitingCase]:
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
        )
        .where(*conditions)
        .order_by(*order)
        .limit(CONSIDERED)
    )
    return [WaitingCase(*row) for row in rows]
