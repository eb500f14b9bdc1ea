"""回执短信: telling the registered number that an answer came in, so that whoever didn't give it can say so."""

from datetime import datetime

from sqlalchemy.orm import Session

from survey_app.models.case import Case
from survey_app.schemes.loader import load_scheme
from survey_app.services.invitations import RECEIPT, best_mobiles
from survey_app.services.messages import queue_message


def queue_receipt(session: Session, case_id: int, scheme_key: str, now: datetime) -> None:
    """Queue a case's one receipt SMS in the caller's transaction, where the scheme sends them.

    It goes to the first usable mobile of the enterprise's library, whoever filled the form in and wherever: to
    a number that was typed, a forger's own would do. It says nothing of the answer.
    """
    if not load_scheme(scheme_key).receipt_sms:
        return
    case = session.get_one(Case, case_id)
    phone = best_mobiles(session, case.round_id, case.instrument, case_id).get(case_id)
    if phone is not None:
        queue_message(session, case, RECEIPT, RECEIPT, phone, now)
