"""Two people at one round's tasks at once, on both databases."""

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.domain.rectification import CallBack, Move, TaskState
from survey_app.models.rectification import RectificationEvent, RectificationTask
from survey_app.models.round import Round
from survey_app.services.errors import ConflictError
from survey_app.services.rectifications import decide, issue, reply
from tests.conftest import FakeClock
from tests.rectification_builders import issued, office_account, published_round, unit_account


def _both(app: Flask, *deeds: Callable[[Session], object]) -> list[str]:
    """What came of deeds done at the same moment, each by a person of its own."""
    came: list[str] = []
    start = threading.Barrier(len(deeds))

    def work(deed: Callable[[Session], object]) -> None:
        with app.app_context():
            mine = db.session()
            start.wait()
            try:
                deed(mine)
                came.append("done")
            except Exception as error:
                came.append(type(error).__name__)
            finally:
                mine.rollback()

    threads = [threading.Thread(target=work, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(came)


def test_tasks_are_issued_once(app: Flask, session: Session, clock: FakeClock) -> None:
    round_id = published_round(session, clock).id
    office = office_account(session)
    session.commit()

    def deed(mine: Session) -> None:
        issue(mine, mine.get_one(Round, round_id), {}, (), office, clock.now)

    assert _both(app, deed, deed, deed) == [ConflictError.__name__] * 2 + ["done"]
    assert session.query(RectificationTask).count() == 2
    assert session.query(RectificationEvent).count() == 2


def test_one_of_two_replies_and_one_of_two_decisions_stands(
    app: Flask, session: Session, clock: FakeClock
) -> None:
    round_ = published_round(session, clock)
    task_id = issued(session, round_, clock)["甲局", "slow"].id
    round_id, office, unit = round_.id, office_account(session), unit_account(session, "甲局")
    session.commit()

    def answer(mine: Session) -> None:
        reply(mine, task_id, "已整改", 1, unit, clock.now)

    def close(move: Move) -> Callable[[Session], object]:
        return lambda mine: decide(
            mine,
            mine.get_one(Round, round_id),
            task_id,
            move,
            CallBack.SATISFIED,
            "重办",
            "",
            2,
            office,
            clock.now,
        )

    assert _both(app, answer, answer) == ["ConflictError", "done"]
    assert _both(app, close(Move.CONFIRM), close(Move.RETURN)) == ["ConflictError", "done"]
    session.expire_all()
    task = session.get_one(RectificationTask, task_id)
    assert (task.version, [event.number for event in task.events]) == (3, [1, 2, 3])
    assert task.state is task.course.state
    assert task.state in (TaskState.CLOSED, TaskState.RETURNED)
