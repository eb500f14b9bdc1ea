"""The demonstration county's call-backs: most agree, a few don't, some can't be reached and some still wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.domain.answer import UnitAnswer
from survey_app.domain.back_check import Called
from survey_app.domain.disposition import Disposition
from survey_app.domain.instrument import Dealt
from survey_app.models.response import Answer
from survey_app.services import back_checks
from survey_app.services.back_check_draws import check_interviews
from survey_app.services.interview_profiles import first_answers

_NOBODY_RANG, _OTHER_RATING, _NO_ANSWER = 0.02, 0.04, 0.15


def carry_out(
    session: Session, secret: bytes, checkers: Sequence[int], start: datetime, random: Random, share: float
) -> None:
    """Draw from what was interviewed, and do `share` of the call-backs, in turn, from `start` on."""
    waiting = check_interviews(session, secret, start)
    now = start
    for number in range(round(waiting * share)):
        checker = checkers[number % len(checkers)]
        check = back_checks.next_back_check(session, secret, checker, now)
        if check is None:
            continue
        _phones, place = back_checks.numbers_for(session, check)
        back_checks.begin_check_call(session, check.id, checker, place or 0, now)
        now += timedelta(minutes=2)
        if random.random() < _NO_ANSWER:
            back_checks.record_check_outcome(session, check.id, checker, Disposition.NO_ANSWER, "", now)
            continue
        answers = session.scalars(select(Answer).where(Answer.response_id == check.response_id)).all()
        said = first_answers(answers)
        called = Called.YES
        if random.random() < _NOBODY_RANG:
            called, said = Called.NO, {}
        elif random.random() < _OTHER_RATING:
            said = {
                unit_id: UnitAnswer(Dealt.YES, "basically_satisfied") if each.rating else each
                for unit_id, each in said.items()
            }
        back_checks.complete_check(session, check.id, checker, called, said, now)
