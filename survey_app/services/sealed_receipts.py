"""The receipts that count at a freezing, as its dossier seals them."""

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.dossier_facts import ReceiptsFact
from survey_app.domain.instrument_owner import surveys_of
from survey_app.domain.receipt import list_digest, listed_receipts
from survey_app.domain.round_inputs import Json
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services.versions import newest_version


def receipt_facts(
    session: Session, round_: Round, units: Collection[int], version: int
) -> Iterator[ReceiptsFact]:
    """Yield each survey's list for a version that is being frozen; `units` are the ids of those that take part.

    A response counts if an answer of it about one of them does, one that says it had no dealings included.
    """
    before = newest_version(session, round_)
    stood: dict[str, Json] = (
        {row["instrument"]: row for row in before.dossier.get("receipts", ())} if before else {}
    )
    scheme = load_scheme(round_.scheme_key)
    for instrument, _owner in surveys_of(scheme):
        codes = session.scalars(
            select(Response.receipt_code)
            .join(Answer, Answer.response_id == Response.id)
            .where(
                Answer.round_id == round_.id,
                Answer.instrument == instrument,
                Answer.counted,
                Answer.unit_id.in_(units),
            )
            .distinct()
        )
        old = stood.get(instrument)
        as_of, listed = listed_receipts(
            codes, old and old["codes"], version, old["as_of"] if old else version, scheme.smallest_cell
        )
        yield ReceiptsFact(instrument, as_of, len(listed), list_digest(listed), listed)
