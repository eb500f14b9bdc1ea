"""计票: how many answers of each level a unit has, counted live from an index, and how many were asked."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from survey_app.domain.disposition import RULES, Disposition, Family
from survey_app.domain.mode import Mode
from survey_app.domain.statistics import share
from survey_app.domain.tally import Tally
from survey_app.models.case import Case, CaseUnit
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.models.round import Sample

# Somebody of the enterprise spoke to us, whatever came of it.
_SPOKEN = (Family.COMPLETE, Family.PARTIAL, Family.REFUSAL, Family.OTHER)
REACHED = tuple(
    disposition
    for disposition, rule in RULES.items()
    if rule.family in _SPOKEN or disposition in (Disposition.NO_DEALINGS, Disposition.APPOINTMENT)
)


# An answer that replaced another came by the channel of the later submission that it was taken from.
answer_mode = func.coalesce(LaterSubmission.mode, Response.mode, type_=Response.mode.type)


@dataclass(frozen=True)
class Fieldwork:
    """How far the asking about one unit has come, in enterprises.

    `frame_size` is the library at the time of the draw (None: no draw), `sampled` who is asked, `reached` who
    answered or was spoken to, `answered` who rated the unit, by mode in `modes`.
    """

    frame_size: int | None
    sampled: int
    reached: int
    answered: int
    modes: dict[Mode, int]

    @property
    def rate(self) -> Decimal | None:
        """Return answered of sampled, 0 to 1, to four places; None where nobody is asked."""
        return share(self.answered, self.sampled)


def tally_statement(round_id: int, instrument: str) -> Select[int, str | None, int]:
    """Return the statement behind live_tally: unit, rating, number, all from ix_answer_tally."""
    return (
        select(Answer.unit_id, Answer.rating, func.count())
        .where(Answer.round_id == round_id, Answer.instrument == instrument, Answer.counted)
        .group_by(Answer.unit_id, Answer.rating)
    )


def live_tally(session: Session, round_id: int, instrument: str) -> dict[int, Tally]:
    """Return the tally of each unit that has a rated answer, by unit id."""
    counts: dict[int, dict[str, int]] = {}
    for unit_id, rating, number in session.execute(tally_statement(round_id, instrument)):
        if rating is not None:
            counts.setdefault(unit_id, {})[rating] = number
    return {unit_id: Tally(found) for unit_id, found in counts.items()}


def fieldwork(session: Session, round_id: int, instrument: str) -> dict[int, Fieldwork]:
    """Return how far the asking about each unit has come, by unit id."""
    frames = dict(
        session.execute(
            select(Sample.unit_id, Sample.frame_size).where(
                Sample.round_id == round_id, Sample.instrument == instrument
            )
        ).all()
    )
    reached = case((or_(Response.id.is_not(None), Case.disposition.in_(REACHED)), 1), else_=0)
    asked = {
        unit_id: (number, spoken)
        for unit_id, number, spoken in session.execute(
            select(CaseUnit.unit_id, func.count(), func.sum(reached))
            .join(Case, Case.id == CaseUnit.case_id)
            .outerjoin(Response, Response.case_id == Case.id)
            .where(Case.round_id == round_id, Case.instrument == instrument)
            .group_by(CaseUnit.unit_id)
        )
    }
    modes: dict[int, dict[Mode, int]] = {}
    for unit_id, mode, number in session.execute(
        select(Answer.unit_id, answer_mode, func.count())
        .join(Response, Response.id == Answer.response_id)
        .outerjoin(LaterSubmission, LaterSubmission.id == Answer.later_submission_id)
        .where(
            Answer.round_id == round_id,
            Answer.instrument == instrument,
            Answer.counted,
            Answer.rating.is_not(None),
        )
        .group_by(Answer.unit_id, answer_mode)
    ):
        modes.setdefault(unit_id, {})[mode] = number
    found = {}
    for unit_id in frames.keys() | asked.keys() | modes.keys():
        sampled, spoken = asked.get(unit_id, (0, 0))
        by_mode = modes.get(unit_id, {})
        found[unit_id] = Fieldwork(frames.get(unit_id), sampled, spoken, sum(by_mode.values()), by_mode)
    return found
