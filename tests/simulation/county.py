"""A county's drawn cases in bulk: every unit with its sample and reserves."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from survey_app.domain.round_state import RoundState
from survey_app.models.case import Case, CaseUnit
from survey_app.models.enterprise import Enterprise, FrameEntry, FrameImport
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.models.unit import Unit


def make_cases(session: Session, units: int, each: int, reserves: int, now: datetime) -> Round:
    """Store an open round in which `each` enterprises of each unit are asked, and so many wait in reserve.

    A quarter of the enterprises have a second number.
    """
    round_ = Round(
        quarter="2022-Q2",
        scheme_key="fangcheng-2022",
        scheme_digest="0" * 64,
        state=RoundState.OPEN,
        opened_at=now,
    )
    file = FrameImport(
        filename="x", digest="0" * 64, accepted=1, duplicates=0, faults=0, warnings=0, imported_at=now
    )
    session.add_all([round_, file])
    session.flush()
    numbers = range(1, units * (each + reserves) + 1)
    session.execute(
        insert(Enterprise),
        [{"id": n, "key": f"uscc:{n:018}", "credit_code": f"{n:018}", "name": f"企业{n}"} for n in numbers],
    )
    session.execute(
        insert(Unit),
        [{"id": n, "name": f"单位{n}", "category": "政府部门", "position": n} for n in range(1, units + 1)],
    )
    session.execute(
        insert(Sample),
        [
            {
                "id": n, "round_id": round_.id, "unit_id": n, "instrument": "satisfaction", "seed": "种子",
                "size": each, "frame_size": each + reserves, "frame_digest": "0" * 64, "drawn_at": now,
            }
            for n in range(1, units + 1)
        ],
    )  # fmt: skip
    places = [((n - 1) // (each + reserves) + 1, (n - 1) % (each + reserves) + 1, n) for n in numbers]
    session.execute(
        insert(FrameEntry),
        [
            {
                "id": n, "unit_id": unit, "enterprise_id": n, "frame_import_id": file.id, "contact": "王敏",
                "phones": [
                    {"number": f"1380{n:07}", "extension": "", "kind": "mobile"},
                    *([{"number": f"1390{n:07}", "extension": "", "kind": "mobile"}] if n % 4 == 0 else []),
                ],
                "updated_at": now,
            }
            for unit, _rank, n in places
        ],
    )  # fmt: skip
    session.execute(
        insert(SampleEntry),
        [
            {
                "id": n, "sample_id": unit, "rank": rank, "frame_entry_id": n, "enterprise_id": n,
                "asked": rank <= each,
            }
            for unit, rank, n in places
        ],
    )  # fmt: skip
    asked = [(unit, n) for unit, rank, n in places if rank <= each]
    session.execute(
        insert(Case),
        [
            {
                "id": n, "public_id": f"{(n * 2654435761) % 2**32:08x}", "round_id": round_.id,
                "instrument": "satisfaction", "enterprise_id": n, "token_hash": f"t{n}", "code_hash": f"c{n}",
                "due_at": now,
            }
            for _unit, n in asked
        ],
    )  # fmt: skip
    session.execute(
        insert(CaseUnit), [{"case_id": n, "unit_id": unit, "sample_entry_id": n} for unit, n in asked]
    )
    session.commit()
    return round_
