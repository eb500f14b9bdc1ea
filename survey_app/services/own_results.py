"""本单位得分: a unit's score as the unit itself may see it, whatever page or file shows it."""

from sqlalchemy.orm import Session

from survey_app.domain.disclosure import disclosed
from survey_app.domain.score_changes import UnitChange, score_changes
from survey_app.domain.scoring import UnitScore
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.services.scores import RoundResult, frozen_scores

# A unit sees no number of answers below this: it could tell who gave them.
SMALLEST_CELL = 5


def own_score(result: RoundResult, unit_id: int) -> UnitScore:
    """Return a unit's score without the numbers of answers that could tell who gave them.

    Raises NotFoundError when the unit takes no part in the round.
    """
    score = result.unit(unit_id)
    data = next(each for each in result.bundle["units"] if each["unit"] == score.unit)
    return disclosed(score, {item: data[item] for item in score.statistics}, SMALLEST_CELL)


def own_change(
    session: Session, round_: Round, before: ResultVersion, result: RoundResult, unit_id: int
) -> UnitChange | None:
    """Return what an earlier version had otherwise for a unit, as the unit may see it; None: nothing.

    Raises NotFoundError when the unit takes no part in the later result.
    """
    earlier = frozen_scores(session, round_, before.version)
    own_before = {unit_id: own_score(earlier, unit_id)} if unit_id in earlier.by_unit_id else {}
    changes = score_changes(own_before, {unit_id: own_score(result, unit_id)})
    return changes[0] if changes else None
