"""The draw repeats itself anywhere, favours nobody, and tells one unit nothing about another's."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.domain.sampling import draw, frame_digest

KEYS = [f"uscc:91411322MA{n:08}" for n in range(40)]
KNOWN = ["01", "03", "15", "18", "33"]
frames = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=40, unique=True)


def test_known_draw_stays_what_it_is() -> None:
    """Computed once with another HMAC implementation (openssl dgst -hmac); a changed rank would change a sample."""
    made = draw(KEYS, 5, "2022-Q1 公开种子 0718", "税务局")
    assert [key[-2:] for key in made.sample] == KNOWN
    assert made.frame_digest == frame_digest(reversed(KEYS))


@given(frames, st.integers(1, 50), st.text(min_size=1).filter(str.strip), st.randoms())
def test_order_of_the_frame_never_matters(keys: list[str], size: int, seed: str, random: object) -> None:
    shuffled = list(keys)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    made = draw(keys, size, seed, "税务局")
    assert made == draw(shuffled, size, seed, "税务局")
    assert set(made.order) == set(keys)
    assert len(made.sample) == min(size, len(keys))
    assert made.sample + made.reserve == made.order


@given(frames, st.integers(1, 20))
def test_larger_sample_only_adds(keys: list[str], size: int) -> None:
    smaller, larger = (draw(keys, n, "种子", "税务局") for n in (size, size + 1))
    assert larger.order == smaller.order


def test_another_unit_or_seed_draws_otherwise() -> None:
    orders = {draw(KEYS, 5, seed, unit).order for seed in ("甲", "乙") for unit in ("税务局", "住建局")}
    assert len(orders) == 4


def test_every_enterprise_is_as_likely_as_another() -> None:
    """400 seeds, 10 of 40 each: 100 times expected, standard deviation 8.7; 5 of those is a wide door."""
    counts = Counter(key for n in range(400) for key in draw(KEYS, 10, f"种子{n}", "税务局").sample)
    assert set(counts) == set(KEYS)
    assert all(abs(count - 100) < 44 for count in counts.values())


@pytest.mark.parametrize(
    ("keys", "size", "seed"), [(KEYS, 0, "种子"), (KEYS, 5, " "), ([*KEYS, KEYS[0]], 5, "种子")]
)
def test_unusable_draws_are_refused(keys: list[str], size: int, seed: str) -> None:
    with pytest.raises(ValueError, match=r"抽样|样本库"):
        draw(keys, size, seed, "税务局")
