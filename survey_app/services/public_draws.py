"""抽样公示: what anybody may see of a round's draws, before and after; nothing in it tells of an enterprise."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.instrument_owner import surveys_of
from survey_app.domain.roles import Role
from survey_app.domain.text import Name
from survey_app.domain.unit_draws import DrawSettings, PassedOver, Shortfall
from survey_app.models.draw_announcement import DrawAnnouncement
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import load_scheme
from survey_app.services.draw_announcements import announcements, fact_of, is_revealed, settings_of
from survey_app.services.errors import NotFoundError
from survey_app.services.round_locks import round_of
from survey_app.services.surveys import survey_title

# Two units of twelve and thirteen have more than 2**60 orders together.
_FEW_ENTRIES = 25


@dataclass(frozen=True)
class PublicUnit:
    """A unit's library as announced and, once drawn, what its sample lacks; the order's digest, once it may be seen.

    What is drawn follows from the announcement, its sealed digest included, so that the digest binds nobody more.
    """

    unit: str
    frame_size: int
    frame_digest: str
    order_digest: str | None
    short: Shortfall | None


@dataclass(frozen=True)
class PublicDraw:
    """An announcement and the draw that followed; `replaced`: another announcement took its place undrawn.

    `terms` is None where all but the announcement's existence is held back; `sealed` is None until it is revealed.
    """

    number: int
    announced_at: datetime
    digest: str | None
    sealed_digest: str | None
    sealed: str | None
    seed: str | None
    terms: DrawSettings | None
    replaced: bool
    drawn_at: datetime | None
    result_digest: str | None
    units: tuple[PublicUnit, ...]


@dataclass(frozen=True)
class PublicSurvey:
    """A survey of a round: its draws, how many reserves stepped in and, once all is revealed, for what reasons."""

    title: Name
    asker: Name
    held_back: bool
    draws: tuple[PublicDraw, ...]
    reserves: int
    reasons: tuple[tuple[str, int], ...]


def announced_rounds(session: Session) -> list[Round]:
    """Return the rounds of which a draw was announced, the newest first."""
    announced = select(DrawAnnouncement.round_id).distinct()
    return list(session.scalars(select(Round).where(Round.id.in_(announced)).order_by(Round.quarter.desc())))


def public_round(session: Session, quarter: str) -> Round:
    """Return a round of which a draw was announced; raise NotFoundError for any other."""
    round_ = round_of(session, quarter)
    if round_.id not in {each.id for each in announced_rounds(session)}:
        raise NotFoundError(f"{quarter} 还没有抽样公告")
    return round_


def public_surveys(session: Session, round_: Round) -> list[PublicSurvey]:
    """Return what is public of a round's draws, survey by survey.

    While answers are taken, of the commission's no more than that it has announced, and the digests of what it
    sealed: its seed and settings stay with it (its units would otherwise know when and how many it asks).
    """
    revealed = is_revealed(round_)
    found = []
    for instrument, owner in surveys_of(load_scheme(round_.scheme_key)):
        held_back = owner is not Role.OFFICE and not revealed
        rows = announcements(session, round_.id, instrument)
        draws = tuple(
            _held_back(round_, row)
            if held_back
            else _draw(session, round_, row, revealed, row is not rows[-1] and row.drawn_at is None)
            for row in rows
        )
        reserves = {} if held_back else _reserves(session, round_, instrument)
        found.append(
            PublicSurvey(
                survey_title(round_, instrument),
                load_instrument(round_.scheme_key, instrument).asker,
                held_back,
                draws,
                sum(reserves.values()),
                tuple(sorted(reserves.items())) if revealed else (),
            )
        )
    return found


def _held_back(round_: Round, row: DrawAnnouncement) -> PublicDraw:
    fact = fact_of(round_, row)
    # Without a sealed part the digest would be of little more than a seed that can be guessed.
    digest = fact.digest if fact.sealed_digest else None
    return PublicDraw(
        row.number, row.announced_at, digest, fact.sealed_digest, None, None, None, False, None, None, ()
    )


def _draw(
    session: Session, round_: Round, row: DrawAnnouncement, revealed: bool, replaced: bool
) -> PublicDraw:
    samples = {
        sample.unit_id: sample
        for sample in session.scalars(select(Sample).where(Sample.announcement_id == row.id))
    }
    passed = {
        (sample_id, reason): count
        for sample_id, reason, count in session.execute(
            select(SampleEntry.sample_id, SampleEntry.passed_over, func.count())
            .join(Sample, Sample.id == SampleEntry.sample_id)
            .where(
                Sample.announcement_id == row.id,
                SampleEntry.passed_over.in_((PassedOver.REST, PassedOver.CAP)),
            )
            .group_by(SampleEntry.sample_id, SampleEntry.passed_over)
        )
    }
    units = []
    # A unit that knows its own library of ten or twelve could try all their orders against a digest.
    open_orders = revealed or row.sealed is None
    for each in row.libraries:
        sample = samples.get(each.unit_id)
        units.append(
            PublicUnit(
                each.unit_name,
                each.frame_size,
                each.frame_digest,
                sample.order_digest if sample and open_orders else None,
                Shortfall(
                    row.size,
                    sample.size,
                    sample.frame_size,
                    passed.get((sample.id, PassedOver.REST), 0),
                    passed.get((sample.id, PassedOver.CAP), 0),
                )
                if sample
                else None,
            )
        )
    fact = fact_of(round_, row)
    return PublicDraw(
        row.number,
        row.announced_at,
        fact.digest,
        fact.sealed_digest,
        row.sealed if revealed else None,
        row.seed,
        settings_of(row),
        replaced,
        row.drawn_at,
        row.result_digest if open_orders or _are_too_many_to_try(row) else None,
        tuple(units),
    )


def _are_too_many_to_try(row: DrawAnnouncement) -> bool:
    """Whether the orders that a draw can give are too many for anybody who knows all its libraries."""
    return sum(each.frame_size for each in row.libraries) > _FEW_ENTRIES


def _reserves(session: Session, round_: Round, instrument: str) -> dict[str, int]:
    """How many reserves stepped in, by the reason: of all units together, since a unit could tell its own apart."""
    rows = session.execute(
        select(SampleEntry.called_in_reason, func.count())
        .join(Sample, Sample.id == SampleEntry.sample_id)
        .where(
            Sample.round_id == round_.id,
            Sample.instrument == instrument,
            Sample.announcement_id.is_not(None),
            SampleEntry.replaces_rank.is_not(None),
        )
        .group_by(SampleEntry.called_in_reason)
    )
    return dict(rows.all())
