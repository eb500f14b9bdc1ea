"""Reading from the database what findings about the libraries are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from survey_app.domain.library_findings import (
    ChangeFact,
    EntryFact,
    LibraryFacts,
    NameFact,
    PhoneFact,
    StaffFact,
    UnitFact,
)
from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.domain.round_state import RoundState
from survey_app.models.account import Account
from survey_app.models.enterprise import Enterprise, EntryPhone, FrameEntry
from survey_app.models.library import LibrarySubmission, PhonesChange
from survey_app.models.round import Round, Sample
from survey_app.models.unit import Unit
from survey_app.services.case_phones import phone_text
from survey_app.services.frames import sizes_of, with_mobile
from survey_app.services.library_deadlines import deadlines_of, drawn_units
from survey_app.services.round_units import active_units
from survey_app.services.surveys import asked_by_role

# As many of the enterprises that a submission left out as a finding names.
_NAMED = 5


def library_facts(session: Session) -> LibraryFacts:
    """Return what the libraries of the active units hold that may be worth a look."""
    since = session.scalar(select(func.max(Round.opened_at)))
    staff = _staff(session)
    return LibraryFacts(
        phones=_phones(session, staff),
        staff=staff,
        names=_names(session),
        changes=_changes(session, since),
        units=_units(session),
        since=since,
    )


def usual_size(session: Session) -> int | None:
    """Return how many the office drew of a library in its last draw, None before the first."""
    last = session.scalar(
        select(Round.id)
        .join(Sample, Sample.round_id == Round.id)
        .where(asked_by_role(session, Role.OFFICE, Sample.instrument))
        .order_by(Round.quarter.desc())
        .limit(1)
    )
    return session.scalar(
        select(func.max(Sample.size))
        .join(Round, Round.id == Sample.round_id)
        .where(Round.id == last, asked_by_role(session, Role.OFFICE, Sample.instrument))
    )


def latest_imports(session: Session) -> dict[int, int]:
    """Return the import of each unit's last submission, by unit id."""
    rows = session.execute(
        select(LibrarySubmission.unit_id, func.max(LibrarySubmission.frame_import_id)).group_by(
            LibrarySubmission.unit_id
        )
    )
    return dict(rows.all())


def _phones(session: Session, staff: Sequence[StaffFact]) -> list[PhoneFact]:
    """Return the numbers that several enterprises have, and those of staff, with all their entries."""
    shared = (
        select(EntryPhone.number, EntryPhone.extension)
        .group_by(EntryPhone.number, EntryPhone.extension)
        .having(func.min(EntryPhone.enterprise_id) < func.max(EntryPhone.enterprise_id))
        .subquery()
    )
    same = (shared.c.number == EntryPhone.number) & (shared.c.extension == EntryPhone.extension)
    own = {person.number.partition("转")[0] for person in staff}
    found = (
        *session.execute(_numbered().join(shared, same)),
        *session.execute(_numbered().where(EntryPhone.number.in_(own))),
    )
    # A number of staff that several enterprises have comes with both.
    facts = (PhoneFact(phone_text(row.number, row.extension), _entry(row)) for row in found)
    return sorted(dict.fromkeys(facts), key=lambda fact: fact.entry.entry_id)


def _numbered() -> Any:
    return _entries(EntryPhone.number, EntryPhone.extension).join(
        EntryPhone, EntryPhone.frame_entry_id == FrameEntry.id
    )


def _staff(session: Session) -> list[StaffFact]:
    """Return the numbers of all accounts, those that may not sign in any more too: the person is the same."""
    accounts = session.scalars(select(Account).where(Account.phone.is_not(None)).order_by(Account.id))
    return [
        StaffFact(
            each.phone, f"{each.display_name}（{each.unit.name if each.unit else ROLE_NAMES[each.role]}）"
        )
        for each in accounts
        if each.phone
    ]


def _names(session: Session) -> list[NameFact]:
    rows = session.execute(
        _entries(FrameEntry.other_name).where(FrameEntry.other_name.is_not(None)).order_by(FrameEntry.id)
    )
    return [NameFact(_entry(row), row.other_name) for row in rows]


def _changes(session: Session, since: datetime | None) -> list[ChangeFact]:
    """Return the newest change of each entry since the last fieldwork began."""
    newest = select(func.max(PhonesChange.id)).group_by(PhonesChange.frame_entry_id)
    if since is not None:
        newest = newest.where(PhonesChange.changed_at > since)
    rows = session.execute(
        _entries(FrameEntry.phones, PhonesChange.old_phones, PhonesChange.last_given_at)
        .join(PhonesChange, PhonesChange.frame_entry_id == FrameEntry.id)
        .where(PhonesChange.id.in_(newest))
        .order_by(PhonesChange.id.desc())
    )
    return [
        ChangeFact(_entry(row), phone_texts(row.old_phones), phone_texts(row.phones), row.last_given_at)
        for row in rows
    ]


def _units(session: Session) -> list[UnitFact]:
    sizes, mobiles = sizes_of(session), with_mobile(session)
    left_out, waited = _left_out(session), _waited_until(session)
    return [
        UnitFact(
            unit.id,
            sizes.get(unit.id, 0),
            mobiles.get(unit.id, 0),
            *left_out.get(unit.id, (0, ())),
            waited_until=waited.get(unit.id),
        )
        for unit in active_units(session)
    ]


def _left_out(session: Session) -> dict[int, tuple[int, tuple[EntryFact, ...]]]:
    """Return how many entries each unit's last submission did not name, and a few of them."""
    latest = latest_imports(session)
    found = {}
    for unit_id, import_id in latest.items():
        left = (FrameEntry.unit_id == unit_id, FrameEntry.frame_import_id < import_id)
        count = session.scalar(select(func.count()).select_from(FrameEntry).where(*left)) or 0
        if count:
            some = session.execute(_entries().where(*left).order_by(FrameEntry.id).limit(_NAMED))
            found[unit_id] = (count, tuple(_entry(row) for row in some))
    return found


def _waited_until(session: Session) -> dict[int, datetime]:
    """Return until when each unit is waited for that handed in nothing for a round in preparation."""
    waited: dict[int, datetime] = {}
    for round_id in session.scalars(
        select(Round.id).where(Round.state == RoundState.PREPARING).order_by(Round.quarter.desc())
    ):
        deadlines = deadlines_of(session, round_id)
        handed_in = set(
            session.scalars(select(LibrarySubmission.unit_id).where(LibrarySubmission.round_id == round_id))
        )
        for unit in active_units(session):
            due_at = deadlines.of_unit(unit.id)
            if due_at and unit.id not in handed_in | drawn_units(session, round_id):
                waited[unit.id] = due_at
    return waited


def phone_texts(phones: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return an entry's numbers as people write them."""
    return tuple(phone_text(phone["number"], phone.get("extension", "")) for phone in phones)


def _entries(*more: Any) -> Any:
    return (
        select(FrameEntry.id, FrameEntry.unit_id, FrameEntry.enterprise_id, Enterprise.name, *more)
        .join(Enterprise, Enterprise.id == FrameEntry.enterprise_id)
        .join(Unit, Unit.id == FrameEntry.unit_id)
        .where(Unit.active)
    )


def _entry(row: Row[Any]) -> EntryFact:
    return EntryFact(row.id, row.unit_id, row.enterprise_id, row.name)
