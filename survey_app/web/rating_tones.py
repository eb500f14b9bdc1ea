"""The tone in which a page shows each level of an answer."""

from collections.abc import Sequence

from survey_app.domain.tally import RatingLevel


def rating_tones(levels: Sequence[RatingLevel]) -> dict[str, str]:
    """Return the tone of each level by its key: good where it counts as satisfied, bad at the worst, else wait."""
    worst = levels[-1].key
    return {
        level.key: "good" if level.satisfied else "bad" if level.key == worst else "wait" for level in levels
    }
