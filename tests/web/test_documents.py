"""Documents to download: who gets which, and what is in them."""

import io
from collections.abc import Callable

import docx
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.audit_event import AuditEvent
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.scores import finalise, publish
from tests.builders import build_account
from tests.conftest import FakeClock
from tests.domain.bundles import bundle, unit
from tests.pdf_text import pages_of
from tests.score_builders import close, load_bundle, looking

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q1"
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    return load_bundle(session, bundle(unit("甲局"), unit("乙局", assigned_tasks=3.5)), clock.now)


def _publish(session: Session, round_: Round, clock: FakeClock) -> None:
    office = build_account(session, Role.OFFICE).id
    close(session, round_, clock.now)
    finalise(session, round_, office, clock.now)
    publish(session, round_, office, clock.now)


def _text(kind: str, content: bytes) -> str:
    if kind == "pdf":
        return "".join(pages_of(content))
    word = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])


@pytest.mark.parametrize("kind", TYPES)
def test_sheet_and_notice_are_handed_out_without_a_trace(
    sign_in: SignIn, session: Session, round_: Round, kind: str
) -> None:
    client = sign_in(Role.COMMISSION)
    with looking(session) as other:
        rated = other.query(Unit).filter_by(name="乙局").one().id
        before = other.scalar(select(func.count()).select_from(AuditEvent))
    for path, words in (
        (f"/scores/{rated}.{kind}", ("2022年第一季度政务服务效能监测评分表", "乙局", "95.5")),
        (f"/notice.{kind}", ("各责任单位", "平均97.75分", "甲局", "乙局")),
    ):
        answer = client.get(BASE + path)
        assert answer.status_code == 200
        assert answer.mimetype == TYPES[kind]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert f".{kind}" in answer.headers["Content-Disposition"]
        text = _text(kind, answer.data)
        for word in words:
            assert word in text, word
    with looking(session) as other:
        assert other.scalar(select(func.count()).select_from(AuditEvent)) == before


@pytest.mark.parametrize("kind", TYPES)
def test_unit_gets_its_own_sheet_once_it_is_published(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock, kind: str
) -> None:
    client = sign_in(Role.UNIT, unit="甲局")
    assert client.get(f"/result/2022-Q1.{kind}").status_code == 404
    _publish(session, round_, clock)
    text = _text(kind, client.get(f"/result/2022-Q1.{kind}").data)
    assert "甲局" in text
    assert "乙局" not in text
    assert "95.5" not in text
    for path in ("/notice", "/scores/1", "/scores/2"):
        assert client.get(f"{BASE}{path}.{kind}").status_code == 403


def test_documents_of_what_is_not_there_are_not_found(sign_in: SignIn, round_: Round) -> None:
    client = sign_in(Role.OFFICE)
    assert client.get(f"{BASE}/scores/999.pdf").status_code == 404
    assert client.get("/rounds/2030-Q1/notice.pdf").status_code == 404
