"""否认作答: taking down that an enterprise disowns a response, and what staff find out; it voids nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from survey_app.domain.disavowal import (
    LONGEST_NOTE,
    MOST_REPORTS,
    DisavowalState,
    DisavowalWay,
    after_report,
    why_not_step,
)
from survey_app.domain.phone import read_phones
from survey_app.domain.receipt import normalise_receipt, receipt_of
from survey_app.models.case import Case
from survey_app.models.disavowal import Disavowal, DisavowalEntry
from survey_app.models.enterprise import Enterprise
from survey_app.models.response import Response
from survey_app.models.round import Round
from survey_app.services import audit, throttle
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.respondent_cases import TooManyTriesError
from survey_app.services.surveys import require_asker
from survey_app.services.throttle import DISAVOWAL_BY_ADDRESS
from survey_app.services.written_reasons import optional_reason, required_reason

_LONGEST_PHONE = 20


@dataclass(frozen=True)
class DisownedResponse:
    """What the page of a token shows of a response; whether somebody disowned it before is for staff only."""

    receipt_code: str
    quarter: str
    scheme_key: str
    instrument: str
    enterprise: str
    received_at: datetime


def response_of(session: Session, key: bytes, token: str) -> DisownedResponse | None:
    """Return the response that a token of a receipt is about, None where there is none."""
    code = receipt_of(key, token)
    if code is None:
        return None
    row = session.execute(
        select(
            Response.receipt_code,
            Round.quarter,
            Round.scheme_key,
            Case.instrument,
            Enterprise.name,
            Response.received_at,
        )
        .join(Case, Case.id == Response.case_id)
        .join(Round, Round.id == Case.round_id)
        .join(Enterprise, Enterprise.id == Case.enterprise_id)
        .where(Response.receipt_code == code)
    ).one_or_none()
    return DisownedResponse(*row) if row else None


def report(
    session: Session,
    throttle_key: bytes,
    response: DisownedResponse,
    way: DisavowalWay,
    note: str,
    phone: str,
    address: str,
    now: datetime,
) -> None:
    """Take down that an enterprise says a response isn't its own; commits.

    What was said before already, or too often, is not written down again; whoever says it can't tell. Raises
    ServiceError at the field of a text or a number that can't be kept, TooManyTriesError for an address that
    reported too much.
    """
    wait = throttle.closed_for(session, throttle_key, DISAVOWAL_BY_ADDRESS, address, now)
    if wait is not None:
        raise TooManyTriesError(wait)
    kept, number = _note(note), _phone(phone)
    held = _hold(session, response.receipt_code)
    throttle.note_failure(session, throttle_key, DISAVOWAL_BY_ADDRESS, address, now)
    _add_report(session, held, way, kept, number, None, now)
    session.commit()


def note_call(
    session: Session, round_: Round, typed: str, note: str, phone: str, account_id: int, now: datetime
) -> None:
    """Take down an enterprise's call that a response, known by its receipt, isn't its own; commits.

    Raises ServiceError, at its field, for a receipt of no response of the survey that the account asks with.
    """
    kept, number = required_reason(note, "说明", "note", "请写明来电说了什么"), _phone(phone)
    kept = _note(kept)
    code = normalise_receipt(typed)
    case = code and session.scalar(
        select(Case)
        .join(Response, Response.case_id == Case.id)
        .where(Response.receipt_code == code, Case.round_id == round_.id)
    )
    if not code or not case:
        raise ServiceError("本轮没有这个回执号：请对照回执短信或回执页面再输一次", "receipt")
    try:
        require_asker(session, round_, case.instrument, account_id)
    except ServiceError:  # another body's receipt is none here: who answered it is its own
        raise ServiceError("本轮没有这个回执号：请对照回执短信或回执页面再输一次", "receipt") from None
    _add_report(session, _hold(session, code), DisavowalWay.PHONE, kept, number, account_id, now)
    session.commit()


def take_step(
    session: Session,
    round_: Round,
    disavowal_id: int,
    state: DisavowalState,
    note: str,
    seen: int,
    account_id: int,
    now: datetime,
) -> None:
    """Write down what staff did about a disavowal and what it showed; commits. It voids nothing.

    `seen` is how many entries were on the page. Raises ServiceError without a note or a next state,
    NotFoundError for another body's, ConflictError where something was added since.
    """
    found = session.execute(
        select(Disavowal.response_id, Case.instrument)
        .join(Response, Response.id == Disavowal.response_id)
        .join(Case, Case.id == Response.case_id)
        .where(Disavowal.id == disavowal_id, Case.round_id == round_.id)
    ).one_or_none()
    if found is None:
        raise NotFoundError("没有这一件：请从「否认作答」重新进入")
    try:
        require_asker(session, round_, found.instrument, account_id)
    except ServiceError as error:
        raise NotFoundError("没有这一件：请从「否认作答」重新进入") from error
    session.get(Response, found.response_id, with_for_update=True)
    disavowal = session.get_one(Disavowal, disavowal_id, populate_existing=True)
    entries = _entries(session, disavowal)
    if seen != len(entries):
        raise ConflictError("这一件刚刚有了新的记录，什么都没有改动：请看过以后再处理")
    refused = why_not_step(disavowal.state, state)
    if refused:
        raise ServiceError(str(refused), "state")
    written = required_reason(note, "处理情况", "note", "请写明怎样核实、查明了什么")
    disavowal.state = state
    session.add(
        DisavowalEntry(
            disavowal_id=disavowal.id,
            number=len(entries) + 1,
            at=now,
            state=state,
            note=written,
            account_id=account_id,
        )
    )
    audit.record(
        session, now, account_id, "disavowal.step", "disavowal", disavowal.id,
        round=round_.quarter, state=state.value,
    )  # fmt: skip
    session.commit()


def _hold(session: Session, receipt_code: str) -> Response:
    """Return a response, kept from whoever else disowns it at this moment."""
    found: Select[Response] = select(Response).where(Response.receipt_code == receipt_code).with_for_update()
    return session.scalars(found).one()


def _add_report(
    session: Session,
    response: Response,
    way: DisavowalWay,
    note: str,
    phone: str,
    account_id: int | None,
    now: datetime,
) -> None:
    disavowal = session.scalar(
        select(Disavowal)
        .where(Disavowal.response_id == response.id)
        .execution_options(populate_existing=True)
    )
    entries = _entries(session, disavowal) if disavowal else []
    reports = [each for each in entries if each.way]
    said = {(each.note, each.phone) for each in reports}
    if account_id is None and (
        len([each for each in reports if each.account_id is None]) >= MOST_REPORTS or (note, phone) in said
    ):
        return
    if disavowal is None:
        disavowal = Disavowal(response_id=response.id, first_at=now)
        session.add(disavowal)
    disavowal.state = after_report(disavowal.state if entries else None)
    session.flush()
    session.add(
        DisavowalEntry(
            disavowal_id=disavowal.id,
            number=len(entries) + 1,
            at=now,
            way=way,
            note=note,
            phone=phone,
            account_id=account_id,
        )
    )
    audit.record(session, now, account_id, "disavowal.report", "disavowal", disavowal.id, way=way.value)


def _entries(session: Session, disavowal: Disavowal) -> list[DisavowalEntry]:
    return list(
        session.scalars(
            select(DisavowalEntry)
            .where(DisavowalEntry.disavowal_id == disavowal.id)
            .order_by(DisavowalEntry.number)
        )
    )


def _note(text: str) -> str:
    written = optional_reason(text, "说明", "note")
    if len(written) > LONGEST_NOTE:
        raise ServiceError(f"说明不超过 {LONGEST_NOTE} 字，现有 {len(written)} 字", "note")
    return written


def _phone(text: str) -> str:
    if not text.strip():
        return ""
    reading = read_phones(text)
    number = str(reading.phones[0]) if len(reading.phones) == 1 and not reading.faults else ""
    if not number or len(number) > _LONGEST_PHONE:
        raise ServiceError("回电号码应为一个手机号或带区号的固定电话", "phone")
    return number
