"""Lists of receipts: what is published, what verifying finds in them, and what a correction may show."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from survey_app.domain.dossier import FORMER_FORMAT, assemble, dossier_digest, part_digests
from survey_app.domain.dossier_check import check
from survey_app.domain.receipt import (
    disown_token,
    list_digest,
    list_text,
    listed_receipts,
    normalise_receipt,
    receipt_of,
)
from tests.domain.bundles import unit
from tests.domain.dossiers import facts_of

# Two units: 3 + 2 rated answers, and one each without dealings, so 4 to 7 receipts.
UNITS = [unit("甲局", satisfaction={"satisfied": 3}), unit("乙局", satisfaction={"dissatisfied": 2})]


def with_codes(codes: list[str], **changes: Any) -> dict[str, Any]:
    """A dossier whose list for the satisfaction survey holds these codes, everything else made to fit."""
    dossier = assemble(facts_of(UNITS))
    row = {"as_of": 1, "number": len(codes), "digest": list_digest(codes), "codes": codes, **changes}
    rows = [row | {"instrument": "satisfaction"} if r["instrument"] == "satisfaction" else r
            for r in dossier["receipts"]]  # fmt: skip
    return sealed(dossier | {"receipts": rows})


def sealed(dossier: dict[str, Any]) -> dict[str, Any]:
    again = dossier | {"parts": part_digests(dossier)}
    return again | {"digest": dossier_digest(again)}


def said(dossier: dict[str, Any], digest: str | None = None) -> str:
    return "\n".join(map(str, check(dossier, digest)))


def codes(number: int) -> list[str]:
    return [f"ABCDEFGH{each}" for each in "23456789"[:number]]


def test_the_published_file_is_what_sha256sum_reads() -> None:
    text = list_text(["DEF", "ABC"])
    assert text == "ABC\nDEF\n"
    assert list_digest(["DEF", "ABC"]) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("number", [4, 7])
def test_as_many_receipts_as_the_answers_allow(number: int) -> None:
    assert said(with_codes(codes(number))) == ""


@pytest.mark.parametrize("number", [3, 8])
def test_more_or_fewer_receipts_than_the_answers_allow_are_found_whoever_sealed_it(number: int) -> None:
    assert f"名单上有 {number} 个回执号，按计入的答卷（answers）应为 4 至 7 个" in said(
        with_codes(codes(number))
    )


def test_a_code_removed_added_or_changed_is_found() -> None:
    dossier = assemble(facts_of(UNITS))
    place = next(i for i, row in enumerate(dossier["receipts"]) if row["instrument"] == "satisfaction")
    listed = dossier["receipts"][place]["codes"]
    for other in (listed[1:], [*listed, "ZZZZZZZZZ"], [*listed[:-1], "ZZZZZZZZZ"]):
        row = dossier["receipts"][place] | {"codes": other}
        changed = dossier | {
            "receipts": [row if i == place else r for i, r in enumerate(dossier["receipts"])]
        }
        assert "回执号名单（receipts）：satisfaction：digest" in said(changed)
        consistent = row | {"number": len(other), "digest": list_digest(other)}
        forged = sealed(changed | {"receipts": [consistent if r is row else r for r in changed["receipts"]]})
        assert "文书上是" in said(forged, dossier["digest"])  # at the latest the printed digest tells


def test_a_number_an_order_a_repetition_and_a_later_version_are_found() -> None:
    assert "number：文件中是 5，名单上有 4 个" in said(with_codes(codes(4), number=5))
    assert "应为从小到大排列、没有重复的 9 位回执号" in said(with_codes(codes(5)[::-1]))
    assert "没有重复" in said(with_codes([*codes(4), codes(4)[-1]]))
    assert "没有重复" in said(with_codes([*codes(3), "ABCDEFGH1"]))  # no receipt has a 1
    assert "晚于本版 1" in said(with_codes(codes(4), as_of=2))


def test_each_survey_has_one_list_and_a_trial_none() -> None:
    dossier = assemble(facts_of(UNITS))
    one, other = dossier["receipts"]
    assert f"{one['instrument']}：缺少" in said(sealed(dossier | {"receipts": [other]}))
    assert f"{one['instrument']}：写了不止一条" in said(sealed(dossier | {"receipts": [one, one, other]}))
    facts = facts_of(UNITS)
    trial = replace(facts, version=None, frozen_at=None)
    assert "试算的卷宗不应有" in said(assemble(trial))
    assert said(assemble(replace(trial, receipts=()))) == ""


def test_a_list_that_an_earlier_version_made_is_not_compared_with_later_answers() -> None:
    facts = facts_of(UNITS, version=2)
    kept = tuple(replace(r, as_of=1, number=8, codes=tuple(codes(8)), digest=list_digest(codes(8)))
                 if r.instrument == "satisfaction" else r for r in facts.receipts)  # fmt: skip
    assert said(assemble(replace(facts, receipts=kept))) == ""


def test_what_was_frozen_before_there_were_lists_still_verifies() -> None:
    dossier = assemble(facts_of(UNITS))
    later = {"wanted", "rest_quarters", "units_cap", "rested", "capped"}
    later |= {"announcement_digest", "sealed_digest", "sealed_part"}
    draws = [{key: draw[key] for key in draw if key not in later} for draw in dossier["draws"]]
    old = {key: dossier[key] for key in dossier if key != "receipts"}
    old |= {"format": FORMER_FORMAT, "draws": draws}
    assert said(sealed(old)) == ""
    assert "receipts：不应有这一项" in said(sealed(dossier | {"format": FORMER_FORMAT}))


def test_a_correction_shows_only_changes_as_large_as_those_hidden_otherwise() -> None:
    before = codes(8)
    # Four gone: the list that stood is kept, and so it is where nothing changed, which would tell as well.
    assert listed_receipts(before[4:], before, 2, 1, 5) == (1, tuple(before))
    assert listed_receipts(before, before, 2, 1, 5) == (1, tuple(before))
    assert listed_receipts(before[5:], before, 2, 1, 5) == (2, tuple(before[5:]))
    # One gone and four come are five changes; what small corrections did adds up against the list that stands.
    assert listed_receipts(before[:4], before[:4] + before[5:8], 3, 1, 3) == (3, tuple(before[:4]))
    assert listed_receipts(before[::-1], None, 2, 2, 5) == (2, tuple(before))


def test_a_token_is_made_with_the_key_and_opens_one_receipt() -> None:
    token = disown_token(b"k" * 32, "ABCDEFGH2")
    assert receipt_of(b"k" * 32, token) == "ABCDEFGH2"
    other = disown_token(b"k" * 32, "ABCDEFGH3")
    for wrong in (
        "",
        "ABCDEFGH2",
        token[:-1],
        token + "A",
        "ABCDEFGH3" + token[9:],
        token[:9] + other[9:],
        "甲" * 25,
    ):
        assert receipt_of(b"k" * 32, wrong) is None
    assert receipt_of(b"x" * 32, token) is None


@pytest.mark.parametrize("typed", ["abc-def gh2", "ＡＢＣＤＥＦＧＨ２", " abcdefgh2\n"])
def test_a_receipt_is_read_as_people_type_it(typed: str) -> None:
    assert normalise_receipt(typed) == "ABCDEFGH2"


@pytest.mark.parametrize("typed", ["", "ABCDEFGH", "ABCDEFGH23", "ABCDEFGH0", "ABCDEFGHI"])
def test_what_is_no_receipt(typed: str) -> None:
    assert normalise_receipt(typed) is None
