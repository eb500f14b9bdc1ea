"""The same worker through the second provider's faults: one entry in its own ledger for each message."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey_app.domain.message import LISTING_GAP, MessageState
from survey_app.integrations.sms.aliyun_gateway import AliyunGateway
from survey_app.integrations.sms.gateway import CallbackRequest
from survey_app.jobs import Worker, run_worker
from survey_app.models.message import Message
from survey_app.services.message_reports import record_callback
from tests.conftest import FakeClock
from tests.fakes import twilio_server as fake
from tests.fakes.aliyun_server import (
    KEY_ID,
    KEY_SECRET,
    SIGN_NAME,
    TEMPLATES,
    AliyunEntry,
    AliyunServer,
    receipts,
    turned_away,
)
from tests.fakes.twilio_server import Step
from tests.fakes.worker_process import PACE, collaborators_for, variables_for
from tests.jobs.working import assert_each_once, queue, start, states, work_for

S = MessageState
SECRET = "s" * 32


@pytest.fixture
def server() -> Iterator[AliyunServer]:
    with AliyunServer() as server:
        yield server


@pytest.fixture
def worker(
    database_url: str, sessions: sessionmaker[Session], server: AliyunServer, clock: FakeClock
) -> Worker:
    """A worker with the tests' clock, and little patience."""
    built = collaborators_for(database_url, "aliyun", server.base_url)
    codes = dict(pair.split("=") for pair in TEMPLATES.split(","))
    gateway = AliyunGateway(KEY_ID, KEY_SECRET, SIGN_NAME, codes, SECRET, clock, server.base_url, 0.3)
    return Worker(
        replace(built, gateway=gateway, clock=clock), sessions, variables_for, "w", PACE, lambda: 0.5
    )


@pytest.mark.parametrize(
    ("script", "blind_listings"),
    [
        ([fake.ACCEPT_THEN_HANG, fake.ACCEPT_THEN_500, fake.ERROR_500], 0),
        ([fake.ACCEPT_THEN_NONSENSE, fake.ACCEPT_THEN_RESET, fake.RESET], 1),
        ([turned_away("isv.BUSINESS_LIMIT_CONTROL")] * 3 + [turned_away("Throttling.User", 400)], 0),
        ([turned_away("isp.SYSTEM_ERROR"), fake.ACCEPT_THEN_500], 2),
    ],
)
def test_one_ledger_entry_for_each_message(
    worker: Worker,
    server: AliyunServer,
    sessions: sessionmaker[Session],
    clock: FakeClock,
    script: list[Step],
    blind_listings: int,
) -> None:
    queue(sessions, clock, 3)
    server.script.extend(script)
    server.blind_listings = blind_listings
    work_for(worker, clock, 3 * LISTING_GAP)
    assert_each_once(server, sessions)
    assert states(sessions) == {S.SENT: 3}


def test_receipts_before_the_answer_doubled_and_shuffled(
    worker: Worker, server: AliyunServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    """Each list holds the message's delivery and, wrongly, a failure; in whatever order, delivered stands."""
    gateway = worker.collaborators.gateway
    assert isinstance(gateway, AliyunGateway)
    orders = iter(permutations([(True, "DELIVERED"), (False, "UNKNOWN"), (True, "DELIVERED")]))

    def report(entry: AliyunEntry) -> None:
        body = receipts(*((entry, success, code) for success, code in next(orders)))
        read = gateway.read_callback(CallbackRequest(SECRET, "", {}, {}, body))
        assert read is not None
        for message_id, each in read.reports:
            with sessions() as session:
                record_callback(session, message_id, each, clock.now)

    queue(sessions, clock, 3)
    steps = (Step(accept=True), fake.ACCEPT_THEN_HANG, fake.ACCEPT_THEN_500)
    server.script.extend(replace(step, then=report) for step in steps)  # type: ignore[arg-type]
    work_for(worker, clock, 3 * LISTING_GAP)
    assert_each_once(server, sessions)
    assert states(sessions) == {S.DELIVERED: 3}
    assert server.listings == 0  # the receipts had settled everything


def test_worker_killed_right_after_acceptance(
    worker: Worker,
    database_url: str,
    server: AliyunServer,
    sessions: sessionmaker[Session],
    clock: FakeClock,
) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def kill(_entry: AliyunEntry) -> None:
        os.kill(processes[0].pid, signal.SIGKILL)

    queue(sessions, clock, 3)
    server.script.append(replace(fake.ACCEPT_THEN_HANG, then=kill))  # type: ignore[arg-type]
    processes.append(start(database_url, server))
    assert processes[0].wait(30) == -signal.SIGKILL
    with sessions() as session:
        claimed = session.scalars(select(Message).where(Message.state == S.CLAIMED)).one()
        # Queued by the tests' clock, claimed by the machine's: the list is read from the day it was queued.
        claimed.created_at = claimed.run_at - timedelta(minutes=5)
        clock.now = claimed.run_at
        session.commit()
    run_worker(worker, once=True)
    assert states(sessions) == {S.SENT: 3}
    assert_each_once(server, sessions)
