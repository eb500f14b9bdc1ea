"""抽样公告: announcing a draw, with its seed, settings and libraries, before anybody can know its result."""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.draw_announcement import AnnouncedFrame, Announcement
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_state import RoundState
from survey_app.domain.unit_draws import (
    LARGEST_CAP,
    LARGEST_SIZE,
    LONGEST_SEED,
    MOST_REST_QUARTERS,
    SEALED_LENGTH,
    DrawSettings,
    sealed_digest,
)
from survey_app.models.draw_announcement import AnnouncedLibrary, DrawAnnouncement
from survey_app.models.round import Round, Sample
from survey_app.schemes.loader import load_scheme
from survey_app.services import audit
from survey_app.services.draw_libraries import ToDraw, choose_libraries
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.round_locks import hold_for_freezing
from survey_app.services.surveys import require_asker, survey_title

ASKING = (RoundState.PREPARING, RoundState.OPEN)


@dataclass(frozen=True)
class Terms:
    """What a draw is to go by; `rest_quarters` and `units_cap` None: as the scheme says.

    `sealed`: random bits that stay secret while answers are taken have a part in it.
    """

    size: int
    seed: str
    sealed: bool
    rest_quarters: int | None = None
    units_cap: int | None = None


@dataclass(frozen=True)
class Plan:
    """What an announcement would hold."""

    seed: str
    sealed: bool
    settings: DrawSettings
    to_draw: ToDraw
    number: int


def usual_settings(round_: Round, size: int) -> DrawSettings:
    """Return the settings of a draw by a round's scheme."""
    rules = load_scheme(round_.scheme_key).draw
    return DrawSettings(size, rules.rest_quarters, rules.units_cap)


def plan(
    session: Session,
    round_: Round,
    instrument: str,
    terms: Terms,
    now: datetime,
    account_id: int | None = None,
    units: Sequence[str] | None = None,
) -> Plan:
    """Return what an announcement for these units (None: all with a library and no draw yet) would hold.

    Stores nothing. Raises ServiceError for a size, seed, setting, unit or state of the round that won't do, and
    for an account that doesn't ask with this questionnaire.
    """
    settings = _settings(round_, terms)
    seed = terms.seed.strip()
    if not 1 <= len(seed) <= LONGEST_SEED:
        raise ServiceError(f"请填写事先公布或封存的种子，1 至 {LONGEST_SEED} 个字符", "seed")
    if any(unicodedata.category(symbol) in ("Cc", "Zl", "Zp") for symbol in seed):
        # A line feed is what joins the sealed part to it.
        raise ServiceError("种子应写在一行里，不能有换行或控制字符", "seed")
    require_asker(session, round_, instrument, account_id)
    require_drawable(round_, now)
    _require_own_seed(session, round_, instrument, seed)
    last = session.scalar(
        select(func.max(DrawAnnouncement.number)).where(
            DrawAnnouncement.round_id == round_.id, DrawAnnouncement.instrument == instrument
        )
    )
    to_draw = choose_libraries(session, round_.id, instrument, units)
    return Plan(seed, terms.sealed, settings, to_draw, (last or 0) + 1)


def announce(
    session: Session,
    round_: Round,
    instrument: str,
    terms: Terms,
    now: datetime,
    account_id: int | None = None,
    units: Sequence[str] | None = None,
) -> DrawAnnouncement:
    """Announce a draw as `plan` has it; commits. An earlier announcement that was not drawn stays, unused."""
    held = hold_for_freezing(session, round_)
    try:
        made = add_announcement(
            session,
            held,
            instrument,
            plan(session, held, instrument, terms, now, account_id, units),
            now,
            account_id,
        )
        session.commit()
    except ServiceError:
        session.rollback()
        raise
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("同时有人在公告，这次没有保存：请刷新后再看") from error
    return made


