"""本单位得分: a unit's score as the unit itself may see it, whatever page or file shows it."""

from survey_app.domain.disclosure import disclosed
from survey_app.domain.scoring import UnitScore
from survey_app.services.scores import RoundResult

# A unit sees no number of answers below this: it could tell who gave them.
SMALLEST_CELL = 5


def own_score(result: RoundResult, unit_id: int) -> UnitScore:
    """Return a unit's score without the numbers of answers that could tell who gave them.

    Raises NotFoundError when the unit takes no part in the round.
    """
    score = result.unit(unit_id)
    data = next(each for each in result.bundle["units"] if each["unit"] == score.unit)
    return disclosed(score, {item: data[item] for item in score.statistics}, SMALLEST_CELL)
