"""抽样文件: a survey's draws of a round with their libraries, from the rows that were stored when they were made."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain import draw_file
from survey_app.domain.quarter import parse_quarter
from survey_app.domain.unit_draws import (
    Listed,
    PassedOver,
    Place,
    UnitDraw,
    drawing_order,
    effective_seed,
)
from survey_app.models.draw_announcement import AnnouncedLibrary, DrawAnnouncement
from survey_app.models.enterprise import Enterprise
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.services import audit
from survey_app.services.draw_announcements import announcements, county_moment, fact_of
from survey_app.services.errors import ServiceError
from survey_app.services.surveys import require_asker


def export_draws(
    session: Session, round_: Round, instrument: str, now: datetime, account_id: int | None = None
) -> dict[str, object]:
    """Return the file from which anybody replays a survey's draws, and record who took it; commits.

    It names every enterprise of the libraries by its key, says who was drawn, and holds the sealed part. Raises
    ServiceError for an account that doesn't ask with this questionnaire, and where no announced draw was made.
    """
    require_asker(session, round_, instrument, account_id)
    made = [
        draw_file.MadeDraw(
            fact_of(round_, each), each.sealed, county_moment(each.drawn_at), _units(session, each)
        )
        for each in announcements(session, round_.id, instrument)
        if each.drawn_at is not None
    ]
    if not made:
        raise ServiceError(f"{parse_quarter(round_.quarter).title}还没有照公告抽过样，没有可以导出的抽样文件")
    content = draw_file.assemble(made)
    audit.record(
        session,
        now,
        account_id,
        "sample.export_frame",
        "round",
        round_.id,
        instrument=instrument,
        digest=content["digest"],
    )
    session.commit()
    return content


def _units(session: Session, announced: DrawAnnouncement) -> tuple[UnitDraw, ...]:
    """The draws of an announcement as they were made, in the order in which they were."""
    samples = {
        name: sample
        for sample, name in session.execute(
            select(Sample, AnnouncedLibrary.unit_name)
            .join(
                AnnouncedLibrary,
                (AnnouncedLibrary.announcement_id == Sample.announcement_id)
                & (AnnouncedLibrary.unit_id == Sample.unit_id),
            )
            .where(Sample.announcement_id == announced.id)
        )
    }
    places: dict[int, list[Place]] = {sample.id: [] for sample in samples.values()}
    rows = session.execute(
        select(SampleEntry, Enterprise.key)
        .join(Enterprise, Enterprise.id == SampleEntry.enterprise_id)
        .where(SampleEntry.sample_id.in_(places))
        .order_by(SampleEntry.sample_id, SampleEntry.rank)
    )
    for entry, key in rows:
        by_the_draw = entry.passed_over in (PassedOver.REST, PassedOver.CAP)
        places[entry.sample_id].append(
            Place(
                entry.rank,
                Listed(key, entry.asked_in, entry.asked_about),
                # Who stepped in later was a reserve when the draw was made.
                entry.asked and entry.replaces_rank is None,
                entry.passed_over if by_the_draw else None,
            )
        )
    order = drawing_order(samples, effective_seed(announced.seed, announced.sealed))
    return tuple(
        UnitDraw(name, announced.size, samples[name].frame_digest, tuple(places[samples[name].id]))
        for name in order
    )
