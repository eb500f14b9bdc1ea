"""What an interviewer says on the telephone, as a scheme's file words it."""

import string
from collections.abc import Mapping
from dataclasses import dataclass

from survey_app.domain.text import Name

# The sentences of a script, and the places that each may leave open.
PLACES = {
    "opening": frozenset({"interviewer", "units", "quarter"}),
    "appointment": frozenset(),
    "refusal": frozenset(),
    "closing": frozenset({"phone"}),
}
# What else a survey's table holds; the call-back's own sentences are read by themselves.
ELSEWHERE = frozenset({"version", "backcheck"})


@dataclass(frozen=True)
class CallScript:
    """话术 — the version under which consent is recorded, and each sentence with its open places."""

    version: str
    opening: Name
    appointment: Name
    refusal: Name
    closing: Name


def parse_script(mapping: Mapping[str, object]) -> CallScript:
    """Return the script that a table holds; raise ValueError with all faults, one a line."""
    faults = []
    version = mapping.get("version")
    if not isinstance(version, str) or not 0 < len(version) <= 20:
        faults.append("version：应为 1 至 20 个字符的版本号")
    sentences: dict[str, Name] = {}
    for key, places in PLACES.items():
        table = mapping.get(key)
        sentence = _sentence(table) if isinstance(table, Mapping) else None
        if sentence is None:
            faults.append(f"{key}：应有 zh 和 en 两句话")
            continue
        sentences[key] = sentence
        for language, text in (("zh", sentence.zh), ("en", sentence.en)):
            unknown = _places(text) - places
            if unknown:
                faults.append(
                    f"{key}.{language}：不认识 {'、'.join('{' + place + '}' for place in sorted(unknown))}"
                )
    faults.extend(f"{key}：没有这一段" for key in mapping if key not in {*PLACES, *ELSEWHERE})
    if faults:
        raise ValueError("\n".join(faults))
    return CallScript(version=str(version), **sentences)


def _sentence(table: Mapping[str, object]) -> Name | None:
    zh, en = table.get("zh"), table.get("en")
    return Name(zh, en) if isinstance(zh, str) and isinstance(en, str) and zh and en else None


def _places(text: str) -> set[str]:
    try:
        return {
            place
            for _literal, place, _format, _conversion in string.Formatter().parse(text)
            if place is not None
        }
    except ValueError:
        return {""}
