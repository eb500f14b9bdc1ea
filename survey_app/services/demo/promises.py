"""The demonstration's promised limits: most units have published some, a few none yet."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.unit import Unit
from survey_app.services.promises import Typed, save_promises

_SOURCE = "县政务服务网办事指南（2022 年版）"
# Working days, documents, yuan; an empty one isn't promised.
_PROMISES = {
    "registration": ("1", "4", "0"),
    "permit": ("5", "6", "0"),
    "taxes": ("1", "3", "0"),
    "utilities": ("3", "3", ""),
    "loan": ("7", "8", ""),
    "policy": ("5", "5", "0"),
}
_NONE_YET = 7  # every so many units


def enter(session: Session, account_id: int, now: datetime) -> None:
    """Enter the units' promises as the office does; each unit leaves out another matter."""
    matters = list(_PROMISES)
    for place, unit_id in enumerate(session.scalars(select(Unit.id).order_by(Unit.position)).all()):
        if place % _NONE_YET == _NONE_YET - 1:
            continue
        typed = {
            matter: Typed({"days": days, "documents": documents, "fee": fee, "source": _SOURCE}, 0)
            for matter, (days, documents, fee) in _PROMISES.items()
            if matter != matters[place % len(matters)]
        }
        save_promises(session, unit_id, typed, account_id, now)