def add_announcement(
    session: Session, round_: Round, instrument: str, planned: Plan, now: datetime, account_id: int | None
) -> DrawAnnouncement:
    """Add an announcement to the caller's transaction, which holds the round."""
    made = DrawAnnouncement(
        round_id=round_.id,
        instrument=instrument,
        number=planned.number,
        seed=planned.seed,
        sealed=secrets.token_hex(SEALED_LENGTH // 2) if planned.sealed else None,
        size=planned.settings.size,
        rest_quarters=planned.settings.rest_quarters,
        units_cap=planned.settings.units_cap,
        announced_at=now.replace(microsecond=0),
        announced_by_id=account_id,
        libraries=[
            AnnouncedLibrary(
                unit_id=each.unit.id,
                position=place,
                unit_name=each.unit.name,
                frame_size=len(each.entries),
                frame_digest=each.digest,
            )
            for place, each in enumerate(planned.to_draw.libraries)
        ],
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        now,
        account_id,
        "sample.announce",
        "round",
        round_.id,
        instrument=instrument,
        number=made.number,
        digest=fact_of(round_, made).digest,
    )
    return made


def announcements(session: Session, round_id: int, instrument: str) -> list[DrawAnnouncement]:
    """Return a survey's announcements in a round, by number."""
    return list(
        session.scalars(
            select(DrawAnnouncement)
            .where(DrawAnnouncement.round_id == round_id, DrawAnnouncement.instrument == instrument)
            .order_by(DrawAnnouncement.number)
        )
    )


def waiting_announcement(session: Session, round_id: int, instrument: str) -> DrawAnnouncement | None:
    """Return the announcement that a draw would go by: the newest, unless it was drawn already."""
    made = announcements(session, round_id, instrument)
    return made[-1] if made and made[-1].drawn_at is None else None


def fact_of(round_: Round, row: DrawAnnouncement) -> Announcement:
    """Return an announcement as it is published."""
    return Announcement(
        round_.quarter,
        row.instrument,
        row.number,
        county_moment(row.announced_at),
        row.seed,
        None if row.sealed is None else sealed_digest(row.sealed),
        settings_of(row),
        tuple(AnnouncedFrame(each.unit_name, each.frame_size, each.frame_digest) for each in row.libraries),
    )


def settings_of(row: DrawAnnouncement) -> DrawSettings:
    """Return the settings that were announced."""
    return DrawSettings(row.size, row.rest_quarters, row.units_cap)


def county_moment(moment: datetime) -> str:
    """Return a moment as files write it: to the second, in the county's zone."""
    return moment.astimezone(COUNTY_ZONE).isoformat(timespec="seconds")


def is_revealed(round_: Round) -> bool:
    """Whether nobody can be asked any more, so that what was sealed is public."""
    return round_.state not in ASKING


def require_drawable(round_: Round, now: datetime) -> None:
    """Refuse to draw, or to announce it, once answers are no longer taken."""
    title = parse_quarter(round_.quarter).title
    if round_.state not in ASKING:
        raise ServiceError(f"{title}已经截止，不能再抽样")
    if round_.closes_at is not None and round_.closes_at <= now:
        raise ServiceError(f"{title}的截止日期已过，抽中的企业来不及回答：请先改截止日期")


def _settings(round_: Round, terms: Terms) -> DrawSettings:
    usual = usual_settings(round_, terms.size)
    rest = usual.rest_quarters if terms.rest_quarters is None else terms.rest_quarters
    cap = usual.units_cap if terms.units_cap is None else terms.units_cap
    if not 1 <= terms.size <= LARGEST_SIZE:
        raise ServiceError(f"每个单位的抽样数应为 1 至 {LARGEST_SIZE}，不是 {terms.size}", "size")
    if not 0 <= rest <= MOST_REST_QUARTERS:
        raise ServiceError(f"间隔季度数应为 0 至 {MOST_REST_QUARTERS}，不是 {rest}", "rest_quarters")
    if not 0 <= cap <= LARGEST_CAP:
        raise ServiceError(f"一户企业最多被问的单位数应为 0 至 {LARGEST_CAP}，不是 {cap}", "units_cap")
    return DrawSettings(terms.size, rest, cap)


def _require_own_seed(session: Session, round_: Round, instrument: str, seed: str) -> None:
    """Refuse a seed that another survey of the round has: both would ask the same enterprises."""
    for model in (Sample, DrawAnnouncement):
        other = session.scalar(
            select(model.instrument)
            .where(model.round_id == round_.id, model.instrument != instrument, model.seed == seed)
            .limit(1)
        )
        if other is not None:
            title = survey_title(round_, other).zh
            raise ServiceError(
                f"本轮的“{title}”已经用这个种子抽过样或公告过，再用会抽中同样的企业：请另用一个种子", "seed"
            )
