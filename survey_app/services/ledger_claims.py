"""重复申报: where else an article or a practice is claimed, by any unit in any quarter."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey_app.domain.approval import APPROVAL_NAMES, Approval
from survey_app.domain.ledger import LEDGERS
from survey_app.domain.text import Text
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.ledgers import stands


@dataclass(frozen=True)
class Claim:
    """Where else something is claimed: the quarter, the unit, the entry, and how far that one has come."""

    quarter: str
    unit: str
    entry_id: int
    approval: Approval

    @property
    def sentence(self) -> Text:
        """The claim for people."""
        values = {"quarter": self.quarter, "unit": self.unit, "state": Text(APPROVAL_NAMES[self.approval])}
        return Text("%(quarter)s %(unit)s也申报过（%(state)s）", values)


def claims_elsewhere(session: Session, entries: Sequence[LedgerEntry]) -> dict[int, list[Claim]]:
    """Return, by entry id, where else the same is claimed: by another unit, or in another quarter.

    Only of ledgers whose things can be claimed once; returned and withdrawn entries claim nothing.
    """
    found: dict[int, list[Claim]] = {entry.id: [] for entry in entries}
    asked = [
        entry
        for entry in entries
        if LEDGERS[entry.kind].claimed_once
        and entry.withdrawn_at is None
        and entry.approval is not Approval.RETURNED
    ]
    if not asked:
        return found
    links = [entry.link_key for entry in asked if entry.link_key]
    rows = session.execute(
        select(LedgerEntry, Round.quarter, Unit.name)
        .join(Round, Round.id == LedgerEntry.round_id)
        .join(Unit, Unit.id == LedgerEntry.unit_id)
        .where(
            LedgerEntry.kind.in_({entry.kind for entry in asked}),
            or_(
                LedgerEntry.name_key.in_([entry.name_key for entry in asked]), LedgerEntry.link_key.in_(links)
            ),
            stands(),
        )
        .order_by(Round.quarter, Unit.position, LedgerEntry.id)
    ).all()
    for entry in asked:
        for other, quarter, unit in rows:
            elsewhere = (other.round_id, other.unit_id) != (entry.round_id, entry.unit_id)
            same = other.name_key == entry.name_key or (
                entry.link_key is not None and other.link_key == entry.link_key
            )
            if elsewhere and same and other.kind is entry.kind:
                found[entry.id].append(Claim(quarter, unit, other.id, other.approval))
    return found
