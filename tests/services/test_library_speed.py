"""A library of 20,000 rows is read in under 10 seconds of processor time, and says how far it is meanwhile."""

import time

import pytest

from survey_app.domain.credit_code import check_character
from survey_app.integrations.spreadsheets import OutSheet, write_workbook
from survey_app.services.frame_uploads import Upload
from survey_app.services.library_reading import LibraryReading

ROWS = 20_000


@pytest.mark.slow
def test_twenty_thousand_rows() -> None:
    rows: list[tuple[str, ...]] = [("企业名称", "统一社会信用代码", "联系人", "联系电话", "办理事项")]
    for n in range(ROWS):
        body = f"91411322MA{n:07}"
        rows.append((f"第{n}家有限公司", body + check_character(body), "王敏", f"138{n:08}", "开户"))
    reading = LibraryReading(
        Upload("大库.xlsx", "税务局", write_workbook([OutSheet("库", rows)])), ["税务局"]
    )
    start = time.process_time()
    steps = list(reading.steps())
    assert time.process_time() - start < 10
    assert reading.reading is not None
    assert len(reading.reading.accepted) == ROWS
    told = [step.done for step in steps]
    assert told == sorted(told)
    assert len(told) > 8
    assert steps[-1].done == steps[-1].total == ROWS + 1
