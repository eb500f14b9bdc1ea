"""Taking note of what telephone interviews look like: their measures, and what is implausible about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, joinedload, selectinload

from survey_app.domain.answer import UnitAnswer
from survey_app.domain.instrument import Dealt
from survey_app.domain.interview_flags import Flag, burst_sizes, characters_read, least_seconds
from survey_app.domain.mode import Mode
from survey_app.domain.quality_rules import QualityRules
from survey_app.domain.remarks import remarks_in
from survey_app.domain.similarity import alike, normalised
from survey_app.models.case import Case
from survey_app.models.interview_check import InterviewFlag, InterviewProfile
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.quality import load_quality_rules
from survey_app.schemes.scripts import load_script

# So many are looked at in one transaction; the rest is taken with the next.
AT_ONCE = 500


@dataclass(frozen=True)
class Interviewed:
    """Whose interviews of which survey: what is compared and drawn from is compared and drawn within it."""

    round_id: int
    instrument: str
    interviewer_id: int


def note_interviews(session: Session) -> int:
    """Note the measures of the telephone interviews that have none yet, and their flags; flushes.

    Returns how many there were. A flag may also fall on an earlier interview that a new one resembles.
    """
    responses = session.scalars(
        select(Response)
        .outerjoin(InterviewProfile, InterviewProfile.response_id == Response.id)
        .where(
            Response.mode == Mode.PHONE,
            Response.interviewer_id.is_not(None),
            InterviewProfile.response_id.is_(None),
        )
        .options(
            joinedload(Response.case).joinedload(Case.round),
            selectinload(Response.answers).joinedload(Answer.unit),
        )
        .order_by(Response.id)
        .limit(AT_ONCE)
    ).all()
    new: dict[Interviewed, list[InterviewProfile]] = {}
    rules: dict[Interviewed, QualityRules] = {}
    for response in responses:
        profile = _profile(response)
        who = Interviewed(profile.round_id, profile.instrument, profile.interviewer_id)
        new.setdefault(who, []).append(profile)
        rules[who] = load_quality_rules(response.case.round.scheme_key)
        session.add(profile)
    session.flush()
    for who, profiles in new.items():
        _flag(session, who, profiles, rules[who])
    return len(responses)


def first_answers(answers: Sequence[Answer]) -> dict[int, UnitAnswer]:
    """Return what a response said when it was taken down, by unit id, whatever was decided about it later."""
    return {
        each.unit_id: UnitAnswer(Dealt(each.dealt), each.rating, each.details)
        for each in answers
        if each.version == 1
    }


def _profile(response: Response) -> InterviewProfile:
    round_: Round = response.case.round
    instrument = load_instrument(round_.scheme_key, response.case.instrument)
    answers = first_answers(response.answers)
    names: Mapping[int, str] = {each.unit_id: each.unit.name for each in response.answers}
    opening = load_script(round_.scheme_key, instrument.key).opening.zh.format(
        interviewer="0000", units="、".join(names.values()), quarter=round_.quarter
    )
    characters = characters_read(opening, instrument, {names[key]: each for key, each in answers.items()})
    remarks = [text for each in answers.values() for text in remarks_in(instrument, each.details)]
    return InterviewProfile(
        response_id=response.id,
        round_id=round_.id,
        instrument=instrument.key,
        interviewer_id=response.interviewer_id,
        received_at=response.received_at,
        seconds=max(0, int((response.received_at - response.opened_at).total_seconds())),
        characters=characters,
        least_seconds=least_seconds(characters, load_quality_rules(round_.scheme_key).fastest_speech),
        remark=normalised("".join(remarks)),
    )


def _flag(session: Session, who: Interviewed, new: Sequence[InterviewProfile], rules: QualityRules) -> None:
    """Flag an interviewer's new interviews, and those that they make remarkable."""
    rows = session.execute(
        select(InterviewProfile.response_id, InterviewProfile.received_at, InterviewProfile.remark)
        .where(
            InterviewProfile.round_id == who.round_id,
            InterviewProfile.instrument == who.instrument,
            InterviewProfile.interviewer_id == who.interviewer_id,
        )
        .order_by(InterviewProfile.received_at, InterviewProfile.response_id)
    ).all()
    found: dict[tuple[int, Flag], tuple[int, int, int | None]] = {}
    for each in new:
        if each.seconds < each.least_seconds:
            found[each.response_id, Flag.TOO_SHORT] = (each.seconds, each.least_seconds, None)
    threshold = int(rules.remark_alike * 100)
    remarks = [(row.response_id, row.remark) for row in rows if row.remark]
    for pair in alike(remarks, [each.response_id for each in new], rules.remark_least, rules.remark_alike):
        per_cent = int(pair.likeness * 100)
        for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
            if per_cent > found.get((one, Flag.SAME_REMARK), (0,))[0]:
                found[one, Flag.SAME_REMARK] = (per_cent, threshold, other)
    sizes = burst_sizes([row.received_at for row in rows], rules.burst_count, rules.burst_within)
    for row, size in zip(rows, sizes, strict=True):
        if size:
            found[row.response_id, Flag.BURST] = (size, rules.burst_count, None)
    known = {
        (row.response_id, row.flag)
        for row in session.execute(
            select(InterviewFlag.response_id, InterviewFlag.flag).where(
                InterviewFlag.round_id == who.round_id,
                InterviewFlag.instrument == who.instrument,
                InterviewFlag.interviewer_id == who.interviewer_id,
            )
        )
    }
    added = [
        {
            "response_id": response_id,
            "round_id": who.round_id,
            "instrument": who.instrument,
            "interviewer_id": who.interviewer_id,
            "flag": flag,
            "number": number,
            "threshold": least,
            "other_response_id": other,
        }
        for (response_id, flag), (number, least, other) in found.items()
        if (response_id, flag) not in known
    ]
    if added:
        session.execute(insert(InterviewFlag), added)
