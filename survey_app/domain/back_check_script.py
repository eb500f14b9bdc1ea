"""What is said when an interview is called back, as a scheme's file words it."""

import string
from collections.abc import Mapping
from dataclasses import dataclass, fields

from survey_app.domain.text import Name

PLACES = frozenset({"interviewer", "units", "quarter", "phone"})


@dataclass(frozen=True)
class BackCheckScript:
    """复核话术 — the opening, the question whether there was a call, and how to end."""

    opening: Name
    called: Name
    refusal: Name
    closing: Name


def parse_back_check_script(mapping: Mapping[str, object]) -> BackCheckScript:
    """Return the script that a table holds; raise ValueError with all faults, one a line."""
    faults, sentences = [], {}
    known = [each.name for each in fields(BackCheckScript)]
    for key in known:
        table = mapping.get(key)
        zh, en = (table.get("zh"), table.get("en")) if isinstance(table, Mapping) else (None, None)
        if not (isinstance(zh, str) and isinstance(en, str) and zh and en):
            faults.append(f"backcheck.{key}：应有 zh 和 en 两句话")
            continue
        for language, text in (("zh", zh), ("en", en)):
            if unknown := _places(text) - PLACES:
                named = "、".join("{" + place + "}" for place in sorted(unknown))
                faults.append(f"backcheck.{key}.{language}：不认识 {named}")
        sentences[key] = Name(zh, en)
    faults.extend(f"backcheck.{key}：没有这一段" for key in mapping if key not in known)
    if faults:
        raise ValueError("\n".join(faults))
    return BackCheckScript(**sentences)


def _places(text: str) -> set[str]:
    try:
        return {place for _text, place, _format, _kind in string.Formatter().parse(text) if place is not None}
    except ValueError:
        return {""}
