"""What the demonstration county's enterprises answer: plausible, with exact shares of the three levels."""

from collections.abc import Mapping
from random import Random

# Shares of 基本满意 and 不满意 as published for a comparable round; the rest is 满意.
BASICALLY, DISSATISFIED = 0.038, 0.003
NO_DEALINGS = 0.02

_MATTERS = ("registration", "permit", "taxes", "utilities", "loan", "policy", "inspection")
_REASONS = ("slow", "papers", "visits", "attitude", "fees", "passing_on", "promises")
_ASPECTS = ("efficiency", "style", "attitude", "duty", "openness")
_REMARKS = ("希望能一次告知全部材料", "窗口排队时间偏长", "系统填报重复")


def ratings(count: int, random: Random) -> list[str]:
    """Return `count` ratings in random order, with the shares rounded to whole answers."""
    low = max(1, round(count * DISSATISFIED))
    middle = max(1, round(count * BASICALLY))
    made = ["dissatisfied"] * low + ["basically_satisfied"] * middle
    made += ["satisfied"] * (count - len(made))
    random.shuffle(made)
    return made


def appraisal_about(unit_id: int, rating: str | None, random: Random) -> Mapping[str, list[str]]:
    """Return the fields of the commission's questionnaire about one unit, as `form_about` does the survey's."""
    if rating is None:
        return {f"u{unit_id}-dealt": ["unsure"]}
    fields = {f"u{unit_id}-dealt": ["yes"], f"u{unit_id}-rating": [rating]}
    if rating != "satisfied":
        fields[f"u{unit_id}-reasons"] = random.sample(_ASPECTS, random.randint(1, 2))
    return fields


def form_about(unit_id: int, rating: str | None, random: Random) -> Mapping[str, list[str]]:
    """Return the form's fields about one unit; no rating: the enterprise had no dealings with it."""
    if rating is None:
        return {f"u{unit_id}-dealt": ["no"]}
    slow = rating != "satisfied"
    fields = {
        "dealt": ["yes"],
        "matter": [random.choice(_MATTERS)],
        "visits": [random.choices(("0", "1", "2", "3"), (30, 55, 12, 3))[0] if not slow else "3"],
        "rating": [rating],
    }
    if random.random() < 0.2:
        fields["duration-unit"] = ["on_the_spot"]
    else:
        fields["duration-unit"] = ["workdays"]
        days = random.gammavariate(2.0, 2.0 if not slow else 6.0)
        fields["duration"] = [str(max(1, min(60, round(days))))]
    if random.random() < 0.3:
        fields["documents-code"] = ["online"]
    else:
        fields["documents"] = [str(random.randint(1, 12))]
    if random.random() < 0.75:
        fields["cost-code"] = ["no_charge"]
    else:
        fields["cost"] = [str(random.choice((10, 20, 50, 80, 100, 200, 500)))]
    fields["agency-code"] = ["none" if random.random() < 0.96 else "refused"]
    if slow:
        fields["reasons"] = random.sample(_REASONS, random.randint(1, 2))
        if random.random() < 0.3:
            fields["reasons"] = [*fields["reasons"], "other"]
            fields["reasons-text"] = [random.choice(_REMARKS)]
    return {f"u{unit_id}-{name}": values for name, values in fields.items()}
