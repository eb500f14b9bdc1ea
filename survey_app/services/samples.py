"""抽样: drawing each unit's sample as it was announced, and making a case of every enterprise drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.domain.draw_file import result_digest
from survey_app.domain.text import Text
from survey_app.domain.unit_draws import Listed, Shortfall, UnitDraw, draw_units, effective_seed, shortfall_of
from survey_app.models.case import CaseUnit
from survey_app.models.draw_announcement import DrawAnnouncement
from survey_app.models.round import Round, Sample, SampleEntry
from survey_app.services import audit
from survey_app.services.asked_before import asked_lately, units_asked_about
from survey_app.services.collaborators import Keys
from survey_app.services.draw_announcements import (
    Terms,
    add_announcement,
    fact_of,
    plan,
    require_drawable,
    settings_of,
    waiting_announcement,
)
from survey_app.services.draw_libraries import Library, LibraryEntry, library_of
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.round_locks import hold_for_freezing
from survey_app.services.sampled_cases import ended_cases, ensure_cases
from survey_app.services.surveys import require_asker
from survey_app.services.waiting_cases import SATISFACTION


@dataclass(frozen=True)
class DrawnEnterprise:
    """An enterprise of a sample, and its rank in the unit's order."""

    rank: int
    key: str
    name: str


@dataclass(frozen=True)
class DrawnSample:
    """One unit's draw; `enterprises` are the sample in rank order.

    `short` says what it lacks of the size wanted, and why. `ended` counts the drawn whose case was answered or
    closed before this draw, so that they can't be asked about this unit any more.
    """

    unit: str
    frame_digest: str
    enterprises: tuple[DrawnEnterprise, ...]
    short: Shortfall
    ended: int = 0

    @property
    def size(self) -> int:
        """How many were drawn."""
        return self.short.size

    @property
    def frame_size(self) -> int:
        """How many the library holds."""
        return self.short.frame_size

    @property
    def shortfall(self) -> int:
        """How many are missing from the size wanted."""
        return self.short.wanted - self.short.size

    @property
    def drawn(self) -> tuple[tuple[str, str], ...]:
        """The keys and names of the sample in rank order."""
        return tuple((each.key, each.name) for each in self.enterprises)

    @property
    def explanation(self) -> Text:
        """Why fewer were drawn than wanted."""
        return self.short.sentence


@dataclass(frozen=True)
class DrawResult:
    """All units' draws, how many cases they made, and the units left out: without library, drawn before.

    `seed` and `size` are as announced; `announcement` is the number of what was announced, and the digests are
    those that are published.
    """

    seed: str
    size: int
    samples: tuple[DrawnSample, ...]
    new_cases: int
    without_library: tuple[str, ...]
    drawn_before: tuple[str, ...]
    announcement: int
    announcement_digest: str
    result_digest: str


def draw_samples(
    session: Session,
    keys: Keys,
    round_: Round,
    size: int,
    seed: str,
    now: datetime,
    *,
    instrument: str = SATISFACTION,
    units: Sequence[str] | None = None,
    account_id: int | None = None,
    sealed: bool = False,
    rest_quarters: int | None = None,
    units_cap: int | None = None,
) -> DrawResult:
    """Announce a draw and make it in one go, for units (None: every one that has a library and no draw yet); commits.

    The sample depends on the units' names, the keys of their libraries, the seed (without outer blanks), who was
    asked lately and the settings, and on nothing else. Every enterprise drawn gets one case in the round, whatever
    the number of units that drew it. Raises ServiceError as `draw_announcements.plan` does; nothing is stored then.
    """
    terms = Terms(size, seed, sealed, rest_quarters, units_cap)

    def make(held: Round) -> DrawResult:
        planned = plan(session, held, instrument, terms, now, account_id, units)
        announced = add_announcement(session, held, instrument, planned, now, account_id)
        chosen = planned.to_draw
        return _draw(
            session, keys, held, announced, chosen.libraries, now, account_id,
            chosen.without_library, chosen.drawn_before,
        )  # fmt: skip

    return _held(session, round_, make)


def draw_announced(
    session: Session,
    keys: Keys,
    round_: Round,
    number: int | None,
    now: datetime,
    *,
    instrument: str = SATISFACTION,
    account_id: int | None = None,
) -> DrawResult:
    """Draw what was announced under a number (None: what waits), and nothing else; commits.

    Raises ServiceError when nothing waits to be drawn, when another announcement does, or when a unit or its
    library is no longer what was announced: then it must be announced anew.
    """

    def make(held: Round) -> DrawResult:
        require_asker(session, held, instrument, account_id)
        require_drawable(held, now)
        announced = waiting_announcement(session, held.id, instrument)
        if announced is None:
            raise ServiceError("没有等着抽样的公告：请先公告抽样")
        if number is not None and announced.number != number:
            raise ConflictError(f"刚刚有人另作了第 {announced.number} 号公告：请刷新后再看")
        libraries = _as_announced(session, announced)
        return _draw(session, keys, held, announced, libraries, now, account_id, (), ())

    return _held(session, round_, make)


