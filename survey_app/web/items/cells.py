"""What the table of entries is told about its cells: what stands now, what is wrong, and both of two entries."""

from datetime import datetime

from flask_babel import gettext as _

from survey_app.config import COUNTY_ZONE
from survey_app.domain.approval import Approval
from survey_app.domain.scheme import Scheme, ScoreItem
from survey_app.models.item_entry import ItemEntry
from survey_app.services.entry_cells import CellsSaved
from survey_app.services.items import EntryConflict, describe_entry
from survey_app.web.items.entry_form import EntryForm
from survey_app.web.language import moment, say


def both_entries(item: ScoreItem, conflict: EntryConflict, now: datetime) -> str:
    """Return who entered what and when, and what was typed here: "王敏 10:32 填 7.5；您填 8"."""
    newest, asked = conflict.newest, conflict.asked
    theirs, mine = say(describe_entry(item, newest.data)), say(describe_entry(item, asked.data))
    if newest.note != asked.note.strip():
        theirs, mine = (
            _("%(value)s（说明：%(note)s）", value=value, note=note or _("空"))
            for value, note in ((theirs, newest.note), (mine, asked.note.strip()))
        )
    sentence: str = _(
        "%(who)s %(when)s 填 %(theirs)s；您填 %(mine)s",
        who=newest.entered_by.display_name, when=short_moment(newest.entered_at, now),
        theirs=theirs, mine=mine,
    )  # fmt: skip
    return sentence


def short_moment(value: datetime, now: datetime) -> str:
    """Return the time of day of a moment today, the date with it of any other."""
    today = value.astimezone(COUNTY_ZONE).date() == now.astimezone(COUNTY_ZONE).date()
    return moment(value)[11:] if today else moment(value)


def state_mark(entry: ItemEntry | None) -> str:
    """Return one character for an entry that isn't approved; nothing for one that is, or for none."""
    if entry is None or entry.approval is Approval.APPROVED:
        return ""
    mark: str = _("审") if entry.approval is Approval.WAITING else _("退")
    return mark


def answer(scheme: Scheme, saved: CellsSaved, now: datetime) -> dict[str, object]:
    """Return what became of the cells that were sent, by the names of their fields."""
    return {
        "saved": [
            {"place": EntryForm.place(unit_id, item_id), **_standing(entry)}
            for (unit_id, item_id), entry in saved.standing.items()
        ],
        "faults": [
            {
                "place": EntryForm.place(fault.unit_id, fault.item),
                "field": fault.field,
                "sentence": fault.sentence,
            }
            for fault in saved.faults
        ],
        "conflicts": [
            {
                "place": EntryForm.place(conflict.unit_id, conflict.item),
                **_standing(conflict.newest),
                "sentence": both_entries(scheme.item(conflict.item), conflict, now),
            }
            for conflict in saved.conflicts
        ],
    }


def _standing(entry: ItemEntry | None) -> dict[str, object]:
    if entry is None:
        return {"version": "", "values": {}, "note": "", "who": "", "state": ""}
    return {
        "version": str(entry.version),
        "values": entry.data or {},
        "note": entry.note,
        "who": entry.entered_by.display_name,
        "state": state_mark(entry),
    }
