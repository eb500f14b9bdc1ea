"""抽样公告: what is published before a draw, so that nobody can choose a seed or a library after seeing its result."""

from collections.abc import Mapping
from dataclasses import dataclass

from survey_app.domain.canonical import canonical_digest
from survey_app.domain.unit_draws import DrawSettings


@dataclass(frozen=True)
class AnnouncedFrame:
    """A unit's library as it was announced: how many enterprises, and the digest of their keys."""

    unit: str
    frame_size: int
    frame_digest: str


@dataclass(frozen=True)
class Announcement:
    """An announcement; `announced_at` is ISO 8601 with the county's zone, `frames` are in the units' order.

    Of a sealed part (None: there is none) only the digest belongs to it.
    """

    round: str
    survey: str
    number: int
    announced_at: str
    seed: str
    sealed_digest: str | None
    settings: DrawSettings
    frames: tuple[AnnouncedFrame, ...]

    @property
    def digest(self) -> str:
        """The digest by which an announcement is known wherever it is published."""
        return canonical_digest(announcement_as_json(self))


def announcement_as_json(announcement: Announcement) -> Mapping[str, object]:
    """Return an announcement as files carry it; its digest is that of this content."""
    return {
        "round": announcement.round,
        "survey": announcement.survey,
        "number": announcement.number,
        "announced_at": announcement.announced_at,
        "seed": announcement.seed,
        "sealed_digest": announcement.sealed_digest,
        "n": announcement.settings.size,
        "rest_quarters": announcement.settings.rest_quarters,
        "units_cap": announcement.settings.units_cap,
        "units": [
            {"unit": each.unit, "frame_size": each.frame_size, "frame_digest": each.frame_digest}
            for each in announcement.frames
        ],
    }
