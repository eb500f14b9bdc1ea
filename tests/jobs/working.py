"""A queue to be worked off, workers as processes, and the oracle: the provider's own ledger."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey_app.jobs import Worker, run_worker
from survey_app.models.message import Message
from survey_app.services.messages import queue_message
from tests.builders import build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.fakes.aliyun_server import AliyunServer
from tests.fakes.twilio_server import TwilioServer

ROOT = Path(__file__).parents[2]


def queue(sessions: sessionmaker[Session], clock: FakeClock, count: int = 1) -> None:
    with sessions() as session:
        period, unit = build_round(session), build_unit(session)
        for number in range(count):
            phone = f"138{number:08}"
            case = build_case(session, period, [unit], phone=phone)
            queue_message(session, case, "invitation", "invitation", phone, clock.now)
        session.commit()


def work_for(
    worker: Worker, clock: FakeClock, span: timedelta, step: timedelta = timedelta(minutes=5)
) -> None:
    """Let time pass, and the worker work at each step."""
    end = clock.now + span
    while clock.now <= end:
        run_worker(worker, once=True)
        clock.advance(step)


def states(sessions: sessionmaker[Session]) -> Counter[str]:
    with sessions() as session:
        return Counter(session.scalars(select(Message.state)))


def ids(sessions: sessionmaker[Session]) -> set[str]:
    with sessions() as session:
        return set(session.scalars(select(Message.id)))


def assert_each_once(server: TwilioServer | AliyunServer, sessions: sessionmaker[Session]) -> None:
    """The oracle: the provider's own ledger has each message exactly once."""
    sent = Counter(entry.message_id for entry in server.ledger)
    assert sent == Counter(ids(sessions))


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def start(database_url: str, server: TwilioServer | AliyunServer, *more: str) -> subprocess.Popen[bytes]:
    """Start a worker as a process of its own."""
    gateway = "aliyun" if isinstance(server, AliyunServer) else "twilio"
    command = [sys.executable, "-m", "tests.fakes.worker_process", database_url, gateway, server.base_url]
    return subprocess.Popen([*command, *more], cwd=ROOT)
