"""回访任务 of a sample: one for every enterprise drawn, with its link, and which of them are over."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import Disposition
from survey_app.models.case import Case
from survey_app.models.response import Response
from survey_app.models.round import Round
from survey_app.services.collaborators import Keys
from survey_app.services.personal_links import make_links

_CHUNK = 1000


def ensure_cases(
    session: Session, keys: Keys, round_: Round, instrument: str, enterprise_ids: Iterable[int], now: datetime
) -> tuple[dict[int, int], int]:
    """Return the case of each enterprise in the caller's transaction, and how many of them are new."""
    wanted = list(dict.fromkeys(enterprise_ids))
    cases: dict[int, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        found = session.execute(
            select(Case.enterprise_id, Case.id).where(
                Case.round_id == round_.id, Case.instrument == instrument, Case.enterprise_id.in_(chunk)
            )
        )
        cases |= dict(found.all())
    # Chosen at random, and only after the draw: it names the case and has no part in who is drawn.
    new = {str(uuid.uuid4()): enterprise for enterprise in wanted if enterprise not in cases}
    links = make_links(session, keys, dict.fromkeys(new, 1))
    values: list[dict[str, Any]] = [
        {
            "public_id": public_id,
            "round_id": round_.id,
            "instrument": instrument,
            "enterprise_id": enterprise,
            "link_version": links[public_id].version,
            "token_hash": links[public_id].token_hash,
            "code_hash": links[public_id].code_hash,
            "disposition": Disposition.NOT_CONTACTED,
            "due_at": now,
        }
        for public_id, enterprise in new.items()
    ]
    if values:
        cases |= dict(session.execute(insert(Case).returning(Case.enterprise_id, Case.id), values).all())
    return cases, len(values)


def ended_cases(session: Session, round_id: int, instrument: str) -> set[int]:
    """Return the ids of a round's cases that are answered or closed, so that nothing more can be asked."""
    return set(
        session.scalars(
            select(Case.id)
            .outerjoin(Response, Response.case_id == Case.id)
            .where(
                Case.round_id == round_id,
                Case.instrument == instrument,
                Case.closed | Response.id.is_not(None),
            )
        )
    )
