"""A large county's draw stays a matter of a moment."""

import time

import pytest
from sqlalchemy.orm import Session

from survey_app.services.samples import draw_samples
from tests.builders import KEYS, WHEN, build_round
from tests.library_builders import fill_libraries


@pytest.mark.slow
def test_sixty_units_of_two_hundred_take_less_than_two_seconds(session: Session) -> None:
    fill_libraries(session, {f"单位{n}": 200 for n in range(60)})
    round_ = build_round(session)
    session.commit()
    start = time.process_time()
    result = draw_samples(session, KEYS, round_, 30, "2022-Q2 公开种子", WHEN)
    assert time.process_time() - start < 2
    assert result.new_cases == 1800
