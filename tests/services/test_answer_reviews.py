"""An answer that proved false: voided or replaced by two persons, and in the record for ever."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.answer_review import ReviewKind
from survey_app.domain.approval import Approval
from survey_app.domain.mode import Mode
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.domain.tally import Tally
from survey_app.models.answer_review import AnswerReview
from survey_app.models.case import Case
from survey_app.models.response import Answer, LaterSubmission
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.answer_reviews import ask_review, decide_review, reviews
from survey_app.services.answers import anonymous_answers, answer_trail
from survey_app.services.errors import ConflictError, NotFoundError, ServiceError
from survey_app.services.tallies import fieldwork, live_tally
from tests.builders import build_account, build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.score_builders import build_answers

WHY = "回访时企业说没有作过这样的评价"


class Scene:
    """A unit with a false 不满意 among three answers, and a later submission of the same enterprise."""

    def __init__(self, session: Session, clock: FakeClock, instrument: str = "satisfaction") -> None:
        self.session, self.now = session, clock.now
        self.round: Round = build_round(session)
        self.unit: Unit = build_unit(session)
        self.one, self.other = (build_account(session, Role.OFFICE).id for _ in range(2))
        case: Case | None = None
        for rating in ("satisfied", "satisfied", "dissatisfied"):
            case = build_case(session, self.round, [self.unit], instrument=instrument)
            response = build_answers(session, case, {self.unit.id: rating}, clock.now)
        assert case is not None
        self.answer: int = response.answers[0].id
        said = {"dealt": "yes", "rating": "basically_satisfied", "details": {"reasons": ["slow"]}}
        later = LaterSubmission(
            case_id=case.id, mode=Mode.PHONE, received_at=clock.now, content_digest="1" * 64,
            content={str(self.unit.id): said},
        )  # fmt: skip
        session.add(later)
        session.commit()
        self.later: int = later.id
        self.instrument = instrument

    def ask(self, kind: ReviewKind = ReviewKind.VOID, reason: str = WHY, **more: object) -> AnswerReview:
        values = {"account_id": self.one, "later_submission_id": None, **more}
        return ask_review(self.session, self.round, self.answer, kind, reason, now=self.now, **values)  # type: ignore[arg-type]

    def decide(self, review: AnswerReview, decision: Approval = Approval.APPROVED, **more: object) -> None:
        values = {"account_id": self.other, "reason": "", **more}
        decide_review(self.session, self.round, review.id, decision, now=self.now, **values)  # type: ignore[arg-type]

    @property
    def tally(self) -> Tally:
        return live_tally(self.session, self.round.id, self.instrument)[self.unit.id]


@pytest.fixture
def scene(session: Session, clock: FakeClock) -> Scene:
    return Scene(session, clock)


def test_voided_answer_counts_nowhere_and_stays(scene: Scene, session: Session) -> None:
    review = scene.ask()
    assert scene.tally == Tally({"satisfied": 2, "dissatisfied": 1}), "one person alone changes nothing"
    scene.decide(review)
    assert scene.tally == Tally({"satisfied": 2})
    assert fieldwork(session, scene.round.id, "satisfaction")[scene.unit.id].answered == 2
    answers = anonymous_answers(session, scene.round, scene.unit.id, "satisfaction")
    assert [(each.rating, each.counted) for each in answers] == [
        ("satisfied", True), ("satisfied", True), ("dissatisfied", False),
    ]  # fmt: skip
    (kept,) = answers[-1].reviews
    assert (kept.reason, kept.entered_by_id, kept.decided_by_id) == (WHY, scene.one, scene.other)
    with pytest.raises(ConflictError, match="已经不计入得分"):
        scene.ask()


def test_later_submission_stands_in_its_place(scene: Scene, session: Session) -> None:
    (later,) = answer_trail(session, scene.round, scene.answer).later
    assert (later.id, later.rating) == (scene.later, "basically_satisfied")
    scene.decide(scene.ask(ReviewKind.REPLACE, later_submission_id=scene.later))
    assert scene.tally == Tally({"satisfied": 2, "basically_satisfied": 1})
    found = fieldwork(session, scene.round.id, "satisfaction")[scene.unit.id]
    assert (found.answered, found.modes) == (3, {Mode.QR: 2, Mode.PHONE: 1})
    assert session.query(Answer).count() == 4
    replaced = anonymous_answers(session, scene.round, scene.unit.id, "satisfaction")[0]
    assert (replaced.version, replaced.mode, replaced.details) == (2, Mode.PHONE, {"reasons": ["slow"]})


def test_a_returned_request_changes_nothing(scene: Scene) -> None:
    review = scene.ask()
    with pytest.raises(ServiceError, match="退回须写明理由"):
        scene.decide(review, Approval.RETURNED)
    scene.decide(review, Approval.RETURNED, reason="请再回访一次")
    assert scene.tally.n == 3
    again = scene.ask(reason="再次回访，企业仍这样说")
    scene.decide(again)
    assert scene.tally.n == 2
    assert len(reviews(scene.session, scene.round.id)) == 2


def test_what_is_refused(scene: Scene, session: Session) -> None:
    with pytest.raises(ServiceError, match="请填写理由"):
        scene.ask(reason="  ")
    with pytest.raises(ServiceError, match="后到的、对本单位有评价的答复"):
        scene.ask(ReviewKind.REPLACE, later_submission_id=scene.later + 1)
    for role in set(Role) - {Role.OFFICE}:
        with pytest.raises(ServiceError, match="不由您的账号复核"):
            scene.ask(account_id=build_account(session, role).id)
    review = scene.ask()
    with pytest.raises(ConflictError, match="另一人审核"):
        scene.decide(review, account_id=scene.one)
    with pytest.raises(ConflictError, match="已有待复核的申请"):
        scene.ask(account_id=scene.other)
    scene.decide(review)
    with pytest.raises(ConflictError, match="已经审核过"):
        scene.decide(review)
    with pytest.raises(NotFoundError):
        decide_review(session, build_round(session, "2022-Q1"), review.id, Approval.APPROVED, "", scene.other, scene.now)  # fmt: skip


def test_frozen_round_is_left_alone(scene: Scene, session: Session) -> None:
    review = scene.ask()
    scene.round.state = RoundState.FINALISED
    session.commit()
    with pytest.raises(ServiceError, match="已核定"):
        scene.decide(review)
    session.rollback()
    assert scene.tally.n == 3


def test_answers_of_the_appraisal_are_the_commissions(session: Session, clock: FakeClock) -> None:
    scene = Scene(session, clock, "mass_appraisal")
    with pytest.raises(ServiceError, match="不由您的账号复核"):
        scene.ask()
    session.rollback()
    one, other = (build_account(session, Role.COMMISSION).id for _ in range(2))
    session.commit()
    scene.decide(scene.ask(account_id=one), account_id=other)
    assert scene.tally == Tally({"satisfied": 2})


@pytest.mark.parametrize("what", ["ask", "decide"])
def test_of_many_at_once_one_wins(app: Flask, scene: Scene, session: Session, what: str) -> None:
    """Eight people at the same answer: one request, or one decision; all others are told."""
    review_id = scene.ask(ReviewKind.REPLACE, later_submission_id=scene.later).id if what == "decide" else 0
    people = [build_account(session, Role.OFFICE).id for _ in range(8)]
    session.commit()
    round_id = scene.round.id
    ready = threading.Barrier(len(people))
    ends: Counter[str] = Counter()

    def act(account_id: int) -> None:
        with app.app_context():
            ready.wait(10)
            round_ = db.session().get_one(Round, round_id)
            deed: Callable[[], object] = (
                (lambda: ask_review(db.session(), round_, scene.answer, ReviewKind.VOID, WHY, account_id, scene.now))
                if what == "ask"
                else (lambda: decide_review(db.session(), round_, review_id, Approval.APPROVED, "", account_id, scene.now))
            )  # fmt: skip
            try:
                deed()
                ends["done"] += 1
            except ConflictError:
                ends["told"] += 1

    threads = [threading.Thread(target=act, args=(each,)) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ends == {"done": 1, "told": 7}
    session.expire_all()
    assert session.query(AnswerReview).count() == 1
    assert session.query(Answer).count() == (4 if what == "decide" else 3)
