"""Interviewers at work in threads over virtual days, and the ledger of what they did that the database doesn't know."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.answer import UnitAnswer
from survey_app.domain.disposition import Disposition
from survey_app.domain.instrument import Dealt
from survey_app.domain.mode import Mode
from survey_app.models.case import Case, CaseUnit
from survey_app.services import interviews
from survey_app.services.calling import hours_of
from survey_app.services.case_phones import phones_of
from survey_app.services.responses import submit
from survey_app.services.waiting_cases import has_response

D = Disposition
TICK = timedelta(minutes=8)
# As many at once as two processes of four threads serve; each works for several of the interviewers.
AT_ONCE = 8
# What comes of a call, in per cent; the rest are interviews.
OUTCOMES = {
    D.NO_ANSWER: 24, D.BUSY: 6, D.PHONE_OFF: 5, D.PERSON_AWAY: 8, D.APPOINTMENT: 7, D.SOFT_REFUSAL: 4,
    D.BROKEN_OFF: 3, D.HARD_REFUSAL: 4, D.WRONG_NUMBER: 4, D.LANGUAGE: 1, D.HEARING: 1, D.DEREGISTERED: 1,
}  # fmt: skip
# A crash in a hundred steps: after the claim, after dialling, and after the conversation, before its outcome.
CRASH = 0.02
WEB_ANSWER_IN_CALL = 0.02
WEB_ANSWERS_A_TICK = 2


@dataclass
class Ledger:
    """What happened, told by those who did it; a violation is a sentence."""

    attempts: set[int] = field(default_factory=set)
    outcomes: Counter[Disposition] = field(default_factory=Counter)
    interviews: int = 0
    web_answers: int = 0
    crashes: Counter[str] = field(default_factory=Counter)
    returned: int = 0
    appointments_kept: int = 0
    violations: list[str] = field(default_factory=list)
    holders: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def granted(self, case: Case, who: int, now: datetime) -> None:
        """Somebody got a case: nobody else may be working on it within a lease."""
        with self.lock:
            other = self.holders.get(case.id)
            if other and other[0] != who and other[1] >= now:
                self.violations.append(f"case {case.id} was given to {who} while {other[0]} held it")
            if other and other[0] == who:
                self.returned += 1
            assert case.held_until is not None
            self.holders[case.id] = who, case.held_until
            self.appointments_kept += case.appointment_at is not None

    def done(self, case_id: int, who: int) -> None:
        """Somebody is about to give a case up."""
        with self.lock:
            if self.holders.get(case_id, (None,))[0] == who:
                del self.holders[case_id]


class Crashed(Exception):
    """The interviewer's browser closed, or the power went."""


