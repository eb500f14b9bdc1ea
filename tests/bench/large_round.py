"""An open round with a hundred thousand cases, stored in bulk: what its staff's pages are measured on."""

import random
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from survey_app.domain.disposition import RULES, Disposition, Family
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import Enterprise, FrameEntry, FrameImport
from survey_app.models.message import Message
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.schemes.loader import load_scheme, scheme_digest
from tests.builders import WHEN, build_account, build_round, build_unit

INSTRUMENT = "satisfaction"
RESERVES = 5  # one for every so many who are asked
# What came of cases that didn't answer.
ENDED = (
    Disposition.NO_DEALINGS,
    Disposition.WRONG_NUMBER,
    Disposition.HARD_REFUSAL,
    Disposition.NOT_CONTACTED,
)


def fill(session: Session, cases: int, units: int) -> Round:
    """Store a round of so many cases, a unit each: three of five answered, one of a hundred of them without dealings.

    All were invited by SMS, and every fourth was called. Commits.
    """
    dice = random.Random(1)
    current = build_round(
        session, closes_at=WHEN + timedelta(days=60), scheme_digest=scheme_digest(load_scheme().key)
    )
    unit_ids = [build_unit(session).id for _ in range(units)]
    caller = build_account(session)
    each = cases // units
    samples = [
        Sample(
            round_id=current.id, unit_id=unit, instrument=INSTRUMENT, seed="种子", size=each,
            frame_size=each + each // RESERVES, frame_digest="0" * 64, drawn_at=WHEN,
        )
        for unit in unit_ids
    ]  # fmt: skip
    file = FrameImport(
        filename="样本库.xlsx",
        digest="0" * 64,
        accepted=1,
        duplicates=0,
        faults=0,
        warnings=0,
        imported_at=WHEN,
    )
    session.add_all([*samples, file])
    session.flush()
    rows: dict[type, list[dict[str, Any]]] = {
        kind: []
        for kind in (
            Enterprise, FrameEntry, SampleEntry, Case, CaseUnit, Response, Answer, Message, ContactAttempt,
        )
    }  # fmt: skip
    number = 0
    for sample in samples:
        for rank in range(1, sample.frame_size + 1):
            number += 1
            rows[Enterprise].append({"id": number, "key": f"k{number}", "name": f"企业{number:06}"})
            phone = {"number": f"139{number:08}", "extension": "", "kind": "mobile"}
            rows[FrameEntry].append({
                "id": number, "unit_id": sample.unit_id, "enterprise_id": number, "frame_import_id": file.id,
                "phones": [phone], "updated_at": WHEN,
            })  # fmt: skip
            rows[SampleEntry].append({
                "id": number, "sample_id": sample.id, "rank": rank, "frame_entry_id": number,
                "enterprise_id": number, "asked": rank <= each,
            })  # fmt: skip
            if rank <= each:
                _ask(rows, number, current.id, sample.unit_id, caller.id, dice)
    for kind, made in rows.items():
        for start in range(0, len(made), 20_000):
            session.execute(insert(kind), made[start : start + 20_000])
    session.commit()
    return current


def _ask(
    rows: dict[type, list[dict[str, Any]]], n: int, round_id: int, unit: int, caller: int, dice: random.Random
) -> None:
    answered, called = n % 5 < 3, n % 4 == 0
    ended = Disposition.COMPLETE if answered else dice.choice(ENDED)
    rows[Case].append({
        "id": n, "public_id": str(uuid.UUID(int=n)), "round_id": round_id, "instrument": INSTRUMENT,
        "enterprise_id": n, "token_hash": str(n), "code_hash": str(n), "due_at": WHEN, "disposition": ended,
        "closed": answered or RULES[ended].family is Family.NOT_ELIGIBLE, "attempts": int(called),
    })  # fmt: skip
    rows[CaseUnit].append({"case_id": n, "unit_id": unit, "sample_entry_id": n})
    rows[Message].append({
        "id": str(uuid.UUID(int=n)), "case_id": n, "purpose": "invitation", "template_key": "invitation",
        "phone": f"139{n:08}", "state": "delivered", "run_at": WHEN, "created_at": WHEN,
    })  # fmt: skip
    if called:
        rows[ContactAttempt].append({
            "case_id": n, "interviewer_id": caller, "phone": f"139{n:08}", "started_at": WHEN,
            "ended_at": WHEN, "outcome": "no_answer",
        })  # fmt: skip
    if answered:
        rows[Response].append({
            "id": n, "case_id": n, "mode": "sms", "instrument_version": "1", "opened_at": WHEN,
            "received_at": WHEN, "content_digest": str(n), "receipt_code": str(n),
        })  # fmt: skip
        dealt = n % 100 != 0
        rating = dice.choices(("satisfied", "basically_satisfied", "dissatisfied"), (960, 38, 3))[0]
        rows[Answer].append({
            "response_id": n, "round_id": round_id, "instrument": INSTRUMENT, "unit_id": unit,
            "dealt": "yes" if dealt else "no", "rating": rating if dealt else None,
            "details": {"duration": {"value": "3", "unit": "workdays"}, "documents": "4"} if dealt else {},
        })  # fmt: skip
