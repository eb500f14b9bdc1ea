"""试算: scoring entered figures under a scheme, alone or in the place of one unit of a round; nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.entry_fields import in_words
from survey_app.domain.json_object import Fault
from survey_app.domain.scheme import Scheme
from survey_app.domain.scoring import RoundScore, UnitScore, score_round
from survey_app.domain.what_if import as_typed
from survey_app.models.round import Round
from survey_app.services.scores import RoundResult, scores_of, title_of


@dataclass(frozen=True)
class Base:
    """The round that figures are tried out in: its result, and the unit in whose place they stand."""

    round: Round
    result: RoundResult
    unit: UnitScore

    @property
    def others(self) -> list[dict[str, object]]:
        """The other units' figures, as they stand."""
        return [each for each in self.result.bundle["units"] if each["unit"] != self.unit.unit]

    def typed(self) -> dict[str, str]:
        """The unit's own figures as they would be typed."""
        own = next(each for each in self.result.bundle["units"] if each["unit"] == self.unit.unit)
        return as_typed(self.result.score.scheme, own)


def base_of(session: Session, round_: Round, unit_id: int) -> Base:
    """Return a round to try figures out in; raise NotFoundError when the unit takes no part in it."""
    result = scores_of(session, round_)
    return Base(round_, result, result.unit(unit_id))


def try_out(
    scheme: Scheme, units: Sequence[dict[str, object]], others: Sequence[dict[str, object]] = ()
) -> tuple[RoundScore | None, list[tuple[str, str, str]]]:
    """Return the score of units given as a bundle gives them, or None and what is wrong.

    A fault is (unit, item id, sentence).
    """
    parsed, faults = parse_bundle({"scheme": scheme.key, "units": [*units, *others]}, scheme)
    if parsed is None:
        return None, [(fault.unit, fault.item, _sentence(scheme, fault)) for fault in faults]
    return score_round(scheme, parsed), []


def _sentence(scheme: Scheme, fault: Fault) -> str:
    item = next((each for each in scheme.items if each.id == fault.item), None)
    known = item or (fault.item in (scheme.bonus.id, scheme.penalty.id))
    reason = in_words(item, fault.reason) if item else fault.reason
    title = f"{title_of(scheme, fault.item)}：" if known else ""
    return f"{fault.unit}：{title}{reason}"
