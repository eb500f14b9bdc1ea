"""The one door for a response, whatever its mode: the first complete one of a case counts, later ones are kept."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey_app.domain.access_code import ALPHABET
from survey_app.domain.answer import UnitAnswer, content_digest
from survey_app.domain.disposition import Disposition
from survey_app.domain.instrument import Dealt
from survey_app.domain.mode import Mode
from survey_app.domain.receipt import RECEIPT_LENGTH
from survey_app.domain.round_state import RoundState, takes_answers
from survey_app.models.case import Case
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.models.round import Round
from survey_app.schemes.instruments import load_instrument
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.receipt_messages import queue_receipt
from survey_app.services.respondent_cases import Receipt

# Tables and not objects: everybody answers in the same week.
_response: Table = Response.__table__  # type: ignore[assignment]
_answer: Table = Answer.__table__  # type: ignore[assignment]
_later: Table = LaterSubmission.__table__  # type: ignore[assignment]
_case: Table = Case.__table__  # type: ignore[assignment]
_round: Table = Round.__table__  # type: ignore[assignment]
_CASE = (
    select(
        _case.c.id,
        _case.c.round_id,
        _case.c.instrument,
        _round.c.state,
        _round.c.closes_at,
        _round.c.scheme_key,
        _response.c.receipt_code,
        _response.c.received_at,
        _response.c.content_digest,
    )
    .join_from(_case, _round, _round.c.id == _case.c.round_id)
    .outerjoin(_response, _response.c.case_id == _case.c.id)
    .where(_case.c.id == bindparam("case_id"))
    # A round is not closed while an answer to it is being stored.
    .with_for_update(read=True, of=_round)
)
_ADD_ANSWERS = insert(_answer)
_CLOSE_CASE = (
    update(_case)
    .where(_case.c.id == bindparam("case_id"))
    .values(
        disposition=bindparam("outcome"), closed=True, held_by_id=None, held_until=None, appointment_at=None
    )
)
# The two kinds of insert that can leave a taken place alone; they share no type.
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ADD_RESPONSE = {
    name: make(_response).on_conflict_do_nothing().returning(_response.c.id) for name, make in _INSERT.items()
}
_ADD_LATER = {name: make(_later).on_conflict_do_nothing() for name, make in _INSERT.items()}


class RoundClosedError(ServiceError):
    """The round takes no answers: not yet, or not any more, the 30 minutes for opened forms included."""


def submit(
    session: Session,
    case_id: int,
    mode: Mode,
    answers: Mapping[int, UnitAnswer],
    opened_at: datetime,
    now: datetime,
    notice_version: str,
    interviewer_id: int | None = None,
) -> Receipt:
    """Store a case's response, close the case and queue the SMS that says so; commits.

    `answers` is what the form parser made of a form without errors, an answer for each of the case's units.
    `notice_version` is of what was said about personal data: the notice's, on the telephone the script's.
    The same content again, from wherever it comes, gets the first one's receipt. Different content is kept
    as a LaterSubmission, once, and never counted. Raises RoundClosedError when the round takes no answers
    (a repetition of what was stored in time still gets its receipt), NotFoundError for an unknown case,
    ValueError for answers that no form without errors gives.
    """
    if not answers or any(
        (answer.dealt is Dealt.YES) == (answer.rating is None) for answer in answers.values()
    ):
        raise ValueError("a response needs an answer about each unit, and a rating of each it dealt with")
    digest = content_digest(answers)
    while True:
        case = _locked(session, case_id)
        if case.receipt_code is not None and case.content_digest == digest:
            session.commit()  # what the caller did in this transaction stands: the call was made, say
            return Receipt(case.receipt_code, case.received_at, is_first=False)
        if not takes_answers(case.state, case.closes_at, opened_at, now):
            session.rollback()
            raise RoundClosedError(
                "本轮回访还没有开始" if case.state is RoundState.PREPARING else "本轮回访已经截止，不再接收"
            )
        if case.receipt_code is not None:
            _keep_later(session, case_id, mode, answers, digest, now)
            session.commit()
            return Receipt(
                case.receipt_code, case.received_at, is_first=False, same_content=False, later_kept=True
            )
        code = _add_response(
            session, case, mode, answers, digest, opened_at, now, notice_version, interviewer_id
        )
        if code is not None:
            queue_receipt(session, case.id, case.scheme_key, now)
            session.commit()
            return Receipt(code, now)
        # The same case was answered at this very moment, and is read again; or the code was taken.


def _locked(session: Session, case_id: int) -> Any:
    """Return the row of _CASE."""
    case = session.connection().execute(_CASE, {"case_id": case_id}).one_or_none()
    if case is None:
        raise NotFoundError("没有这一户")
    return case


def _add_response(
    session: Session,
    case: Any,
    mode: Mode,
    answers: Mapping[int, UnitAnswer],
    digest: str,
    opened_at: datetime,
    now: datetime,
    notice_version: str,
    interviewer_id: int | None,
) -> str | None:
    """Add the response and close its case; None when the case's one place, or the receipt's code, is taken."""
    connection = session.connection()
    code = "".join(secrets.choice(ALPHABET) for _ in range(RECEIPT_LENGTH))
    response_id = connection.execute(
        _ADD_RESPONSE[connection.dialect.name],
        {
            "case_id": case.id,
            "mode": mode,
            "interviewer_id": interviewer_id,
            "instrument_version": load_instrument(case.scheme_key, case.instrument).version,
            "notice_version": notice_version,
            "opened_at": opened_at,
            "received_at": now,
            "content_digest": digest,
            "receipt_code": code,
        },
    ).scalar()
    if response_id is None:
        return None
    rows = [
        {
            "response_id": response_id,
            "round_id": case.round_id,
            "instrument": case.instrument,
            "unit_id": unit_id,
            "dealt": answer.dealt,
            "rating": answer.rating,
            "details": answer.details,
        }
        for unit_id, answer in answers.items()
    ]
    # Most cases have one unit; a list of one would go the driver's slower way for many.
    connection.execute(_ADD_ANSWERS, rows if len(rows) > 1 else rows[0])
    # Without a rating there is nothing to count: the enterprise is not one of those the unit served.
    rated = any(answer.rating for answer in answers.values())
    outcome = Disposition.COMPLETE if rated else Disposition.NO_DEALINGS
    connection.execute(_CLOSE_CASE, {"case_id": case.id, "outcome": outcome})
    return code


def _keep_later(
    session: Session, case_id: int, mode: Mode, answers: Mapping[int, UnitAnswer], digest: str, now: datetime
) -> None:
    connection = session.connection()
    connection.execute(
        _ADD_LATER[connection.dialect.name],
        {
            "case_id": case_id,
            "mode": mode,
            "received_at": now,
            "content_digest": digest,
            "content": {str(unit_id): answer.as_json() for unit_id, answer in answers.items()},
        },
    )