@dataclass
class CallCentre:
    """The interviewers and the engine that they work with."""

    engine: Engine
    people: Sequence[int]
    seed: int
    ledger: Ledger = field(default_factory=Ledger)
    away_until: dict[int, datetime] = field(default_factory=dict)

    def work_until_all_is_done(self, now: datetime, latest: datetime) -> datetime:
        """Let everybody work, tick by tick, until no case is open; returns the moment. Fails after `latest`."""
        tick = 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while (then := self._next_moment(now)) is not None:
                now, tick = then, tick + 1
                assert now < latest, "cases are left that nobody is given"
                at_work = [who for who in self.people if self.away_until.get(who, now) <= now]
                # Nobody asks again and again while nothing is due.
                random = Random(f"{self.seed}:{tick}")
                at_work = random.sample(at_work, min(len(at_work), self._due(now) + 2))
                jobs: list[Callable[[], None]] = [
                    self._turn(who, now, Random(f"{self.seed}:{tick}:{who}")) for who in at_work
                ]
                jobs.append(self._web(now, Random(f"{self.seed}:{tick}:web")))
                for done in [pool.submit(job) for job in jobs]:
                    done.result()
                now += TICK
        return now

    def _next_moment(self, now: datetime) -> datetime | None:
        """Return when there is something to do next, within calling hours or for an appointment; None: never."""
        with Session(self.engine) as session:
            first = session.scalar(select(func.min(Case.due_at)).where(Case.closed.is_(False)))
            if first is None:
                return None
            hours = hours_of(session, "fangcheng-2022")
        return hours.next_moment(max(now, first).astimezone(COUNTY_ZONE))

    def _due(self, now: datetime) -> int:
        with Session(self.engine) as session:
            due = select(func.count()).select_from(Case).where(Case.closed.is_(False), Case.due_at <= now)
            return session.scalar(due) or 0

    def _turn(self, who: int, now: datetime, random: Random) -> Callable[[], None]:
        def turn() -> None:
            try:
                with Session(self.engine, expire_on_commit=False) as session:
                    self._one_call(session, who, now, random)
            except Crashed as crash:
                with self.ledger.lock:
                    self.ledger.crashes[str(crash)] += 1
                # Back in a few minutes, or only after the lease.
                self.away_until[who] = now + random.choice((1, 2, 5, 9)) * TICK

        return turn

    def _one_call(self, session: Session, who: int, now: datetime, random: Random) -> None:
        def may_crash(where: str) -> None:
            if random.random() < CRASH:
                raise Crashed(where)

        case = interviews.next_case(session, who, now, f"{random.random()}")
        if case is None:
            return
        self.ledger.granted(case, who, now)
        may_crash("after the claim")
        stays = True
        while stays:
            place = next(n for n, phone in enumerate(phones_of(session, case)) if not phone.is_wrong)
            if not self._dial(session, case, who, place, now):
                return
            may_crash("after dialling")
            if random.random() < WEB_ANSWER_IN_CALL:
                self._answer_by_web(case.id, now)
            stays = self._report(session, case, who, now, random, lambda: may_crash("before the outcome"))

    def _dial(self, session: Session, case: Case, who: int, place: int, now: datetime) -> bool:
        """Whether the call was begun; it isn't when the enterprise answered by itself in this very moment."""
        try:
            attempt = interviews.begin_call(session, case.id, who, place, now)
        except (interviews.ConflictError, interviews.HoldLostError):
            session.rollback()
            self.ledger.done(case.id, who)
            if not has_response(session, case.id):
                with self.ledger.lock:
                    self.ledger.violations.append(f"case {case.id} was taken away from {who}")
            return False
        with self.ledger.lock:
            self.ledger.attempts.add(attempt.id)
        return True

    def _report(
        self,
        session: Session,
        case: Case,
        who: int,
        now: datetime,
        random: Random,
        may_crash: Callable[[], None],
    ) -> bool:
        """Report what came of the call; whether the case's next number is to be called."""
        drawn = random.uniform(0, 100)
        outcome = None
        for each, weight in OUTCOMES.items():
            drawn -= weight
            if drawn < 0:
                outcome = each
                break
        later = now + timedelta(minutes=2)
        may_crash()
        if outcome is None:
            answers = answers_of(session, case.id, Dealt.NO if random.random() < 0.05 else Dealt.YES)
            self.ledger.done(case.id, who)
            receipt = interviews.complete_interview(session, case.id, who, answers, "2022-1", later)
            with self.ledger.lock:
                self.ledger.interviews += receipt.is_first
            return False
        appointment = now + timedelta(hours=random.randint(1, 50)) if outcome is D.APPOINTMENT else None
        if outcome is not D.WRONG_NUMBER:
            self.ledger.done(case.id, who)
        result = interviews.record_outcome(session, case.id, who, outcome, "说明", appointment, later)
        if not result.stay_on_case:
            self.ledger.done(case.id, who)
        with self.ledger.lock:
            self.ledger.outcomes[outcome] += 1
        return result.stay_on_case

    def _web(self, now: datetime, random: Random) -> Callable[[], None]:
        """A few enterprises answer by their links, whoever may be calling them."""

        def answer() -> None:
            with Session(self.engine) as session:
                open_cases = session.scalars(select(Case.id).where(Case.closed.is_(False)).limit(200)).all()
                session.rollback()
            for case_id in random.sample(open_cases, min(WEB_ANSWERS_A_TICK, len(open_cases))):
                self._answer_by_web(case_id, now)

        return answer

    def _answer_by_web(self, case_id: int, now: datetime) -> None:
        with Session(self.engine) as session:
            receipt = submit(
                session, case_id, Mode.QR, answers_of(session, case_id, Dealt.YES, "w"), now, now, "2022-1"
            )
        with self.ledger.lock:
            self.ledger.web_answers += receipt.is_first


def answers_of(session: Session, case_id: int, dealt: Dealt, remark: str = "") -> dict[int, UnitAnswer]:
    """An answer about each of the case's units."""
    details = {"comment": remark} if remark else {}
    rating = "satisfied" if dealt is Dealt.YES else None
    return {
        unit: UnitAnswer(dealt, rating, details if rating else {})
        for unit in session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case_id))
    }
