"""What call-backs found: each beside what the interview had taken down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from survey_app.domain.agreement import Compared, compare
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.back_check import BackCheckReason, BackCheckState, Called
from survey_app.domain.instrument import Dealt
from survey_app.models.account import Account
from survey_app.models.back_check import BackCheck
from survey_app.models.response import Answer
from survey_app.models.round import Round
from survey_app.models.unit import Unit


@dataclass(frozen=True)
class CheckResult:
    """One call-back and what it compares; `units` names the units that the interview was about, by id."""

    id: int
    response_id: int
    number: int
    interviewer_id: int
    interviewer: str
    reason: BackCheckReason
    in_sample: bool
    state: BackCheckState
    called: Called | None
    checker: str | None
    ended_at: datetime | None
    compared: tuple[Compared, ...]
    units: Mapping[int, str]

    @property
    def differing(self) -> tuple[Compared, ...]:
        """What the two say differently."""
        return tuple(each for each in self.compared if not each.agrees)


def check_results(
    session: Session, round_: Round, instrument: str, response_id: int | None = None
) -> Sequence[CheckResult]:
    """Return the call-backs of a survey, or of one interview, newest first, with what each compares."""
    checker, interviewer = aliased(Account), aliased(Account)
    about = [BackCheck.round_id == round_.id, BackCheck.instrument == instrument]
    if response_id is not None:
        about.append(BackCheck.response_id == response_id)
    rows = session.execute(
        select(BackCheck, interviewer.display_name, checker.display_name)
        .join(interviewer, interviewer.id == BackCheck.interviewer_id)
        .outerjoin(checker, checker.id == BackCheck.checker_id)
        .where(*about)
        .order_by(BackCheck.id.desc())
    ).all()
    first: dict[int, dict[int, UnitAnswer]] = {}
    units: dict[int, dict[int, str]] = {}
    for answered, unit_id, unit, dealt, rating in session.execute(
        select(Answer.response_id, Answer.unit_id, Unit.name, Answer.dealt, Answer.rating)
        .join(BackCheck, BackCheck.response_id == Answer.response_id)
        .join(Unit, Unit.id == Answer.unit_id)
        .where(*about, Answer.version == 1, BackCheck.state == BackCheckState.DONE)
        .order_by(Unit.position)
    ):
        first.setdefault(answered, {})[unit_id] = UnitAnswer(Dealt(dealt), rating)
        units.setdefault(answered, {})[unit_id] = unit
    return [
        CheckResult(
            id=check.id,
            response_id=check.response_id,
            number=check.number,
            interviewer_id=check.interviewer_id,
            interviewer=interviewed,
            reason=check.reason,
            in_sample=check.in_sample,
            state=check.state,
            called=check.called,
            checker=checked,
            ended_at=check.ended_at,
            compared=_compared(check.called, first.get(check.response_id, {}), check.answers),
            units=units.get(check.response_id, {}),
        )
        for check, interviewed, checked in rows
    ]


def _compared(
    called: Called | None, first: Mapping[int, UnitAnswer], answers: Mapping[str, Any] | None
) -> tuple[Compared, ...]:
    if called is None:
        return ()
    second = {
        int(unit_id): UnitAnswer(Dealt(said["dealt"]), said["rating"])
        for unit_id, said in (answers or {}).items()
    }
    return tuple(compare(called, first, second))
