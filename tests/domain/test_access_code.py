"""Links and codes: strong enough, readable, and stored as hashes only."""

import math

import pytest

from survey_app.domain.access_code import (
    ALPHABET,
    CODE_LENGTH,
    TOKEN_LENGTH,
    code_hash,
    derive_code,
    derive_key,
    derive_token,
    normalise_code,
    token_hash,
)

KEY = derive_key("a secret", "links")


def test_alphabet_has_no_look_alikes() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 31
    assert not set("01OIL") & set(ALPHABET)


def test_token_has_128_bits_and_code_nearly_40() -> None:
    assert TOKEN_LENGTH * 6 >= 128
    assert CODE_LENGTH * math.log2(len(ALPHABET)) > 39.5
    tokens = {derive_token(KEY, f"case-{n}", 1) for n in range(2000)}
    assert len(tokens) == 2000
    assert {len(token) for token in tokens} == {TOKEN_LENGTH}
    # Every bit of the token varies, also those of its last character.
    assert len({token[-1] for token in tokens}) == 4


def test_new_version_or_secret_makes_another_link() -> None:
    other = derive_key("another secret", "links")
    assert len({derive_token(KEY, "x", 1), derive_token(KEY, "x", 2), derive_token(other, "x", 1)}) == 3
    assert len({derive_code(KEY, "x", 1), derive_code(KEY, "x", 2), derive_code(other, "x", 1)}) == 3


def test_hashes_do_not_give_back_what_they_hash() -> None:
    token, code = derive_token(KEY, "x", 1), derive_code(KEY, "x", 1)
    assert token not in token_hash(token)
    assert code_hash(KEY, code) != code_hash(derive_key("another secret", "links"), code)


@pytest.mark.parametrize(
    "typed", ["7K3M9QXW", "7k3m9qxw", " 7K3M 9QXW ", "7K3M-9QXW", "7K3M　9QXW", "７ｋ３Ｍ－９ＱＸＷ"]
)
def test_code_is_understood_as_people_type_it(typed: str) -> None:
    assert normalise_code(typed) == "7K3M9QXW"


@pytest.mark.parametrize("typed", ["", "7K3M9QX", "7K3M9QXWW", "7K3M9QX0", "7K3M9QXI", "七K3M9QXW"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normalise_code(typed) is None
