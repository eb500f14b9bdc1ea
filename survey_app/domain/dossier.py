"""卷宗: everything that is needed to make a round's scores again, in one file that anybody can check."""

from collections.abc import Mapping
from dataclasses import asdict

from survey_app.domain.canonical import canonical_digest, canonical_json, text_digest
from survey_app.domain.dossier_facts import DossierFacts, scored_facts
from survey_app.domain.official_sheet import ranking, sheet_as_json
from survey_app.domain.round_inputs import Json, round_inputs
from survey_app.domain.scheme import Scheme
from survey_app.domain.scheme_parser import parse_scheme_text
from survey_app.domain.score_json import round_as_json
from survey_app.domain.scoring import RoundScore, score_round

FORMAT = "survey-dossier/2"
# What was frozen before the lists of receipts and the announcements of draws; it is checked as it was written.
FORMER_FORMAT = "survey-dossier/1"
FORMATS = (FORMAT, FORMER_FORMAT)
# The lists of facts, and by which keys their rows are grouped where a digest names the place of a change.
LISTS = {
    "units": ("unit",),
    "draws": ("unit", "instrument"),
    "answers": ("unit", "instrument"),
    "entries": ("unit", "item"),
    "marks": ("unit",),
    "endorsements": ("unit",),
    "broken_promises": ("unit",),
    "receipts": ("instrument",),
}
HEAD = ("round", "version", "frozen_at")
# What follows from the inputs.
RESULTS = ("scores", "sheets", "ranking")


class DossierError(ValueError):
    """Facts of which no dossier can be made; `str(error)` says why, for people."""


def assemble(facts: DossierFacts) -> Json:
    """Return the dossier of a round as decoded JSON, with its digests.

    Its lists are in the order of their content, which tells nothing of who or when; the units in that of the
    sheets. Raises DossierError where the scheme can't be read or the facts can't be scored.
    """
    scheme, faults = parse_scheme_text(facts.scheme_text)
    if scheme is None:
        raise DossierError(f"评分方案的文件有错误：{'；'.join(faults)}")
    inputs = round_inputs(scheme, scored_facts(facts))
    if inputs.parsed is None:
        raise DossierError(f"数据有误，无法计分：{'；'.join(map(str, inputs.faults))}")
    dossier: Json = {
        "format": FORMAT,
        **{key: getattr(facts, key) for key in HEAD},
        "scheme": scheme_as_json(scheme, facts.scheme_text),
        **{key: rows_as_json(facts, key) for key in LISTS},
        "inputs": inputs.bundle,
        **results_as_json(score_round(scheme, inputs.parsed)),
    }
    dossier["parts"] = part_digests(dossier)
    return {**dossier, "digest": dossier_digest(dossier)}


def dossier_digest(dossier: Mapping[str, object]) -> str:
    """Return the SHA-256 of the canonical JSON of all of a dossier but its own digest, in hex."""
    return canonical_digest({key: value for key, value in dossier.items() if key != "digest"})


def scheme_as_json(scheme: Scheme, text: str) -> Json:
    """Return the part of a dossier that carries the scheme: its key, its file's digest and text."""
    return {"key": scheme.key, "digest": text_digest(text), "text": text}


def rows_as_json(facts: DossierFacts, key: str) -> list[Json]:
    """Return one of the facts' lists as a dossier has it, in its order."""
    rows = [
        {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(row).items()}
        for row in getattr(facts, key)
    ]
    return rows if key == "units" else sorted(rows, key=canonical_json)


def results_as_json(scored: RoundScore) -> Json:
    """Return the parts of a dossier that follow from its inputs: scores, sheets, and the order of the ranking.

    The scores are as `survey score` prints them, the sheets as they are printed, word for word.
    """
    return {
        "scores": round_as_json(scored),
        "sheets": {score.unit: sheet_as_json(scored.scheme, score) for score in scored.units},
        "ranking": [score.unit for score in ranking(scored.units)],
    }


def lists_in(dossier: Mapping[str, object]) -> Mapping[str, tuple[str, ...]]:
    """Return the lists that a dossier of its format has, as LISTS does."""
    if dossier.get("format") != FORMER_FORMAT:
        return LISTS
    return {key: names for key, names in LISTS.items() if key != "receipts"}


def part_digests(dossier: Mapping[str, object]) -> Json:
    """Return a digest for each part of the facts, so that a change that nothing contradicts has a place.

    Never raises, whatever the dossier holds: rows without a place are those of "".
    """
    parts: Json = {key: canonical_digest(dossier.get(key)) for key in HEAD}
    for key, names in lists_in(dossier).items():
        rows = dossier.get(key)
        groups: dict[tuple[str, ...], list[object]] = {}
        for row in rows if isinstance(rows, list | tuple) else []:
            groups.setdefault(tuple(_name(row, name) for name in names), []).append(row)
        parts[key] = {}
        for place, group in groups.items():
            inner = parts[key]
            for name in place[:-1]:
                inner = inner.setdefault(name, {})
            inner[place[-1]] = canonical_digest(group)
    return parts


def _name(row: object, key: str) -> str:
    value = row.get(key) if isinstance(row, Mapping) else None
    return value if isinstance(value, str) else ""
