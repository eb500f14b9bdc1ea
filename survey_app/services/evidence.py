"""依据: for each unit's item, what its ledger gives, how many files there are, and where the entry falls short."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app.domain.evidence import (
    Figures,
    evidence_gap,
    figures_of,
    in_few_words,
    why_not_approve,
)
from survey_app.domain.scheme import ScoreItem
from survey_app.domain.text import N_, Text
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services.attachments import counts_at_items
from survey_app.services.items import entries_in_force
from survey_app.services.ledgers import counting_entries, withdrawn_places
from survey_app.services.round_units import units_of

Data = Mapping[str, str]


@dataclass(frozen=True)
class Evidence:
    """What speaks for a unit's item: the approved ledger and files.

    `figures` are None where nothing was ever approved in it; where all was withdrawn they are zeros.
    """

    item: ScoreItem
    entries: int
    figures: Figures | None
    attachments: int

    @property
    def words(self) -> Text | None:
        """The ledger's figures in a few words, None where it has none."""
        return in_few_words(self.item, self.figures) if self.figures else None

    def gap(self, data: Data | None, note: str) -> Text | None:
        """Return where an entry falls short of the evidence, or None."""
        return evidence_gap(self.item, data, note, self.figures, self.attachments)

    def why_not_approve(self, data: Data | None, note: str) -> Text | None:
        """Return why an entry may not be approved as it stands, or None."""
        return why_not_approve(data, note, self.figures)


class RoundEvidence:
    """What speaks for every unit's items in a round, looked up once."""

    def __init__(self, session: Session, round_: Round) -> None:
        items = load_scheme(round_.scheme_key).items
        self._entries = counting_entries(session, round_.id, [item.id for item in items if item.ledger])
        self._withdrawn = withdrawn_places(session, round_.id)
        self._files = counts_at_items(session, round_.id)

    def of(self, unit_id: int, item: ScoreItem) -> Evidence:
        """Return what speaks for a unit's item; a file for the item of the whole round speaks for each unit's."""
        entries = self._entries.get((unit_id, item.id), [])
        kept = bool(entries) or (unit_id, item.id) in self._withdrawn
        figures = figures_of(item, [entry.data for entry in entries]) if kept else None
        files = self._files.get((unit_id, item.id), 0) + self._files.get((None, item.id), 0)
        return Evidence(item, len(entries), figures, files)


def unproven(session: Session, round_: Round) -> list[Text]:
    """Return the approved figures that the ledger contradicts by now and whose note doesn't say why.

    Who approved them saw another ledger: an entry was approved, or withdrawn, since.
    """
    proof, entries = RoundEvidence(session, round_), entries_in_force(session, round_.id)
    reason = N_(
        "%(unit)s的%(item)s：填报数与台账不一致（台账为%(figures)s），说明里没有写原因；请更正，或写明原因，再审核"
    )
    return [
        Text(reason, {"unit": unit.name, "item": item.title, "figures": found.words})
        for unit in units_of(session, round_)
        for item in load_scheme(round_.scheme_key).items
        if (entry := entries.get((unit.id, item.id)))
        and (found := proof.of(unit.id, item)).words
        and found.why_not_approve(entry.data, entry.note)
    ]
