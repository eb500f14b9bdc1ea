"""验证卷宗: making everything again from a dossier's own facts, and naming what differs; without a database."""

from collections.abc import Iterator, Mapping

from survey_app.domain.bundle import parse_bundle
from survey_app.domain.canonical import canonical_digest, canonical_json
from survey_app.domain.difference import Difference, compare, is_deeper, repeated_keys, shown
from survey_app.domain.dossier import (
    FORMAT,
    FORMATS,
    FORMER_FORMAT,
    HEAD,
    LISTS,
    RESULTS,
    dossier_digest,
    lists_in,
    part_digests,
    results_as_json,
    scheme_as_json,
)
from survey_app.domain.dossier_facts import DossierFacts, scored_facts
from survey_app.domain.dossier_reader import read_facts, section_name
from survey_app.domain.points import describe
from survey_app.domain.receipt_check import receipt_faults
from survey_app.domain.round_inputs import RoundInputs, rating_keys, round_inputs
from survey_app.domain.scheme import Scheme
from survey_app.domain.scheme_parser import parse_scheme_text
from survey_app.domain.scoring import score_round
from survey_app.domain.unit_draws import sealed_digest

_DEEPEST = 12


def why_no_dossier(obj: object) -> str | None:
    """Return why decoded JSON is no dossier that this program can check, or None."""
    if not isinstance(obj, Mapping):
        return f"文件不是卷宗：应为对象（{{…}}），不是{describe(obj)}"
    if obj.get("format") not in FORMATS:
        found = "没有写明" if "format" not in obj else f"写的是{shown(obj['format'])}"
        return f"文件不是本程序能验证的卷宗：格式（format）应为「{FORMAT}」，{found}"
    if is_deeper(obj, _DEEPEST):
        return "文件不是卷宗：层层嵌套过深"
    return None


def check(dossier: Mapping[str, object], printed_digest: str | None = None) -> list[Difference]:
    """Return everything in a dossier that does not follow from its facts, and what its digests don't fit.

    `why_no_dossier` has nothing against it. `printed_digest` is the one on a document: only it tells of a
    dossier that somebody changed throughout, with all digests made anew.
    """
    found = list(repeated_keys(dossier))
    keys = ("format", *HEAD, "scheme", *lists_in(dossier), "inputs", *RESULTS, "parts", "digest")
    found += [Difference((key,), "缺少") for key in keys if key not in dossier]
    found += [Difference((str(key),), "不应有这一项") for key in dossier if key not in keys]
    with_receipts = dossier.get("format") != FORMER_FORMAT
    facts, faults = read_facts(dossier, with_receipts)
    found += faults
    if facts is not None:
        found += _contradictions(dossier, facts)
        if with_receipts:
            found += receipt_faults(facts)
    found += compare(dossier.get("parts"), part_digests(dossier), (section_name("parts"),))
    digest = dossier_digest(dossier)
    found += compare(dossier.get("digest"), digest, (section_name("digest"),))
    if printed_digest is not None and printed_digest not in _printed(dossier, digest):
        place = (section_name("digest"),)
        found.append(Difference(place, f"按文件内容是{shown(digest)}，文书上是{shown(printed_digest)}"))
    return list(dict.fromkeys(found))


def _printed(dossier: Mapping[str, object], digest: str) -> set[str]:
    """What documents may bear: the dossier's digest, and in a trial (试算) that of its inputs."""
    trial = dossier.get("version") is None
    return {digest, canonical_digest(dossier.get("inputs"))} if trial else {digest}


def _contradictions(dossier: Mapping[str, object], facts: DossierFacts) -> Iterator[Difference]:
    for key in lists_in(dossier):
        yield from _disordered(key, dossier[key])
    yield from _repeated(facts)
    scheme, faults = parse_scheme_text(facts.scheme_text)
    if scheme is None:
        for reason in faults:
            yield Difference((section_name("scheme"), "text"), reason)
        return
    wanted = scheme_as_json(scheme, facts.scheme_text)
    yield from compare(dossier["scheme"], wanted, (section_name("scheme"),))
    yield from _unknown(facts, scheme)
    yield from _frame_sizes(facts, scheme)
    yield from _draws(facts)
    inputs = round_inputs(scheme, scored_facts(facts))
    for fault in inputs.faults:
        yield Difference(
            (section_name("inputs"), fault.unit, fault.item), f"这些数据不能成立：{fault.reason}"
        )
    yield from compare(dossier.get("inputs"), inputs.bundle, (section_name("inputs"),))
    yield from _results(dossier, scheme, inputs)


