"""Files between their preview and the decision: an account can't fill the disk with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from survey_app.services.errors import NotFoundError
from survey_app.services.frame_uploads import MOST_KEPT, Upload, fetch, keep

NOW = datetime(2022, 6, 1, tzinfo=UTC)


def test_an_account_has_a_few_files_waiting_and_the_oldest_goes_first(tmp_path: Path) -> None:
    others = keep(tmp_path, 2, Upload("x.csv", "", b"other"), NOW)
    tokens = [
        keep(tmp_path, 1, Upload("x.csv", "", b"%d" % number), NOW + timedelta(seconds=number))
        for number in range(MOST_KEPT + 3)
    ]
    now = NOW + timedelta(minutes=1)
    assert len(list((tmp_path / "uploads").iterdir())) == MOST_KEPT + 1
    kept = [fetch(tmp_path, token, 1, now).data for token in tokens[3:]]
    assert kept == [b"%d" % number for number in range(3, MOST_KEPT + 3)]
    with pytest.raises(NotFoundError):
        fetch(tmp_path, tokens[2], 1, now)
    assert fetch(tmp_path, others, 2, now).data == b"other"
