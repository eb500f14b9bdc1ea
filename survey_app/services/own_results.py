"""本单位得分: a unit's score as the unit itself may see it, whatever page or file shows it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.disclosure import disclosed, is_open_after
from survey_app.domain.score_changes import UnitChange, score_changes
from survey_app.domain.scoring import UnitScore
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.models.unit_score import UnitScore as FrozenUnitScore
from survey_app.services.scores import RoundResult, frozen_scores


def own_score(session: Session, round_: Round, result: RoundResult, unit_id: int) -> UnitScore:
    """Return a unit's score without the numbers of answers that could tell who gave them.

    Raises NotFoundError when the unit takes no part in the round.
    """
    score, smallest = result.unit(unit_id), result.score.scheme.smallest_cell
    data = next(each for each in result.bundle["units"] if each["unit"] == score.unit)
    version = result.version.version if result.version else None
    closed = {
        item
        for item in score.statistics
        if not shows_levels(session, round_.id, version, unit_id, item, data[item], smallest)
    }
    drawn = [each.response.sampled for each in result.score.units]
    if any(sampled is None for sampled in drawn):
        # The samples' sizes are then the numbers of answers, of which it would tell the least of other units.
        score = replace(score, size_warning=None)
    return disclosed(score, closed, smallest)


def shows_levels(
    session: Session,
    round_id: int,
    version: int | None,
    unit_id: int,
    item: str,
    levels: Mapping[str, Any],
    smallest: int,
) -> bool:
    """Whether a unit may see how many answers of each level an item has in a version (None: as things stand now)."""
    statement = (
        select(FrozenUnitScore.data)
        .join(
            ResultVersion,
            (ResultVersion.round_id == FrozenUnitScore.round_id)
            & (ResultVersion.version == FrozenUnitScore.version),
        )
        .where(
            FrozenUnitScore.round_id == round_id,
            FrozenUnitScore.unit_id == unit_id,
            ResultVersion.published_at.is_not(None),
        )
    )
    if version is not None:
        statement = statement.where(FrozenUnitScore.version < version)
    earlier = [_cells(data.get(item) or {}) for data in session.scalars(statement)]
    return is_open_after(earlier, _cells(levels), smallest)


def own_change(
    session: Session, round_: Round, before: ResultVersion, result: RoundResult, unit_id: int
) -> UnitChange | None:
    """Return what an earlier version had otherwise for a unit, as the unit may see it; None: nothing.

    Raises NotFoundError when the unit takes no part in the later result.
    """
    earlier = frozen_scores(session, round_, before.version)
    own_before = (
        {unit_id: own_score(session, round_, earlier, unit_id)} if unit_id in earlier.by_unit_id else {}
    )
    changes = score_changes(own_before, {unit_id: own_score(session, round_, result, unit_id)})
    return changes[0] if changes else None


def _cells(levels: Mapping[str, Any]) -> dict[str, int]:
    return {key: int(number or 0) for key, number in levels.items()}
