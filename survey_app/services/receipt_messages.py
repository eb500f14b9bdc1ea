"""回执短信: telling the registered number that an answer came in, so that whoever didn't give it can say so."""

from datetime import datetime

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from survey_app.domain.sending import RECEIPT
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import FrameEntry
from survey_app.models.round import SampleEntry
from survey_app.schemes.loader import load_scheme
from survey_app.services.case_phones import WRONG
from survey_app.services.invitations import first_mobile
from survey_app.services.messages import queue_message

# Tables and not objects: everybody answers in the same week.
_unit: Table = CaseUnit.__table__  # type: ignore[assignment]
_place: Table = SampleEntry.__table__  # type: ignore[assignment]
_entry: Table = FrameEntry.__table__  # type: ignore[assignment]
_call: Table = ContactAttempt.__table__  # type: ignore[assignment]
_PHONES = (
    select(_entry.c.phones)
    .join_from(_unit, _place, _place.c.id == _unit.c.sample_entry_id)
    .join(_entry, _entry.c.id == _place.c.frame_entry_id)
    .where(_unit.c.case_id == bindparam("case_id"))
    .order_by(_entry.c.id)
)
_WRONG_PHONES = select(_call.c.phone).where(
    _call.c.case_id == bindparam("case_id"), _call.c.outcome == WRONG.value
)


def queue_receipt(session: Session, case_id: int, scheme_key: str, now: datetime) -> None:
    """Queue a case's one receipt SMS in the caller's transaction, where the scheme sends them.

    It goes to the first usable mobile of the enterprise's library, whoever filled the form in and wherever: to
    a number that was typed, a forger's own would do. It says nothing of the answer.
    """
    if not load_scheme(scheme_key).receipt_sms:
        return
    connection = session.connection()
    wrong = frozenset(connection.scalars(_WRONG_PHONES, {"case_id": case_id}))
    for phones in connection.scalars(_PHONES, {"case_id": case_id}):
        number = first_mobile(phones, wrong)
        if number is not None:
            queue_message(session, session.get_one(Case, case_id), RECEIPT, RECEIPT, number, now)
            return
