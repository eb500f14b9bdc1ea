"""意见原话: what enterprises wrote about a unit, for its report, without what tells who wrote it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.remarks import Masks, asks_for_remarks, published_remarks, remarks_in
from survey_app.domain.roles import Role
from survey_app.domain.scheme import Scheme
from survey_app.domain.text import Name, Text
from survey_app.models.case import Case, CaseUnit
from survey_app.models.enterprise import Enterprise, FrameEntry
from survey_app.models.round import Round
from survey_app.schemes.instruments import load_instrument
from survey_app.services.counted_answers import counted_answers
from survey_app.services.surveys import is_asker

VERBATIM = Text("原话，已隐去联系方式和企业名称，按文字排列，与先后无关。")
NO_REMARKS = Text("没有企业写下意见。")


@dataclass(frozen=True)
class Remarks:
    """The remarks of an item's answers; without any, `why` says why not."""

    title: Name
    texts: tuple[str, ...]
    why: Text | None


def unit_remarks(
    session: Session,
    round_: Round,
    scheme: Scheme,
    unit_id: int,
    as_of: datetime | None,
    open_items: Collection[str] | None,
) -> tuple[Remarks, ...]:
    """Return what was written about a unit, for each item whose questionnaire asks for it.

    `open_items` are the items whose levels the unit itself may see; None: staff look, who see all of it, masked
    too, since a report is handed on. `as_of` is when the result was frozen.
    """
    found: list[Remarks] = []
    names: list[str] | None = None
    for item in scheme.items:
        if not item.answered or not asks_for_remarks(load_instrument(round_.scheme_key, item.id)):
            continue
        instrument = load_instrument(round_.scheme_key, item.id)
        answers = counted_answers(session, round_.id, item.id, unit_id, as_of)
        if names is None:
            names = _names(session, round_, unit_id)
        least = 1 if open_items is None else scheme.smallest_cell
        written = [remarks_in(instrument, answer.details) for answer in answers]
        shown = open_items is None or item.id in open_items
        texts = published_remarks(written, names, least) if shown else []
        why = None
        if not texts:
            why = NO_REMARKS if open_items is None else _withheld(scheme.smallest_cell)
        found.append(Remarks(item.title, tuple(texts), why))
    return tuple(found)


def staff_remarks(
    session: Session,
    round_: Round,
    unit_id: int,
    instrument: str,
    role: Role,
    details: Mapping[int, Mapping[str, Any]],
) -> Mapping[int, Sequence[str]]:
    """Return what single answers about a unit say in their own words, by the answers' ids as in `details`.

    Whoever asks reads it as it was written; others, who must not learn who was asked, read it masked.
    """
    questionnaire = load_instrument(round_.scheme_key, instrument)
    written = {answer_id: remarks_in(questionnaire, each) for answer_id, each in details.items()}
    if is_asker(round_, instrument, role):
        return written
    masks = Masks(_names(session, round_, unit_id))
    return {answer_id: [masks.mask(text) for text in texts] for answer_id, texts in written.items()}


def _withheld(smallest: int) -> Text:
    """One sentence for whatever the reason is, since which it is would tell a number."""
    return Text(
        "没有列出意见：写下意见的不足 %(n)s 户，或者这一项的评价份数不列出；为保护答卷的企业，这时不列出意见原话。",
        {"n": smallest},
    )


def _names(session: Session, round_: Round, unit_id: int) -> list[str]:
    """The enterprises that may have written: those of the unit's library, and those asked about it."""
    library = select(Enterprise.name).join(FrameEntry, FrameEntry.enterprise_id == Enterprise.id)
    asked = (
        select(Enterprise.name)
        .join(Case, Case.enterprise_id == Enterprise.id)
        .join(CaseUnit, CaseUnit.case_id == Case.id)
    )
    return [
        *session.scalars(library.where(FrameEntry.unit_id == unit_id)),
        *session.scalars(asked.where(Case.round_id == round_.id, CaseUnit.unit_id == unit_id)),
    ]
