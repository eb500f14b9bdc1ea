"""计票: how many answers of each level a unit got."""

from dataclasses import dataclass
from enum import StrEnum

from survey_app.domain.text import Text


class Rating(StrEnum):
    """满意度 — the three levels of an answer."""

    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically_satisfied"
    DISSATISFIED = "dissatisfied"


RATING_NAMES = {
    Rating.SATISFIED: Text("满意"),
    Rating.BASICALLY_SATISFIED: Text("基本满意"),
    Rating.DISSATISFIED: Text("不满意"),
}


@dataclass(frozen=True)
class Tally:
    """计票 — the counted answers about one unit in one round, by level."""

    satisfied: int = 0
    basically_satisfied: int = 0
    dissatisfied: int = 0

    @property
    def n(self) -> int:
        """The number of answers counted."""
        return self.satisfied + self.basically_satisfied + self.dissatisfied

    def count(self, rating: Rating) -> int:
        """The number of answers of one level."""
        return {
            Rating.SATISFIED: self.satisfied,
            Rating.BASICALLY_SATISFIED: self.basically_satisfied,
            Rating.DISSATISFIED: self.dissatisfied,
        }[rating]
