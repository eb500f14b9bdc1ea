"""补充号码: cases whose numbers were all wrong wait with whoever asks, never with the rated unit, for another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from survey_app.config import COUNTY_ZONE
from survey_app.domain.disposition import Disposition
from survey_app.domain.phone import read_phones
from survey_app.domain.roles import Role
from survey_app.domain.text import N_
from survey_app.models.added_phone import AddedPhone
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.round import Round, SampleEntry
from survey_app.services import audit
from survey_app.services.calling import hours_of
from survey_app.services.case_phones import phones_of
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.surveys import is_asker, require_asker, require_instrument
from survey_app.services.waiting_cases import round_takes_calls, without_response

LONGEST_CONTACT = 100


class PhoneSource(StrEnum):
    """Where another number was found; the unit that is rated is not among them, so that it learns of nobody."""

    REGISTER = "register"
    TAX = "tax"
    DIRECTORY = "directory"
    ENTERPRISE = "enterprise"


PHONE_SOURCE_NAMES = {
    PhoneSource.REGISTER: N_("企业登记信息"),
    PhoneSource.TAX: N_("其他部门的登记信息（不是被访单位）"),
    PhoneSource.DIRECTORY: N_("公开的电话、网站或实地查询"),
    PhoneSource.ENTERPRISE: N_("企业自己提供"),
}


@dataclass(frozen=True)
class WithoutNumber:
    """A case that waits for another number: its units, and the last interviewer's notes."""

    case: Case
    units: tuple[str, ...]
    notes: tuple[str, ...]


def without_number(session: Session, round_: Round, role: Role) -> list[WithoutNumber]:
    """Return the cases of a role's survey that wait for another number, those longest waiting first."""
    cases = session.scalars(
        select(Case)
        .where(_waits(round_, require_instrument(round_, role)))
        .options(joinedload(Case.enterprise), selectinload(Case.units).joinedload(CaseUnit.unit))
        .order_by(Case.due_at, Case.id)
    ).all()
    notes: dict[int, list[str]] = {}
    for case_id, note in session.execute(
        select(ContactAttempt.case_id, ContactAttempt.note)
        .where(
            ContactAttempt.case_id.in_([case.id for case in cases]),
            ContactAttempt.outcome == Disposition.WRONG_NUMBER.value,
        )
        .order_by(ContactAttempt.id)
    ):
        notes.setdefault(case_id, []).append(note)
    return [
        WithoutNumber(case, tuple(each.unit.name for each in case.units), tuple(notes.get(case.id, ())))
        for case in cases
    ]


def waiting_count(session: Session, round_: Round, instrument: str) -> int:
    """Return how many cases of a survey wait for another number."""
    return session.scalar(select(func.count()).select_from(Case).where(_waits(round_, instrument))) or 0


def add_phone(
    session: Session,
    public_id: str,
    text: str,
    contact: str,
    source: str,
    now: datetime,
    account_id: int,
    role: Role,
) -> AddedPhone:
    """Give a case another number, so that it returns to the queue as one that was never called; commits.

    Calls to its wrong numbers stay in the history and don't count. Raises NotFoundError for a case of another
    survey, ConflictError for one that doesn't wait any more, ServiceError for what was typed.
    """
    case = session.scalar(select(Case).where(Case.public_id == public_id).with_for_update())
    if case is None or not is_asker(case.round, case.instrument, role):
        raise NotFoundError("没有这一户：请从「补充号码」重新进入")
    require_asker(session, case.round, case.instrument, account_id)
    if session.scalar(select(Case.id).where(Case.id == case.id, _waits(case.round, case.instrument))) is None:
        raise ConflictError("这一户不在等号码：可能已经答复、已由备选替换，或他人刚刚补了号码。请刷新后再看")
    if not round_takes_calls(case.round, now):
        raise ServiceError("本轮不在回访中，不能再补号码")
    reading = read_phones(text)
    if reading.faults or len(reading.phones) != 1:
        asked: Sequence[str] = ("请填写一个号码，如 13800138000 或 0377-67230000转801",)
        faults = reading.faults if text.strip() and reading.faults else asked
        raise ServiceError("；".join(faults), "number")
    phone = reading.phones[0]
    if str(phone) in {known.text for known in phones_of(session, case)}:
        raise ServiceError("这个号码已经拨打过，不是这家企业：请填写另一个号码", "number")
    contact = contact.strip()
    if len(contact) > LONGEST_CONTACT:
        raise ServiceError(f"联系人不超过 {LONGEST_CONTACT} 字", "contact")
    if source not in list(PhoneSource):
        raise ServiceError("请选择这个号码从哪里来", "source")
    added = AddedPhone(
        case_id=case.id,
        number=phone.number,
        extension=phone.extension,
        kind=phone.kind,
        contact=contact,
        source=source,
        added_by_id=account_id,
        added_at=now,
    )
    session.add(added)
    case.disposition, case.closed = Disposition.NOT_CONTACTED, False
    case.counted_attempts = case.parts_tried = 0
    case.due_at = hours_of(session, case.round.scheme_key).next_moment(now.astimezone(COUNTY_ZONE))
    audit.record(session, now, account_id, "case.add_phone", "case", case.id, source=source)
    session.commit()
    return added


def _waits(round_: Round, instrument: str) -> ColumnElement[bool]:
    """The condition on Case for those that wait for a number and whose place no reserve has taken."""
    place = SampleEntry.__table__.alias("place")
    reserve = SampleEntry.__table__.alias("reserve")
    replaced = (
        select(CaseUnit.case_id)
        .join(place, place.c.id == CaseUnit.sample_entry_id)
        .join(reserve, (reserve.c.sample_id == place.c.sample_id) & (reserve.c.replaces_rank == place.c.rank))
        .where(CaseUnit.case_id == Case.id)
    )
    return and_(
        Case.round_id == round_.id,
        Case.instrument == instrument,
        Case.closed,
        Case.disposition == Disposition.WRONG_NUMBER,
        without_response(),
        ~exists(replaced.correlate(Case)),
    )
