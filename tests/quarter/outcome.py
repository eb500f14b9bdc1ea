"""What must be seen at the end of the quarter, on every page and in every file, and what must hold beneath."""

import io
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import openpyxl
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.domain.access_code import token_hash
from survey_app.domain.roles import Role
from survey_app.models.audit_event import AuditEvent
from survey_app.models.case import Case
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.message import Message
from survey_app.models.response import Answer, LaterSubmission, Response
from survey_app.web.access import allowed_roles
from tests.quarter.county import County
from tests.quarter.figures import (
    APPROVAL,
    BAD,
    BANK,
    EXTRA,
    FAIR,
    GOOD,
    INDICATOR,
    ITEMS,
    POINTS,
    RANKS,
    ROUND,
    TAX,
    TOTALS,
    UNITS,
    WATER,
)

# What is found by the code on a paper form, which somebody types, and by no link.
TYPED = {"onsite.show"}
# Nobody calls for the commission here, and the one interviewer can't check their own interviews: other tests open these.
UNUSED = {
    Role.COMMISSION: {"quality.interviewer", "quality.interviews", "quality.show"},
    Role.INTERVIEWER: {"back_checks.show"},
}


def see_that_links_lead_everywhere(county: County) -> None:
    """There is no page for staff that no link leads to at some time of the quarter."""
    people = {
        Role.OFFICE: {"office", "office2"},
        Role.COMMISSION: {"commission", "commission2"},
        Role.INTERVIEWER: {"caller"},
        Role.ADMIN: {"chief"},
    }
    endpoints = [
        rule.endpoint
        for rule in county.app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not hasattr(county.app.view_functions[rule.endpoint], "asked_by_pages")
    ]
    for role, usernames in people.items():
        reached = {endpoint for who, endpoint in county.reached if who in usernames}
        mine = {each for each in endpoints if role in (allowed_roles(county.app, each) or ())}
        mine -= TYPED | UNUSED.get(role, set())
        assert mine <= reached, (role, mine - reached)


def see_results(county: County, tmp_path: Path) -> None:
    """The ranking, each sheet, the workbooks and the command all show what was worked out by hand."""
    for unit in UNITS:
        assert sum(map(Decimal, (*POINTS[unit], EXTRA.get(unit, "0")))) == Decimal(TOTALS[unit])
    office = county.person("office")
    ranking = office.open(f"{ROUND}/scores")
    shown = {row[1]: (row[0], row[6]) for row in ranking.rows[1:]}
    assert shown == {unit: (RANKS[unit].replace("=", "并列 "), TOTALS[unit]) for unit in UNITS}
    book = openpyxl.load_workbook(io.BytesIO(office.open(ranking.link("排名表（Excel）")).answer.data))
    rows = book.active.iter_rows(min_row=4, max_row=3 + len(UNITS), max_col=7, values_only=True)
    assert {row[1]: (row[0], row[6]) for row in rows} == {
        unit: (int(RANKS[unit].strip("=")), float(TOTALS[unit])) for unit in UNITS
    }
    bundle = tmp_path / "scores.json"
    bundle.write_bytes(office.open(ranking.link("计分数据（JSON）")).answer.data)
    scored = json.loads(county.run("score", str(bundle)))
    for unit in UNITS:
        found, total = scored[unit], float(TOTALS[unit])
        assert found["items"] == dict(zip(ITEMS, map(float, POINTS[unit]), strict=True)), unit
        assert (found["total"], found["rank"]) == (total, int(RANKS[unit].strip("="))), unit
        assert (found["pending"], found["indicator"]) == ([], INDICATOR[unit]), unit
        sheet = office.open(ranking.link(unit))
        (last,) = (row for row in sheet.rows if row[0] == "合计")
        assert last[2] == TOTALS[unit], unit
        book = openpyxl.load_workbook(io.BytesIO(office.open(sheet.link("评分表（Excel）")).answer.data))
        (last,) = (row for row in book.active.iter_rows(values_only=True) if row[0] == "合计")
        assert last[3] == total, unit


def see_own_result_only(county: County) -> None:
    tax = county.person("tax")
    for page in tax.crawl("/"):
        for hidden in (APPROVAL, BANK, WATER, "44.5", "帮办代办", "贷款贴息"):
            assert hidden not in page.text, (page.address, hidden)
    assert "第 2 名（共 4 个单位）" in tax.open("/result").text
    for address in (f"{ROUND}/scores", f"{ROUND}/scores/{county.unit_ids[TAX]}", f"{ROUND}/scores.xlsx"):
        tax.open(address, status=403)


def see_what_must_hold(county: County) -> None:
    """What no order of events may break."""
    with Session(county.engine) as session:
        responses = session.scalars(select(Response).options(joinedload(Response.case))).all()
        assert len({response.case_id for response in responses}) == len(responses) == 16
        by_link = {r.case.token_hash: r.receipt_code for r in responses if r.interviewer_id is None}
        assert by_link == {
            token_hash(url.rpartition("/")[2]): receipt for url, receipt in county.receipts.items()
        }
        assert len(set(by_link.values())) == 14
        assert session.scalar(select(func.count()).select_from(LaterSubmission)) == 1
        ratings = Counter(tuple(row) for row in session.execute(select(Answer.unit_id, Answer.rating)))
        assert ratings == {
            (int(county.unit_ids[unit]), rating): count
            for unit, counts in {
                APPROVAL: {GOOD: 3, FAIR: 1, BAD: 1, None: 1},
                TAX: {GOOD: 1, FAIR: 1, BAD: 2},
                BANK: {GOOD: 4, FAIR: 1, None: 1},
                WATER: {GOOD: 2, FAIR: 1},
            }.items()
            for rating, count in counts.items()
        }
        outcomes = Counter(session.scalars(select(ContactAttempt.outcome)))
        assert outcomes == {"busy": 1, "complete": 2, "no_answer": 1, "appointment": 1, "wrong_number": 1}
        assert session.scalar(select(func.sum(Case.attempts))) == 6
        assert session.scalars(select(Case).where(Case.held_by_id.is_not(None))).all() == []
        told = select(Message.case_id).where(Message.template_key == "receipt")
        assert set(session.scalars(told)) <= {response.case_id for response in responses}
        messages = session.execute(select(Message.id, Message.state)).all()
        assert Counter(county.ledger.sent) == {message_id: 1 for message_id, _ in messages}
        assert {state for _, state in messages} == {"sent"}
        deeds = Counter(session.scalars(select(AuditEvent.action)))
    expected = {
        "round.create": 1, "sample.draw": 3, "round.open": 1, "round.close": 1, "round.finalise": 2, "round.publish": 2,
        "objection.submit": 1, "objection.approve": 1, "correction.ask": 1, "correction.approve": 1,
        "sample.reserve": 2, "sample.replace_all": 1, "interview.consent": 2, "interview.release": 1,
    }  # fmt: skip
    assert {deed: deeds[deed] for deed in expected} == expected
    assert deeds["links.export"] >= 5
