"""Sample libraries of any size for tests, stored in bulk."""

from sqlalchemy import insert
from sqlalchemy.orm import Session

from survey_app.models.enterprise import Enterprise, FrameEntry, FrameImport
from survey_app.models.unit import Unit
from tests.builders import WHEN, build_unit


def fill_libraries(session: Session, sizes: dict[str, int]) -> dict[str, Unit]:
    """Units with libraries of so many enterprises, each its own, whose keys end in 00000000 and on; commits."""
    file = FrameImport(
        filename="库", digest="0" * 64, accepted=1, duplicates=0, faults=0, warnings=0, imported_at=WHEN
    )
    session.add(file)
    session.flush()
    codes = [f"91411322MA{n:08}" for n in range(sum(sizes.values()))]
    enterprises: list[int] = []
    if codes:
        enterprises = list(
            session.scalars(
                insert(Enterprise).returning(Enterprise.id, sort_by_parameter_order=True),
                [{"key": f"uscc:{each}", "name": f"企业{each[-8:]}", "credit_code": each} for each in codes],
            )
        )
    units, entries = {}, []
    for name, size in sizes.items():
        units[name] = build_unit(session, name)
        own, enterprises = enterprises[:size], enterprises[size:]
        entries += [
            {
                "unit_id": units[name].id,
                "enterprise_id": each,
                "frame_import_id": file.id,
                "phones": [],
                "updated_at": WHEN,
            }
            for each in own
        ]
    if entries:
        session.execute(insert(FrameEntry), entries)
    session.commit()
    return units