def _results(dossier: Mapping[str, object], scheme: Scheme, inputs: RoundInputs) -> Iterator[Difference]:
    """What differs from the scores and sheets of the file's inputs, or of those that its facts make.

    Where these inputs differ, that has been named already; the results need follow from one of them only.
    """
    given, _ = parse_bundle(dossier.get("inputs"), scheme)
    bundles = [inputs.parsed] if given == inputs.parsed else [inputs.parsed, given]
    made = [results_as_json(score_round(scheme, bundle)) for bundle in bundles if bundle is not None]
    if not made:
        yield Difference((section_name("scores"),), "数据有误，无法重新计分")
        return
    differences = (
        [each for key in RESULTS for each in compare(dossier.get(key), results[key], (section_name(key),))]
        for results in made
    )
    yield from min(differences, key=len)


def _disordered(key: str, rows: object) -> Iterator[Difference]:
    if key == "units" or not isinstance(rows, list | tuple):
        return
    written = [canonical_json(row) for row in rows]
    for place, (row, one, due) in enumerate(zip(rows, written, sorted(written), strict=True), 1):
        if one != due:
            unit = row.get("unit") if isinstance(row, Mapping) else None
            yield Difference((section_name(key), f"第 {place} 条", str(unit)), "次序不对：各条应按内容排列")
            return


def _repeated(facts: DossierFacts) -> Iterator[Difference]:
    """Rows of which there can be one only."""
    places: dict[str, list[tuple[str, ...]]] = {
        "units": [(row.unit,) for row in facts.units],
        "draws": [(row.unit, row.instrument) for row in facts.draws],
        "entries": [(row.unit, row.item) for row in facts.entries],
        "marks": [(row.unit,) for row in facts.marks],
    }
    for key, listed in places.items():
        seen: set[tuple[str, ...]] = set()
        for place in listed:
            if place in seen:
                yield Difference((section_name(key), *place), "写了不止一条，应只有一条")
            seen.add(place)


def _unknown(facts: DossierFacts, scheme: Scheme) -> Iterator[Difference]:
    """Rows about a unit, an item or a level that isn't there."""
    units = {unit.unit for unit in facts.units}
    levels = {item.id: rating_keys(item) for item in scheme.items}
    for key, names in LISTS.items():
        for unit in dict.fromkeys(row.unit for row in getattr(facts, key) if "unit" in names):
            if unit not in units:
                yield Difference((section_name(key), unit), "责任单位（units）中没有这个单位")
    for entry in facts.entries:
        if entry.item not in levels:
            yield Difference((section_name("entries"), entry.unit, entry.item), "评分方案中没有这个评分项")
    asked = {("draws", row.unit, row.instrument) for row in facts.draws}
    asked |= {("answers", row.unit, row.instrument) for row in facts.answers}
    for key, name, instrument in sorted(asked):
        if not levels.get(instrument):
            place = (section_name(key), name, instrument)
            yield Difference(place, "评分方案中没有由这份问卷计票的评分项")
    for answer in facts.answers:
        allowed = levels.get(answer.instrument)
        if allowed and answer.rating is not None and answer.rating not in allowed:
            where = (section_name("answers"), answer.unit, answer.instrument, "rating")
            yield Difference(where, f"应为 {'、'.join(allowed)} 之一或 null，不是{shown(answer.rating)}")


def _draws(facts: DossierFacts) -> Iterator[Difference]:
    """Draws whose sealed part is not what was announced of it, and those of one announcement that differ in it."""
    announced: dict[str, tuple[object, ...]] = {}
    for draw in facts.draws:
        where = (section_name("draws"), draw.unit, draw.instrument)
        digest = None if draw.sealed_part is None else sealed_digest(draw.sealed_part)
        if digest != draw.sealed_digest:
            given = shown(draw.sealed_digest)
            yield Difference((*where, "sealed_digest"), f"文件中是{given}，按封存部分应为{shown(digest)}")
        if draw.wanted is not None and draw.size > draw.wanted:
            yield Difference((*where, "size"), f"抽中 {draw.size} 户，多于每个单位应抽的 {draw.wanted} 户")
        if draw.size + draw.rested + draw.capped > draw.frame_size:
            yield Difference((*where, "size"), "抽中的和跳过的合计多于样本库的户数")
        if draw.announcement_digest is None:
            continue
        terms = (
            draw.instrument,
            draw.seed,
            draw.sealed_part,
            draw.wanted,
            draw.rest_quarters,
            draw.units_cap,
        )
        if announced.setdefault(draw.announcement_digest, terms) != terms:
            yield Difference(where, "和同一公告的其他单位不同：种子、封存部分、抽样数和设置应当一样")


def _frame_sizes(facts: DossierFacts, scheme: Scheme) -> Iterator[Difference]:
    """Units whose library is not as large as that from which they were drawn.

    A trial of a round that is still asking holds its draws back.
    """
    if facts.version is None and not facts.draws:
        return
    item = scheme.surveyed
    drawn = {draw.unit: draw.frame_size for draw in facts.draws if item and draw.instrument == item.id}
    for unit in facts.units:
        if unit.frame_size != drawn.get(unit.unit):
            yield Difference(
                (section_name("units"), unit.unit, "frame_size"),
                f"文件中是{shown(unit.frame_size)}，抽样（draws）中是{shown(drawn.get(unit.unit))}",
            )
