"""文书用语: the names and sentences of a county that its official documents use."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

MAX_SENTENCE = 500


@dataclass(frozen=True)
class Wording:
    """文书用语 — whose documents they are: who issues them, to whom, by which plan, and what is asked of them."""

    issuer: str
    addressees: str
    basis: str
    request: str


def parse_wording(mapping: Mapping[str, object]) -> Wording:
    """Return the wording that a decoded TOML file holds; raise ValueError with all faults, one a line."""
    keys = [field.name for field in fields(Wording)]
    faults = [f"{key}：没有这一项" for key in mapping if key not in keys]
    values = {}
    for key in keys:
        value = mapping.get(key)
        if isinstance(value, str) and 0 < len(value.strip()) <= MAX_SENTENCE and "\n" not in value.strip():
            values[key] = value.strip()
        else:
            faults.append(f"{key}：应为一行文字，不超过 {MAX_SENTENCE} 字")
    if faults:
        raise ValueError("\n".join(faults))
    return Wording(**values)
