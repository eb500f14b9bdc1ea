"""回执查询: telling anybody whether a receipt is among those that a round's sealed result counts, and the list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.dossier_facts import AnswerState
from survey_app.domain.receipt import normalise_receipt
from survey_app.models.case import Case
from survey_app.models.response import Response
from survey_app.models.result_version import ResultVersion
from survey_app.models.round import Round
from survey_app.schemes.loader import load_scheme
from survey_app.services import throttle
from survey_app.services.errors import NotFoundError, ServiceError
from survey_app.services.publishing import is_sealed
from survey_app.services.respondent_cases import MalformedCodeError, TooManyTriesError, UnknownCodeError
from survey_app.services.throttle import RECEIPT_BY_ADDRESS, RECEIPT_OVER_ALL
from survey_app.services.versions import published_version, standing_version, versions_of

_ALL = "all"
# Units of which a list must hold answers before it is shown: with one alone, its length is the number of answers
# about that unit, which the unit may not know.
_FEWEST_UNITS = 2
_KEPT_VERSIONS = 12


class ReceiptState(StrEnum):
    """What can be told of a receipt."""

    NOT_YET = "not_yet"  # received; its round isn't final
    COUNTED = "counted"
    NOT_COUNTED = "not_counted"
    NO_LIST = "no_list"  # its round was made final before lists of receipts were sealed


@dataclass(frozen=True)
class ReceiptList:
    """A survey's list as a version seals it; `is_open`: it may be shown to everybody once it is published."""

    instrument: str
    as_of: int
    digest: str
    codes: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True)
class SealedLists:
    """The lists of a version by survey, and the round's printed digest, which covers them."""

    quarter: str
    scheme_key: str
    version: int
    digest: str
    lists: tuple[ReceiptList, ...]

    def of(self, instrument: str) -> ReceiptList | None:
        """Return a survey's list, None where the version has none."""
        return next((each for each in self.lists if each.instrument == instrument), None)


@dataclass(frozen=True)
class LookedUp:
    """A receipt and what can be told of it; nothing tells which units it was about, or what it said."""

    code: str
    state: ReceiptState
    quarter: str
    scheme_key: str
    instrument: str
    sealed: SealedLists | None = None
    published: bool = False


# A version never changes; reading and checking a large one for each question would stop everybody.
_kept: dict[tuple[int, str], SealedLists] = {}


def look_up(session: Session, throttle_key: bytes, typed: str, address: str, now: datetime) -> LookedUp:
    """Return what can be told of a typed receipt; commits what it notes of a wrong one.

    Raises MalformedCodeError, UnknownCodeError or TooManyTriesError, and ServiceError where a sealed list is
    not what its digest was made of.
    """
    for limit, who in ((RECEIPT_BY_ADDRESS, address), (RECEIPT_OVER_ALL, _ALL)):
        wait = throttle.closed_for(session, throttle_key, limit, who, now)
        if wait is not None:
            raise TooManyTriesError(wait, over_all=limit is RECEIPT_OVER_ALL)
    code = normalise_receipt(typed)
    if code is None:
        raise MalformedCodeError("回执号是 9 位字母和数字，请对照回执再输一次")
    row = session.execute(
        select(Round, Case.instrument)
        .join(Case, Case.round_id == Round.id)
        .join(Response, Response.case_id == Case.id)
        .where(Response.receipt_code == code)
    ).one_or_none()
    if row is None:
        throttle.note_failure(session, throttle_key, RECEIPT_BY_ADDRESS, address, now)
        throttle.note_failure(session, throttle_key, RECEIPT_OVER_ALL, _ALL, now)
        session.commit()
        raise UnknownCodeError("没有这个回执号，请对照回执再输一次")
    round_, instrument = row
    return _state(session, round_, instrument, code)


def published_lists_of(session: Session, quarter: str) -> SealedLists:
    """Return the lists of a published round; raise NotFoundError where there are none."""
    round_ = session.scalar(select(Round).where(Round.quarter == quarter))
    version = published_version(session, round_) if round_ else None
    found = _lists(session, round_, version) if round_ and version else None
    if found is None or not found.lists:
        raise NotFoundError("这一轮没有公布的回执号名单")
    return found


def _state(session: Session, round_: Round, instrument: str, code: str) -> LookedUp:
    about = (round_.quarter, round_.scheme_key, instrument)
    if not versions_of(session, round_):
        return LookedUp(code, ReceiptState.NOT_YET, *about)
    version = standing_version(session, round_)
    sealed = _lists(session, round_, version)
    listed = sealed.of(instrument)
    if listed is None:
        return LookedUp(code, ReceiptState.NO_LIST, *about)
    state = ReceiptState.COUNTED if code in listed.codes else ReceiptState.NOT_COUNTED
    return LookedUp(code, state, *about, sealed, version.published_at is not None)


def _lists(session: Session, round_: Round, version: ResultVersion) -> SealedLists:
    key = (version.id, version.digest)
    kept = _kept.get(key)
    if kept is None:
        kept = _read(session, round_, version)
        if len(_kept) >= _KEPT_VERSIONS:
            _kept.clear()
        _kept[key] = kept
    return kept


def _read(session: Session, round_: Round, version: ResultVersion) -> SealedLists:
    if not is_sealed(version):
        raise ServiceError("封存的资料与校验码不符，现在不能查询：请致电告知我们")
    dossier, smallest = version.dossier, load_scheme(round_.scheme_key).smallest_cell
    lists = []
    for row in dossier.get("receipts", ()):
        rated = {
            answer["unit"]
            for answer in dossier["answers"]
            if answer["instrument"] == row["instrument"] and answer["state"] == AnswerState.COUNTED
        }
        is_open = len(row["codes"]) >= smallest and len(rated) >= _FEWEST_UNITS
        lists.append(
            ReceiptList(row["instrument"], row["as_of"], row["digest"], tuple(row["codes"]), is_open)
        )
    return SealedLists(round_.quarter, round_.scheme_key, version.version, version.digest, tuple(lists))
