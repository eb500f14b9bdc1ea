"""回访任务 for staff: the list with its filters, and all that is known of one case."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from survey_app.domain.disposition import Disposition
from survey_app.domain.message import MessageState
from survey_app.domain.mode import Mode
from survey_app.domain.paging import Paging
from survey_app.domain.roles import Role
from survey_app.domain.sending import RECEIPT
from survey_app.domain.text import N_
from survey_app.models.account import Account
from survey_app.models.case import Case, CaseUnit
from survey_app.models.contact_attempt import ContactAttempt
from survey_app.models.enterprise import Enterprise
from survey_app.models.message import Message
from survey_app.models.response import LaterSubmission, Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import audit
from survey_app.services.case_phones import CasePhone, phones_of
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.surveys import is_asker, require_asker, require_instrument


class CaseState(StrEnum):
    """Where a case stands, as the list is filtered by."""

    ANSWERED = "answered"
    WAITING = "waiting"
    CLOSED = "closed"
    INVITED = "invited"
    UNINVITED = "uninvited"
    LATER = "later"


CASE_STATE_NAMES = {
    CaseState.ANSWERED: N_("已答复"),
    CaseState.WAITING: N_("未结束"),
    CaseState.CLOSED: N_("已结束、没有答复"),
    CaseState.INVITED: N_("发过短信"),
    CaseState.UNINVITED: N_("没发过短信"),
    CaseState.LATER: N_("有后到的答复"),
}


class RevealReason(StrEnum):
    """Why somebody needs to see the full numbers; chosen from these, so that nothing personal is written."""

    CHECK = "check"
    CALLED_US = "called_us"
    HAND_DELIVERY = "hand_delivery"
    COMPLAINT = "complaint"


REVEAL_REASON_NAMES = {
    RevealReason.CHECK: N_("核对或更正号码"),
    RevealReason.CALLED_US: N_("企业来电询问，需要回电"),
    RevealReason.HAND_DELIVERY: N_("联系送达二维码"),
    RevealReason.COMPLAINT: N_("核实企业反映的问题"),
}


@dataclass(frozen=True)
class CaseFilter:
    """What the list is narrowed to; None: not by this."""

    state: CaseState | None = None
    mode: Mode | None = None
    unit_id: int | None = None
    disposition: Disposition | None = None


@dataclass(frozen=True)
class CaseRow:
    """A line of the list."""

    public_id: str
    enterprise: str
    units: tuple[str, ...]
    disposition: Disposition
    closed: bool
    attempts: int
    mode: Mode | None
    received_at: datetime | None
    message: MessageState | None


@dataclass(frozen=True)
class CaseDetail:
    """One case: its units, numbers, messages, calls, and how and when responses came; never what they say."""

    case: Case
    units: list[Unit]
    phones: list[CasePhone]
    messages: list[Message]
    attempts: list[tuple[ContactAttempt, str]]
    response: Response | None
    later: list[LaterSubmission]


def list_cases(
    session: Session, round_: Round, role: Role, chosen: CaseFilter, page: int
) -> tuple[list[CaseRow], Paging]:
    """Return one page of the cases that a role asks in a round, in the order of the draws, and its place.

    Raises NotFoundError for a role that asks nobody.
    """
    instrument = require_instrument(round_, role)
    condition = and_(Case.round_id == round_.id, Case.instrument == instrument, *_conditions(chosen))
    total = session.scalar(
        select(func.count())
        .select_from(Case)
        .outerjoin(Response, Response.case_id == Case.id)
        .where(condition)
    )
    paging = Paging(page, total or 0)
    found = session.execute(
        select(Case, Enterprise.name, Response.mode, Response.received_at)
        .join(Enterprise, Enterprise.id == Case.enterprise_id)
        .outerjoin(Response, Response.case_id == Case.id)
        .where(condition)
        .options(selectinload(Case.units).joinedload(CaseUnit.unit))
        .order_by(Case.id)
        .offset(paging.offset)
        .limit(paging.size)
    ).all()
    messages: dict[int, MessageState] = dict(
        session.execute(
            select(Message.case_id, Message.state)
            .where(Message.case_id.in_([case.id for case, *_ in found]), Message.template_key != RECEIPT)
            .order_by(Message.created_at)
        ).all()
    )
    rows = [
        CaseRow(
            case.public_id,
            name,
            tuple(unit.name for unit in _units(case)),
            case.disposition,
            case.closed,
            case.attempts,
            mode,
            received_at,
            messages.get(case.id),
        )
        for case, name, mode, received_at in found
    ]
    return rows, paging


def case_detail(session: Session, public_id: str, role: Role) -> CaseDetail:
    """Return all that is known of a case; raise NotFoundError when there is none, or another role asks it."""
    case = session.scalar(
        select(Case)
        .where(Case.public_id == public_id)
        .options(
            joinedload(Case.enterprise),
            joinedload(Case.round),
            selectinload(Case.units).joinedload(CaseUnit.unit),
        )
    )
    if case is None or not is_asker(case.round, case.instrument, role):
        raise NotFoundError("没有这一户：请从「回访名单」重新进入")
    attempts = session.execute(
        select(ContactAttempt, Account.display_name)
        .join(Account, Account.id == ContactAttempt.interviewer_id)
        .where(ContactAttempt.case_id == case.id)
        .order_by(ContactAttempt.id.desc())
    )
    response = session.scalar(select(Response).where(Response.case_id == case.id))
    return CaseDetail(
        case=case,
        units=_units(case),
        phones=phones_of(session, case),
        messages=list(
            session.scalars(
                select(Message).where(Message.case_id == case.id).order_by(Message.created_at.desc())
            )
        ),
        attempts=[(attempt, name) for attempt, name in attempts],
        response=response,
        later=list(
            session.scalars(
                select(LaterSubmission)
                .where(LaterSubmission.case_id == case.id)
                .order_by(LaterSubmission.received_at)
            )
        ),
    )


def record_reveal(session: Session, case: Case, reason: str, now: datetime, account_id: int) -> None:
    """Note who saw a case's full numbers and why; commits.

    Raises ServiceError without a known reason, or for an account that doesn't ask this case.
    """
    require_asker(session, case.round, case.instrument, account_id)
    if reason not in list(RevealReason):
        raise ServiceError("请选择查看完整号码的原因", "reason")
    audit.record(session, now, account_id, "case.reveal_phones", "case", case.id, reason=reason)
    session.commit()


def _conditions(chosen: CaseFilter) -> list[ColumnElement[bool]]:
    """Return what the filter asks of Case with Response joined."""
    answered = Response.id.is_not(None)
    invited = exists().where(
        Message.case_id == Case.id, Message.state != MessageState.FAILED, Message.template_key != RECEIPT
    )
    by_state: dict[CaseState, ColumnElement[bool]] = {
        CaseState.ANSWERED: answered,
        CaseState.WAITING: and_(~answered, Case.closed.is_(False)),
        CaseState.CLOSED: and_(~answered, Case.closed),
        CaseState.INVITED: invited,
        CaseState.UNINVITED: ~invited,
        CaseState.LATER: exists().where(LaterSubmission.case_id == Case.id),
    }
    found: list[ColumnElement[bool]] = []
    if chosen.state is not None:
        found.append(by_state[chosen.state])
    if chosen.mode is not None:
        found.append(Response.mode == chosen.mode)
    if chosen.disposition is not None:
        found.append(Case.disposition == chosen.disposition)
    if chosen.unit_id is not None:
        found.append(exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit_id == chosen.unit_id))
    return found


def _units(case: Case) -> list[Unit]:
    return sorted((each.unit for each in case.units), key=_place)


def _place(unit: Unit) -> tuple[int, int]:
    return unit.position, unit.id
