"""All links of a round: the rows, the file, the labels, and new links for old."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from survey_app.config import SettingsError
from survey_app.domain.access_code import code_hash, token_hash
from survey_app.domain.round_state import RoundState
from survey_app.models.audit_event import AuditEvent
from survey_app.models.round import Round
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import ServiceError
from survey_app.services.links import labels_pdf, link_rows, links_csv, record_export
from survey_app.services.personal_links import redraw_link
from tests.builders import KEYS, build_case, build_enterprise, build_round, build_unit, code_of, token_of
from tests.conftest import FakeClock

CLOSES = datetime(2022, 6, 24, 16, 0, tzinfo=UTC)


@pytest.fixture
def collaborators(app: Flask) -> Collaborators:
    found = app.extensions["collaborators"]
    assert isinstance(found, Collaborators)
    return found


@pytest.fixture
def round_(session: Session) -> Round:
    return build_round(session, closes_at=CLOSES)


def test_each_case_has_one_row_with_all_its_units(
    session: Session, collaborators: Collaborators, round_: Round
) -> None:
    tax, power = build_unit(session, "县税务局"), build_unit(session, "县供电公司")
    both = build_case(session, round_, [power, tax], build_enterprise(session, "甲公司"))
    one = build_case(session, round_, [tax], build_enterprise(session, "乙公司"))
    build_case(session, round_, [tax], build_enterprise(session, "群众"), instrument="mass_appraisal")
    session.commit()
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: statements.append(given[2]))
    session.expire_all()
    round_.id  # noqa: B018  (read again before the statements are counted)
    statements.clear()
    rows = link_rows(session, collaborators, round_)
    assert len(statements) <= 4, statements
    assert [(row.enterprise, row.units) for row in rows] == [
        ("甲公司", "县税务局、县供电公司"),
        ("乙公司", "县税务局"),
    ]
    assert [row.url for row in rows] == [f"http://localhost/s/{token_of(case)}" for case in (both, one)]
    assert [row.code for row in rows] == [code_of(case) for case in (both, one)]
    assert [token_hash(row.url.rpartition("/")[2]) for row in rows] == [both.token_hash, one.token_hash]


def test_the_file_opens_in_a_spreadsheet_and_runs_no_formula(
    session: Session, collaborators: Collaborators, round_: Round
) -> None:
    build_case(session, round_, [build_unit(session)], build_enterprise(session, "=HYPERLINK(1)"))
    content = links_csv(link_rows(session, collaborators, round_))
    assert content.startswith(b"\xef\xbb\xbf")
    header, row = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert header == ["enterprise", "units", "url", "code"]
    assert row[0] == "'=HYPERLINK(1)"


def test_links_need_a_draw_and_a_public_address(
    session: Session, collaborators: Collaborators, round_: Round
) -> None:
    with pytest.raises(ServiceError, match="2022年第二季度还没有抽样"):
        link_rows(session, collaborators, round_)
    build_case(session, round_, [build_unit(session)])
    homeless = replace(collaborators, settings=replace(collaborators.settings, public_base_url=None))
    with pytest.raises(SettingsError, match="没有设置 PUBLIC_BASE_URL"):
        link_rows(session, homeless, round_)


def test_labels_are_a_pdf_and_need_a_closing_date(
    session: Session, collaborators: Collaborators, round_: Round
) -> None:
    build_case(session, round_, [build_unit(session)])
    rows = link_rows(session, collaborators, round_)
    assert labels_pdf(collaborators, round_, rows).startswith(b"%PDF-")
    round_.closes_at = None
    with pytest.raises(ServiceError, match="没有截止日期"):
        labels_pdf(collaborators, round_, rows)


def test_an_export_is_recorded_with_its_rows_and_nothing_personal(
    session: Session, round_: Round, clock: FakeClock
) -> None:
    record_export(session, round_, 312, clock.now, kind="labels")
    event_ = session.scalars(select(AuditEvent)).one()
    assert (event_.action, event_.subject_type, event_.subject_id) == (
        "links.export",
        "round",
        str(round_.id),
    )
    assert event_.details == {"rows": 312, "kind": "labels", "instrument": "satisfaction"}


def test_a_new_link_ends_the_old_one(
    session: Session, collaborators: Collaborators, round_: Round, clock: FakeClock
) -> None:
    case = build_case(session, round_, [build_unit(session)])
    session.commit()
    old = link_rows(session, collaborators, round_)[0]
    redraw_link(session, collaborators.keys, case, clock.now)
    new = link_rows(session, collaborators, round_)[0]
    assert (old.url, old.code) != (new.url, new.code)
    assert case.token_hash == token_hash(new.url.rpartition("/")[2])
    assert case.code_hash == code_hash(KEYS.links, new.code)
    event_ = session.scalars(select(AuditEvent).where(AuditEvent.action == "case.redraw_link")).one()
    assert event_.details == {"version": 2}
    round_.state = RoundState.FINALISED
    session.commit()
    with pytest.raises(ServiceError, match="已核定"):
        redraw_link(session, collaborators.keys, case, clock.now)
