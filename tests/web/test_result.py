"""What a unit sees: its own published result, and nothing of anybody else's."""

import io
from collections.abc import Callable

import docx
import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.round import Round
from survey_app.services.publishing import finalise
from tests.builders import build_account, build_unit
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pdf_text import pages_of
from tests.score_builders import close, finalise_and_publish, load_bundle

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    given = bundle(
        unit("甲局", satisfaction={"satisfied": 8, "basically_satisfied": 1, "dissatisfied": 1}),
        unit("乙局", assigned_tasks=3.5),
    )
    return load_bundle(session, given, clock.now)


def _words(content: bytes) -> str:
    word = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([each.text for each in word.paragraphs] + cells)


def _publish(session: Session, round_: Round, clock: FakeClock) -> None:
    finalise_and_publish(session, round_, clock.now)


def test_nothing_is_seen_before_publication(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    client = sign_in(Role.UNIT, unit="甲局")
    for _ in range(2):
        assert "还没有公布的得分" in client.get("/result").text
        assert client.get("/result/2022-Q1").status_code == 404
        assert client.get("/result/2022-Q1.xlsx").status_code == 404
        if not round_.closes_at:
            close(session, round_, clock.now)
            finalise(session, round_, build_account(session, Role.OFFICE).id, clock.now)


def test_unit_sees_its_own_sheet_and_its_rank_only(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    _publish(session, round_, clock)
    client = sign_in(Role.UNIT, unit="甲局")
    for path in ("/result", "/result/2022-Q1"):
        page = client.get(path).text
        assert "名次：第 1 名（共 2 个单位）" in page
        assert "满分 20，按答卷扣 3，得 17；有的评价不足 5 份" in page
        assert "乙局" not in page
        assert "93.5" not in page  # what the other unit got
        assert "/rounds/" not in page
        assert "答卷的来路" not in page
    book = openpyxl.load_workbook(io.BytesIO(client.get("/result/2022-Q1.xlsx").data))
    texts = [str(cell.value) for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert any("责任单位：甲局" in text for text in texts)
    assert not any("乙局" in text for text in texts)
    assert not any("试算" in text for text in texts)


def test_no_format_tells_the_numbers_that_are_closed(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    """8, 1 and 1 answers: neither they nor their sum, share, interval or normalised points are anywhere."""
    _publish(session, round_, clock)
    client = sign_in(Role.UNIT, unit="甲局")
    book = openpyxl.load_workbook(io.BytesIO(client.get("/result/2022-Q1.xlsx").data))
    texts = {
        "page": client.get("/result").text,
        "report": client.get("/result/2022-Q1/report").text,
        "xlsx": "\n".join(str(cell.value) for row in book.active.iter_rows() for cell in row),
        "pdf": "".join(pages_of(client.get("/result/2022-Q1.pdf").data)),
        "report.pdf": "".join(pages_of(client.get("/result/2022-Q1/report.pdf").data)),
        "docx": _words(client.get("/result/2022-Q1.docx").data),
    }
    for name, text in texts.items():
        assert "97" in text, name
        for told in ("80%", "17.00", "1 基本满意", "1基本满意", "答卷 10 份", "答卷10份", "作答 10", "作答10", "49.02", "94.33"):  # fmt: skip
            assert told not in text.replace("\n", ""), (name, told)


def test_numbers_that_are_open_are_shown(sign_in: SignIn, session: Session, clock: FakeClock) -> None:
    given = bundle(
        unit("甲局", satisfaction={"satisfied": 8, "basically_satisfied": 6, "dissatisfied": 0}), unit("乙局")
    )
    round_ = load_bundle(session, given, clock.now)
    _publish(session, round_, clock)
    page = sign_in(Role.UNIT, unit="甲局").get("/result").text
    assert "20 − 6 基本满意 × 1 − 0 不满意 × 2 = 14" in page
    assert "57.14%" in page


def test_unit_that_took_no_part_has_no_result(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    _publish(session, round_, clock)
    build_unit(session, "丙局")
    session.commit()
    client = sign_in(Role.UNIT, unit="丙局")
    assert "还没有公布的得分" in client.get("/result").text
    assert client.get("/result/2022-Q1").status_code == 404


def test_other_roles_have_no_such_page(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    _publish(session, round_, clock)
    for role in set(Role) - {Role.UNIT}:
        client = sign_in(role)
        assert {
            client.get(path).status_code for path in ("/result", "/result/2022-Q1", "/result/2022-Q1.xlsx")
        } == {403}
