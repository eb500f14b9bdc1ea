"""Small builders of stored things for tests; each adds to the session and flushes."""

import itertools
import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from survey_app.domain.access_code import code_hash, derive_code, derive_token, token_hash
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.account import Account
from survey_app.models.case import Case, CaseUnit
from survey_app.models.enterprise import Enterprise, EntryPhone, FrameEntry, FrameImport
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.models.unit import Unit
from survey_app.services.collaborators import Keys
from tests.databases import SECRET

WHEN = datetime(2022, 6, 1, tzinfo=UTC)
KEYS = Keys.from_secret(SECRET)
_numbers = itertools.count(1)


def _add(session: Session, thing: Any) -> Any:
    session.add(thing)
    session.flush()
    return thing


def build_unit(session: Session, name: str | None = None, category: str = "政府部门") -> Unit:
    n = next(_numbers)
    return _add(session, Unit(name=name or f"单位{n:03}", category=category, position=n))


def build_account(session: Session, role: Role = Role.OFFICE) -> Account:
    """An account that nobody can sign in with; `sign_in` makes those that can."""
    n = next(_numbers)
    return _add(
        session,
        Account(
            username=f"{role}{n}", display_name=f"{n:03}号", password_hash="-", role=role, created_at=WHEN
        ),
    )


def build_round(
    session: Session, quarter: str = "2022-Q2", state: RoundState = RoundState.OPEN, **changes: Any
) -> Round:
    values = {"scheme_key": "fangcheng-2022", "scheme_digest": "0" * 64, "opened_at": WHEN}
    return _add(session, Round(quarter=quarter, state=state, **{**values, **changes}))


def build_enterprise(session: Session, name: str | None = None) -> Enterprise:
    n = next(_numbers)
    return _add(session, Enterprise(key=f"uscc:{n:018}", credit_code=f"{n:018}", name=name or f"企业{n:04}"))


def build_frame_entry(
    session: Session, unit: Unit, enterprise: Enterprise, phone: str = "13800138000"
) -> FrameEntry:
    file = _add(
        session,
        FrameImport(
            filename="样本库.xlsx",
            digest="0" * 64,
            accepted=1,
            duplicates=0,
            faults=0,
            warnings=0,
            imported_at=WHEN,
        ),
    )
    kind = "mobile" if phone.startswith("1") else "landline"
    entry = _add(
        session,
        FrameEntry(
            unit_id=unit.id,
            enterprise_id=enterprise.id,
            frame_import_id=file.id,
            contact="王敏",
            phones=[{"number": phone, "extension": "", "kind": kind}],
            updated_at=WHEN,
        ),
    )
    place = {"frame_entry_id": entry.id, "unit_id": unit.id, "enterprise_id": enterprise.id}
    _add(session, EntryPhone(number=phone, extension="", kind=kind, **place))
    return entry


def build_case(
    session: Session,
    round: Round,  # noqa: A002
    units: list[Unit],
    enterprise: Enterprise | None = None,
    instrument: str = "satisfaction",
    phone: str = "13800138000",
) -> Case:
    """A case about `units`, drawn from their libraries; `token_of` and `code_of` give its link and code."""
    enterprise = enterprise or build_enterprise(session)
    public_id = str(uuid.uuid4())
    case = _add(
        session,
        Case(
            public_id=public_id,
            round_id=round.id,
            instrument=instrument,
            enterprise_id=enterprise.id,
            token_hash=token_hash(derive_token(KEYS.links, public_id, 1)),
            code_hash=code_hash(KEYS.links, derive_code(KEYS.links, public_id, 1)),
            due_at=WHEN,
        ),
    )
    for unit in units:
        entry = session.query(FrameEntry).filter_by(
            unit_id=unit.id, enterprise_id=enterprise.id
        ).one_or_none() or build_frame_entry(session, unit, enterprise, phone)
        sample = (
            session.query(Sample)
            .filter_by(round_id=round.id, unit_id=unit.id, instrument=instrument)
            .one_or_none()
        )
        if sample is None:
            sample = _add(
                session,
                Sample(
                    round_id=round.id,
                    unit_id=unit.id,
                    instrument=instrument,
                    seed="种子",
                    size=10,
                    frame_size=20,
                    frame_digest="0" * 64,
                    drawn_at=WHEN,
                ),
            )
        place = _add(
            session,
            SampleEntry(
                sample_id=sample.id,
                rank=next(_numbers),
                frame_entry_id=entry.id,
                enterprise_id=enterprise.id,
                asked=True,
            ),
        )
        session.add(CaseUnit(case_id=case.id, unit_id=unit.id, sample_entry_id=place.id))
    session.flush()
    return case


def token_of(case: Case) -> str:
    return derive_token(KEYS.links, case.public_id, case.link_version)


def code_of(case: Case) -> str:
    return derive_code(KEYS.links, case.public_id, case.link_version)
