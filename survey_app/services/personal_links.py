"""个人链接 and 回访码: making them so that only hashes are stored, showing them again, replacing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.access_code import code_hash, derive_code, derive_token, token_hash
from survey_app.models.case import Case, ReplacedLink
from survey_app.services import audit
from survey_app.services.collaborators import Collaborators, Keys
from survey_app.services.errors import ConflictError, NotFoundError
from survey_app.services.round_locks import hold_for_entry
from survey_app.services.surveys import require_asker

_CHUNK = 1000


@dataclass(frozen=True)
class LinkHashes:
    """What is stored of a case's link and code."""

    version: int
    token_hash: str
    code_hash: str


def make_links(session: Session, keys: Keys, versions: Mapping[str, int]) -> dict[str, LinkHashes]:
    """Return the hashes for each public id, from the version given on.

    Where a code's 40 bits meet a code that another case has, the version goes up until they don't.
    """
    made: dict[str, LinkHashes] = {}
    used: set[str] = set()
    wanted = dict(versions)
    while wanted:
        codes = {
            public_id: code_hash(keys.links, derive_code(keys.links, public_id, version))
            for public_id, version in wanted.items()
        }
        stored = _stored_codes(session, list(codes.values()))
        again: dict[str, int] = {}
        for public_id, version in wanted.items():
            code = codes[public_id]
            if code in used or code in stored:
                again[public_id] = version + 1
                continue
            used.add(code)
            token = token_hash(derive_token(keys.links, public_id, version))
            made[public_id] = LinkHashes(version, token, code)
        wanted = again
    return made


def personal_link(collaborators: Collaborators, case: Case) -> tuple[str, str]:
    """Return a case's address, for a QR code or a label, and its code of eight characters.

    Raises SettingsError when PUBLIC_BASE_URL isn't set.
    """
    key = collaborators.keys.links
    token = derive_token(key, case.public_id, case.link_version)
    address = collaborators.settings.link(f"/s/{token}")
    return address, derive_code(key, case.public_id, case.link_version)


def redraw_link(
    session: Session, keys: Keys, case: Case, now: datetime, account_id: int | None = None
) -> Case:
    """End a case's link and code, and give it new ones; commits.

    What is answered already stays. Raises ServiceError when the round's scores are frozen, or the account
    doesn't ask this case.
    """
    held_round = hold_for_entry(session, case.round)
    require_asker(session, held_round, case.instrument, account_id)
    held = session.get(Case, case.id, with_for_update=True, populate_existing=True)
    if held is None:
        raise NotFoundError("没有这一户")
    link = make_links(session, keys, {held.public_id: held.link_version + 1})[held.public_id]
    session.add(
        ReplacedLink(token_hash=held.token_hash, code_hash=held.code_hash, case_id=held.id, replaced_at=now)
    )
    held.link_version, held.token_hash, held.code_hash = link.version, link.token_hash, link.code_hash
    audit.record(session, now, account_id, "case.redraw_link", "case", held.id, version=link.version)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("链接没有换成，原链接仍然有效：请再试一次") from error
    return held


def _stored_codes(session: Session, codes: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(codes), _CHUNK):
        chunk = codes[start : start + _CHUNK]
        found |= set(session.scalars(select(Case.code_hash).where(Case.code_hash.in_(chunk))))
    return found
