"""计票: the levels of an answer, and how many answers of each a unit got."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from survey_app.domain.text import Name


@dataclass(frozen=True)
class RatingLevel:
    """评价等级 — a level that an answer may give; `satisfied`: it counts into the share of 满意."""

    key: str
    name: Name
    satisfied: bool


@dataclass(frozen=True)
class Tally:
    """计票 — the counted answers about one unit in one round, by the key of their level."""

    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """The number of answers counted."""
        return sum(self.counts.values())

    def count(self, key: str) -> int:
        """The number of answers of one level."""
        return self.counts.get(key, 0)

    def satisfied(self, levels: Iterable[RatingLevel]) -> int:
        """The number of answers of those of the levels that count as satisfied."""
        return sum(self.count(level.key) for level in levels if level.satisfied)
