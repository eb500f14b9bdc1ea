"""Response rates: AAPOR's formulas, and the family of every outcome."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.disposition import Disposition, Family
from survey_app.domain.response_rates import (
    RATES,
    AnswerState,
    Outcomes,
    family_of,
    formula,
    outcomes_of,
    percent,
    together,
)

I, P, R, NC, O = Family.COMPLETE, Family.PARTIAL, Family.REFUSAL, Family.NON_CONTACT, Family.OTHER  # noqa: E741
UH, UO, NE = Family.UNKNOWN_HOUSEHOLD, Family.UNKNOWN_OTHER, Family.NOT_ELIGIBLE
BY_CODE = {rate.code: rate for rate in RATES}


def rates(outcomes: Outcomes, *codes: str) -> list[str]:
    return [percent(outcomes.rate(BY_CODE[code])) for code in codes]


def test_a_published_survey_of_sixty_calls() -> None:
    """39 complete, 9 refusals, 5 not contacted, 7 not eligible."""
    found = Outcomes({I: 39, R: 9, NC: 5, NE: 7})
    assert found.rate(BY_CODE["RR1"]) == Fraction(39, 53)
    assert rates(found, "RR1", "COOP1", "CON1", "REF1") == ["73.6%", "81.3%", "90.6%", "17.0%"]
    assert found.eligible_share == Fraction(53, 60)
    assert found.working(BY_CODE["RR1"]) == "(39)÷(39+0+9+5+0+0+0) = 39÷53 = 73.6%"


def test_every_formula() -> None:
    """All families different, so that none can stand for another; e = 31/(31 + 9) = 31/40, of 80 unknown 62."""
    found = Outcomes({I: 16, P: 1, R: 2, NC: 4, O: 8, UH: 30, UO: 50, NE: 9})
    assert {rate.code: found.rate(rate) for rate in RATES} == {
        "RR1": Fraction(16, 111), "RR2": Fraction(17, 111), "RR3": Fraction(16, 93), "RR4": Fraction(17, 93),
        "RR5": Fraction(16, 31), "RR6": Fraction(17, 31), "COOP1": Fraction(16, 27), "COOP2": Fraction(17, 27),
        "COOP3": Fraction(16, 19), "COOP4": Fraction(17, 19), "REF1": Fraction(2, 111), "REF2": Fraction(2, 93),
        "REF3": Fraction(2, 31), "CON1": Fraction(27, 111), "CON2": Fraction(27, 93), "CON3": Fraction(27, 31),
    }  # fmt: skip
    assert found.working(BY_CODE["RR3"]) == "(16)÷(16+1+2+4+8+77.5%×(30+50)) = 16÷93 = 17.2%"
    assert str(formula(BY_CODE["RR3"])) == (
        "（完成）÷（完成＋部分完成＋拒访＋未接触到＋其他未访＋e×（不明：没有联系上＋不明：其他））"
    )


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({}, ["—", "—", "—"]),
        ({NE: 3}, ["—", "—", "—"]),
        ({UO: 3}, ["0.0%", "—", "—"]),  # nothing known: e is not made up
        ({UO: 3, NE: 1}, ["0.0%", "—", "—"]),
        ({I: 1, UO: 1}, ["50.0%", "50.0%", "100.0%"]),
        ({I: 1, NC: 7}, ["12.5%", "12.5%", "12.5%"]),
        ({I: 1, NC: 399}, ["0.3%", "0.3%", "0.3%"]),  # a quarter of a per cent, half up
    ],
)
def test_nothing_divides_by_nothing(counts: dict[Family, int], shown: list[str]) -> None:
    assert rates(Outcomes(counts), "RR1", "RR3", "RR5") == shown


@pytest.mark.parametrize(
    ("disposition", "answer", "earlier", "family"),
    [
        (Disposition.COMPLETE, AnswerState.RATED, None, I),
        (Disposition.COMPLETE, AnswerState.NO_DEALINGS, None, NE),
        (Disposition.COMPLETE, AnswerState.VOIDED, None, O),
        (Disposition.COMPLETE, AnswerState.NOT_ASKED, None, UO),
        (Disposition.SOFT_REFUSAL, AnswerState.RATED, R, I),
        (Disposition.NOT_CONTACTED, None, None, UO),
        (Disposition.WRONG_NUMBER, None, None, UO),
        (Disposition.WRONG_NUMBER, None, R, R),
        (Disposition.DEREGISTERED, None, NC, NE),
        (Disposition.MAX_ATTEMPTS, None, None, UH),
        (Disposition.MAX_ATTEMPTS, None, NC, NC),
        (Disposition.NO_ANSWER, None, R, R),
        (Disposition.PERSON_AWAY, None, R, R),
        (Disposition.APPOINTMENT, None, R, NC),
        (Disposition.LANGUAGE, None, R, O),
        (Disposition.HARD_REFUSAL, None, NC, R),
    ],
)
def test_what_an_outcome_counts_as(
    disposition: Disposition, answer: AnswerState | None, earlier: Family | None, family: Family
) -> None:
    assert family_of(disposition, answer, earlier) is family


def test_every_disposition_and_answer_has_a_family() -> None:
    """A disposition added later fails here until it is thought of."""
    for earlier in (None, NC, R):
        assert all(family_of(each, None, earlier) in Family for each in Disposition)
    assert {family_of(Disposition.COMPLETE, state) for state in AnswerState} == {I, NE, O, UO}


KNOWN = st.tuples(
    st.sampled_from(Disposition), st.none() | st.sampled_from(AnswerState), st.sampled_from((None, NC, R))
)


@given(st.lists(st.dictionaries(KNOWN, st.integers(0, 50), max_size=12), max_size=4))
def test_every_place_is_in_one_family_and_rates_are_shares(
    units: list[dict[tuple[Disposition, AnswerState | None, Family | None], int]],
) -> None:
    outcomes = [outcomes_of(each) for each in units]
    everything = together(outcomes)
    assert everything.total == sum(sum(each.values()) for each in units)
    for rate in RATES:
        found = everything.rate(rate)
        assert found is None or 0 <= found <= 1, rate.code
    order = [everything.rate(BY_CODE[code]) for code in ("RR1", "RR3", "RR5")]
    known = [each for each in order if each is not None]
    assert known == sorted(known)  # the fewer of the unknown count, the higher the rate
