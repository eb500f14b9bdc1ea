"""A round with everything that its scores are made of, entered through the services as people do."""

import secrets
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from survey_app.domain.access_code import ALPHABET
from survey_app.domain.approval import Approval
from survey_app.domain.mode import Mode
from survey_app.domain.receipt import RECEIPT_LENGTH
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.case import Case
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.schemes.loader import scheme_digest
from survey_app.services.approvals import decide_entries, waiting_entries
from survey_app.services.attachments import Place, upload
from survey_app.services.items import Change, enter_items
from survey_app.services.ledger_decisions import decide
from survey_app.services.ledgers import enter
from survey_app.services.marks import save_marks
from survey_app.services.publishing import finalise, publish
from tests.builders import build_account, build_case, build_round, build_unit


@contextmanager
def looking(session: Session) -> Iterator[Session]:
    """Look into the database and let go of it again: on SQLite a test's session would keep others waiting."""
    with Session(session.get_bind()) as other:
        yield other


OFFICE_ITEMS = (
    "revisits", "problems", "rectification", "innovation_highlight", "innovation_effect", "assigned_tasks",
    "supervisors", "indicator_tasks", "publicity", "key_tasks",
)  # fmt: skip


def build_answers(
    session: Session, case: Case, ratings: Mapping[int, str | None], when: datetime, **details: Any
) -> Response:
    """A case's response: a rating for each unit id, None where there were no dealings."""
    response = Response(
        case_id=case.id,
        mode=Mode.QR,
        instrument_version="1",
        opened_at=when,
        received_at=when,
        content_digest=uuid.uuid4().hex,
        receipt_code="".join(secrets.choice(ALPHABET) for _ in range(RECEIPT_LENGTH)),
    )
    session.add(response)
    session.flush()
    for unit_id, rating in ratings.items():
        session.add(
            Answer(
                response_id=response.id,
                round_id=case.round_id,
                instrument=case.instrument,
                unit_id=unit_id,
                dealt="yes" if rating else "no",
                rating=rating,
                details=details,
            )
        )
    session.flush()
    return response


def as_data(value: Any) -> dict[str, str] | None:
    """A bundle's value for an item as staff enter it."""
    values = value if isinstance(value, dict) else {"points": value}
    return {
        key: str(number) for key, number in values.items() if number is not None and key != "marks"
    } or None


def _note(value: Any) -> str:
    """The reason that confirmed points of a tiered item need."""
    return "据台账核定" if isinstance(value, dict) and value.get("points") is not None else ""


LEDGER_VALUES = {
    "endorsements": {"practice": "一窗通办", "level": "city", "source": "批示件", "endorsed_on": "2022-03-01"},
    "broken_promises": {"description": "补贴未发", "verified_on": "2022-03-01"},
    "publicity": {
        "title": "方城办事快", "outlet": "南阳日报", "level": "municipal", "published_on": "2022-03-01",
    },
    "revisits": {"enterprise": "甲公司", "visited_on": "2022-03-01", "visitors": "王敏"},
    "problems": {"enterprise": "甲公司", "problem": "用电不稳", "raised_on": "2022-03-01"},
    "rectification": {"problem": "窗口排队长", "source": "省评", "deadline": "2022-03-31"},
}  # fmt: skip


def build_ledger_entry(
    session: Session,
    round_: Round,
    unit: Unit,
    item: str,
    now: datetime,
    approved: bool = True,
    **values: str,
) -> LedgerEntry:
    """An entry in an item's ledger, entered by one office account and approved by another."""
    one, other = build_account(session).id, build_account(session).id
    entry = enter(session, round_, item, unit.id, {**LEDGER_VALUES[item], **values}, one, now)
    if approved:
        decide(session, round_, entry.id, True, "已核对原件", other, now)
    return entry


def load_bundle(session: Session, bundle: Mapping[str, Any], now: datetime, **changes: Any) -> Round:
    """Store a bundle as a round: answers as cases, and all else through the services."""
    scheme = bundle["scheme"]
    values = {
        "state": RoundState.OPEN,
        "scheme_key": scheme,
        "scheme_digest": scheme_digest(scheme),
        **changes,
    }
    round_ = build_round(session, bundle["round"], **values)
    office, commission = build_account(session, Role.OFFICE), build_account(session, Role.COMMISSION)
    most = max(len(unit.get("supervisors", {}).get("marks", [])) for unit in bundle["units"])
    supervisors = [build_account(session, Role.SUPERVISOR) for _ in range(most)]
    known = {unit.name: unit for unit in session.query(Unit)}
    units = {
        unit["unit"]: known.get(unit["unit"])
        or build_unit(session, unit["unit"], unit.get("category") or "政府部门")
        for unit in bundle["units"]
    }
    for given in bundle["units"]:
        unit = units[given["unit"]]
        for rating, number in given.get("satisfaction", {}).items():
            for _ in range(number):
                build_answers(session, build_case(session, round_, [unit]), {unit.id: rating}, now)
    session.commit()
    for place, supervisor in enumerate(supervisors):
        marks = {
            units[given["unit"]].id: given["supervisors"]["marks"][place]
            for given in bundle["units"]
            if len(given.get("supervisors", {}).get("marks", [])) > place
        }
        save_marks(session, round_, supervisor.id, marks, now)
    for account, items in ((office, OFFICE_ITEMS), (commission, ("mass_appraisal",))):
        entries = {
            (units[given["unit"]].id, item): Change(as_data(given[item]), _note(given[item]))
            for given in bundle["units"]
            for item in items
            if item in given
        }
        enter_items(session, round_, entries, account.id, now)
        approve_all(session, round_, account.role, now)
    if any("mass_appraisal" in given for given in bundle["units"]):
        upload(session, round_, Place("mass_appraisal"), "汇总表.pdf", b"%PDF-1.7 scan", commission.id, now)
    for given in bundle["units"]:
        unit = units[given["unit"]]
        for each in given.get("endorsements", []):
            build_ledger_entry(session, round_, unit, "endorsements", now, **each)
        for number in range(given.get("broken_promises", 0)):
            build_ledger_entry(session, round_, unit, "broken_promises", now, description=f"情况{number}")
    return round_


def approve_all(session: Session, round_: Round, role: Role, now: datetime) -> int:
    """Let somebody else of a role approve whatever waits for that."""
    waiting = waiting_entries(session, round_, role)
    second = build_account(session, role)
    decisions = {each.entry.id: (Approval.APPROVED, "") for each in waiting}
    return decide_entries(session, round_, decisions, second.id, now)


def close(session: Session, round_: Round, now: datetime) -> None:
    """Close a round an hour ago, so that no late form is waited for."""
    round_.state, round_.closes_at = RoundState.CLOSED, now - timedelta(hours=1)
    session.commit()


def finalise_and_publish(session: Session, round_: Round, now: datetime) -> None:
    """Close a round; one of the office finalises it, another publishes it."""
    close(session, round_, now)
    finalise(session, round_, build_account(session, Role.OFFICE).id, now)
    publish(session, round_, build_account(session, Role.OFFICE).id, now)