def _held(session: Session, round_: Round, make: Callable[[Round], DrawResult]) -> DrawResult:
    held = hold_for_freezing(session, round_)
    try:
        result = make(held)
        session.commit()
    except ServiceError:
        session.rollback()
        raise
    except IntegrityError as error:
        session.rollback()
        raise ConflictError("同时有人在抽样，这次没有保存：请刷新后再看") from error
    return result


def changed_since(session: Session, announced: DrawAnnouncement) -> list[str]:
    """Return the units that are not, or whose library is not, what was announced of them any more."""
    return [
        each.unit_name
        for each in announced.libraries
        if not each.unit.active
        or each.unit.name != each.unit_name
        or library_of(session, each.unit).digest != each.frame_digest
    ]


def _as_announced(session: Session, announced: DrawAnnouncement) -> tuple[Library, ...]:
    changed = changed_since(session, announced)
    if changed:
        raise ServiceError(
            f"{'、'.join(changed)}的样本库或单位名称在第 {announced.number} 号公告以后变了，不能照它抽样：请重新公告"
        )
    return tuple(library_of(session, each.unit) for each in announced.libraries)


def _draw(
    session: Session,
    keys: Keys,
    round_: Round,
    announced: DrawAnnouncement,
    libraries: Sequence[Library],
    now: datetime,
    account_id: int | None,
    without_library: tuple[str, ...],
    drawn_before: tuple[str, ...],
) -> DrawResult:
    settings, instrument = settings_of(announced), announced.instrument
    ended = ended_cases(session, round_.id, instrument)
    lately = asked_lately(session, round_, instrument, settings.rest_quarters)
    about = units_asked_about(session, round_.id, instrument)
    frames = {
        library.unit.name: [
            Listed(each.key, lately.get(each.enterprise_id), about.get(each.enterprise_id, 0))
            for each in library.entries
        ]
        for library in libraries
    }
    seed = effective_seed(announced.seed, announced.sealed)
    made = {each.unit: each for each in draw_units(frames, settings, seed, round_.quarter)}
    announced.drawn_at = now.replace(microsecond=0)
    announced.result_digest = result_digest(list(made.values()))
    samples, new_cases = [], 0
    for library in libraries:
        drawn = made[library.unit.name]
        by_key = {entry.key: entry for entry in library.entries}
        entry_ids = _store_sample(session, round_, library, announced, drawn, by_key, now)
        asked = [(place.rank, by_key[place.listed.key]) for place in drawn.drawn]
        cases, added = ensure_cases(
            session, keys, round_, instrument, [entry.enterprise_id for _, entry in asked], now
        )
        new_cases += added
        if asked:
            session.execute(
                insert(CaseUnit),
                [
                    {
                        "case_id": cases[entry.enterprise_id],
                        "unit_id": library.unit.id,
                        "sample_entry_id": entry_ids[entry.entry_id],
                    }
                    for _, entry in asked
                ],
            )
        samples.append(
            DrawnSample(
                library.unit.name,
                drawn.frame_digest,
                tuple(DrawnEnterprise(rank, entry.key, entry.name) for rank, entry in asked),
                shortfall_of(drawn),
                sum(cases[entry.enterprise_id] in ended for _, entry in asked),
            )
        )
    audit.record(
        session,
        now,
        account_id,
        "sample.draw",
        "round",
        round_.id,
        instrument=instrument,
        seed=announced.seed,
        size=settings.size,
        announcement=announced.number,
        units={sample.unit: sample.frame_digest for sample in samples},
        cases=new_cases,
    )
    return DrawResult(
        announced.seed,
        settings.size,
        tuple(samples),
        new_cases,
        without_library,
        drawn_before,
        announced.number,
        fact_of(round_, announced).digest,
        announced.result_digest,
    )


def _store_sample(
    session: Session,
    round_: Round,
    library: Library,
    announced: DrawAnnouncement,
    drawn: UnitDraw,
    by_key: dict[str, LibraryEntry],
    now: datetime,
) -> dict[int, int]:
    """Store a draw with every rank, and return the ids of the drawn sample entries by those of the library's."""
    sample = Sample(
        round_id=round_.id,
        unit_id=library.unit.id,
        instrument=announced.instrument,
        seed=announced.seed,
        size=len(drawn.drawn),
        frame_size=len(drawn.places),
        frame_digest=drawn.frame_digest,
        drawn_at=now,
        announcement_id=announced.id,
        wanted=drawn.wanted,
        order_digest=drawn.order_digest,
    )
    session.add(sample)
    session.flush()
    session.execute(
        insert(SampleEntry),
        [
            {
                "sample_id": sample.id,
                "rank": place.rank,
                "frame_entry_id": by_key[place.listed.key].entry_id,
                "enterprise_id": by_key[place.listed.key].enterprise_id,
                "asked": place.drawn,
                "passed_over": place.passed_over,
                "asked_in": place.listed.asked_in,
                "asked_about": place.listed.asked_about,
            }
            for place in drawn.places
        ],
    )
    stored = session.execute(
        select(SampleEntry.frame_entry_id, SampleEntry.id).where(
            SampleEntry.sample_id == sample.id, SampleEntry.asked
        )
    )
    return dict(stored.all())
