"""What may be typed into a field of an item, in a few words, before anything is typed."""

from survey_app.domain.entry_fields import EntryField
from survey_app.domain.scheme import PointRange, Reference, ScoreItem, Tiers
from survey_app.domain.text import Text, joined


def entry_hint(item: ScoreItem, field: EntryField) -> Text:
    """Return the range of a field: "0–8，步长 0.5", "1–3、4–6、7–8", "0–1000", or that it is a count."""
    match item.settings:
        case PointRange() as settings:
            params = {"low": settings.low, "high": settings.high, "step": settings.step}
            return Text("%(low)s–%(high)s，步长 %(step)s", params)
        case Tiers() as settings if field.key == "points":
            spans = (
                Text("%(low)s–%(high)s", {"low": band.low, "high": band.high})
                for band in reversed(settings.bands)
            )
            return Text("%(spans)s", {"spans": joined(tuple(spans))})
        case Reference() as settings:
            return Text("%(low)s–%(high)s", {"low": settings.low, "high": settings.high})
        case _:
            return Text("整数")
