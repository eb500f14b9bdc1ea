"""The worker against a provider that misbehaves: one entry in the provider's own ledger for each message."""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from survey_app.clock import system_clock
from survey_app.domain.message import LISTING_GAP, MessageState
from survey_app.integrations.sms.gateway import (
    Accepted,
    CallbackRequest,
    Lookup,
    NotFound,
    OutgoingMessage,
    SendOutcome,
)
from survey_app.integrations.sms.twilio_gateway import TwilioGateway
from survey_app.jobs import Pace, Worker, run_worker
from survey_app.models.message import Message
from survey_app.services.errors import ServiceError
from survey_app.services.message_reports import record_callback
from tests.conftest import FakeClock
from tests.fakes import twilio_server as fake
from tests.fakes.twilio_server import ACCOUNT, SENDER, TOKEN, Entry, Step, TwilioServer
from tests.fakes.worker_process import PACE, collaborators_for, variables_for
from tests.jobs.working import assert_each_once, ids, queue, start, states, wait_until, work_for

S = MessageState


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest.fixture
def worker(
    database_url: str, sessions: sessionmaker[Session], server: TwilioServer, clock: FakeClock
) -> Worker:
    """A worker with the tests' clock, and little patience."""
    built = collaborators_for(database_url, "twilio", server.base_url)
    gateway = TwilioGateway(ACCOUNT, TOKEN, SENDER, server.base_url, timeout=0.3)
    return Worker(
        replace(built, gateway=gateway, clock=clock), sessions, variables_for, "w", PACE, lambda: 0.5
    )


@pytest.mark.parametrize(
    ("script", "blind_listings"),
    [
        ([fake.ACCEPT], 0),
        ([fake.ACCEPT_THEN_HANG], 0),
        ([fake.ACCEPT_THEN_500], 0),
        ([fake.ACCEPT_THEN_RESET], 0),
        ([fake.ACCEPT_THEN_NONSENSE], 0),
        ([fake.ERROR_500], 0),
        ([fake.RESET], 0),
        ([fake.ERROR_500, fake.ACCEPT, fake.ACCEPT, fake.ACCEPT_THEN_500], 0),
        ([fake.too_many()] * 3, 0),
        ([fake.too_many(7), fake.ACCEPT_THEN_HANG, fake.too_many(), fake.ACCEPT_THEN_500], 0),
        ([fake.ACCEPT_THEN_HANG], 1),
        ([fake.ACCEPT_THEN_500, fake.ACCEPT_THEN_500, fake.ACCEPT_THEN_500], 2),
    ],
)
def test_one_ledger_entry_for_each_message(
    worker: Worker,
    server: TwilioServer,
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


def test_callbacks_before_the_answer_doubled_and_shuffled(
    worker: Worker, server: TwilioServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    gateway = worker.collaborators.gateway
    assert isinstance(gateway, TwilioGateway)

    def report(entry: Entry) -> None:
        for status in ("delivered", "sent", "delivered", "sent"):
            what = fake.callback(entry, status)
            read = gateway.read_callback(
                CallbackRequest(entry.message_id, what.url, what.headers, what.form, b"")
            )
            assert read is not None
            ((message_id, found),) = read.reports
            with sessions() as session:
                record_callback(session, message_id, found, clock.now)

    queue(sessions, clock, 3)
    server.script.extend(
        replace(step, then=report) for step in (fake.ACCEPT, fake.ACCEPT_THEN_HANG, fake.ACCEPT_THEN_500)
    )
    work_for(worker, clock, 3 * LISTING_GAP)
    assert_each_once(server, sessions)
    assert states(sessions) == {S.DELIVERED: 3}
    assert server.listings == 0  # the callbacks had settled everything


def test_refused_message_is_not_tried_again(
    worker: Worker, server: TwilioServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    queue(sessions, clock, 2)
    server.script.append(fake.refuse(21610))
    work_for(worker, clock, 3 * LISTING_GAP)
    assert server.posts == 2
    assert states(sessions) == {S.FAILED: 1, S.SENT: 1}


def test_provider_that_never_answers_gets_two_posts_and_then_staff_decides(
    worker: Worker, server: TwilioServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    queue(sessions, clock)
    server.script.extend([fake.ERROR_500] * 10)
    work_for(worker, clock, 10 * LISTING_GAP)
    assert (server.posts, server.ledger) == (2, [])
    assert states(sessions) == {S.UNKNOWN: 1}


def test_unreadable_list_never_leads_to_a_second_post(
    worker: Worker, server: TwilioServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    queue(sessions, clock)
    server.script.append(fake.ACCEPT_THEN_HANG)
    server.listing_status = 500
    work_for(worker, clock, 6 * LISTING_GAP)
    assert (server.posts, states(sessions)) == (1, {S.UNKNOWN: 1})
    server.listing_status = 200
    work_for(worker, clock, 2 * LISTING_GAP)
    assert_each_once(server, sessions)
    assert states(sessions) == {S.SENT: 1}


class CuriousGateway:
    """A gateway that looks around while it is called."""

    name = "curious"

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look

    def send(self, message: OutgoingMessage) -> SendOutcome:
        self._look()
        return Accepted(message.message_id)

    def find(self, message: OutgoingMessage) -> Lookup:
        self._look()
        return NotFound()


def with_gateway(worker: Worker, look: Callable[[], None]) -> Worker:
    return replace(worker, collaborators=replace(worker.collaborators, gateway=CuriousGateway(look)))


def test_no_transaction_is_open_while_the_provider_is_called(
    worker: Worker, sessions: sessionmaker[Session], engine: Engine, clock: FakeClock
) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(engine.pool.checkedout())  # type: ignore[attr-defined]

    queue(sessions, clock)
    with sessions() as session:
        session.execute(text("SELECT 1"))
        look()
    run_worker(with_gateway(worker, look), once=True)
    assert seen == [1, 0]


def test_gateway_that_breaks_leaves_the_message_unknown(
    worker: Worker, sessions: sessionmaker[Session], clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("about 13800000000")

    queue(sessions, clock)
    broken = with_gateway(worker, fail)
    work_for(broken, clock, LISTING_GAP)
    assert states(sessions) == {S.UNKNOWN: 1}
    assert "RuntimeError" in caplog.text
    assert "138000" not in caplog.text


def test_message_that_can_not_be_written_fails_with_the_sentence(
    worker: Worker, server: TwilioServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    def too_late(_message: Message) -> dict[str, str]:
        raise ServiceError("本轮已截止，短信不再发送")

    queue(sessions, clock)
    run_worker(replace(worker, variables_for=too_late), once=True)
    with sessions() as session:
        message = session.scalars(select(Message)).one()
    assert (message.state, message.error) == (S.FAILED, "本轮已截止，短信不再发送")
    assert server.posts == 0


def test_nothing_personal_is_logged(
    worker: Worker,
    server: TwilioServer,
    sessions: sessionmaker[Session],
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    queue(sessions, clock, 4)
    server.script.extend([fake.ACCEPT, fake.ACCEPT_THEN_500, fake.refuse(21211), fake.too_many()])
    work_for(worker, clock, LISTING_GAP)
    for message_id in ids(sessions):
        assert message_id in caplog.text
    for secret in ("1380000", "7K3M9QXW", "/s/", "回访", TOKEN):
        assert secret not in caplog.text


def test_worker_waits_for_a_database_that_is_away(
    worker: Worker, server: TwilioServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    queue(sessions, clock)
    stop, failures = threading.Event(), iter(range(3))

    def sometimes() -> Session:
        if next(failures, None) is not None:
            raise OperationalError("SELECT", {}, Exception("gone"))
        return sessions()

    def stop_soon(_entry: Entry) -> None:
        stop.set()

    server.script.append(replace(fake.ACCEPT, then=stop_soon))
    pace = Pace(poll=timedelta(milliseconds=5))
    run_worker(replace(worker, sessions=sometimes, pace=pace), stop=stop)
    assert states(sessions) == {S.SENT: 1}
    failures = iter(range(1))
    with pytest.raises(OperationalError):
        run_worker(replace(worker, sessions=sometimes), once=True)


def test_idle_worker_notices_a_new_message_and_stops_when_told(
    worker: Worker, server: TwilioServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(worker,), kwargs={"stop": stop})
    thread.start()
    queue(sessions, clock)
    wait_until(lambda: states(sessions) == {S.SENT: 1})
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert_each_once(server, sessions)


def test_worker_killed_right_after_acceptance(
    worker: Worker,
    database_url: str,
    server: TwilioServer,
    sessions: sessionmaker[Session],
    clock: FakeClock,
) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def kill(_entry: Entry) -> None:
        os.kill(processes[0].pid, signal.SIGKILL)

    queue(sessions, clock, 3)
    server.script.append(replace(fake.ACCEPT_THEN_HANG, then=kill))
    processes.append(start(database_url, server))
    assert processes[0].wait(30) == -signal.SIGKILL
    assert states(sessions) == {S.CLAIMED: 1, S.QUEUED: 2}
    # Another worker may not touch the message before the lease ends, nor send it afterwards.
    with sessions() as session:
        claimed = session.scalars(select(Message).where(Message.state == S.CLAIMED)).one()
    clock.now = claimed.run_at - timedelta(seconds=1)
    run_worker(worker, once=True)
    assert states(sessions) == {S.CLAIMED: 1, S.SENT: 2}
    clock.advance(timedelta(seconds=1))
    run_worker(worker, once=True)
    assert states(sessions) == {S.SENT: 3}
    assert_each_once(server, sessions)


def test_worker_told_to_end_finishes_what_it_holds(
    database_url: str, server: TwilioServer, sessions: sessionmaker[Session], clock: FakeClock
) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def end(_entry: Entry) -> None:
        os.kill(processes[0].pid, signal.SIGTERM)
        time.sleep(0.2)

    queue(sessions, clock, 2)
    server.script.append(replace(fake.ACCEPT, then=end))
    processes.append(start(database_url, server))
    assert processes[0].wait(30) == 0
    assert states(sessions) == {S.SENT: 1, S.QUEUED: 1}
    assert len(server.ledger) == 1


def test_several_workers_share_one_queue_through_every_fault(
    worker: Worker,
    database_url: str,
    server: TwilioServer,
    sessions: sessionmaker[Session],
    clock: FakeClock,
) -> None:
    """Three processes, one of which dies with a message in its hands; a fourth worker settles what is left."""
    killed = []

    def kill(entry: Entry) -> None:
        with sessions() as session:
            claimed = session.get_one(Message, entry.message_id).worker or ""
        killed.append(int(claimed.rpartition(":")[2]))
        os.kill(killed[0], signal.SIGKILL)

    queue(sessions, clock, 30)
    faults = [
        fake.ACCEPT_THEN_500,
        *[fake.too_many()] * 3,
        fake.RESET,
        fake.ACCEPT_THEN_RESET,
        replace(fake.ACCEPT_THEN_HANG, then=kill),
        fake.ACCEPT_THEN_NONSENSE,
        fake.ERROR_500,
    ]
    server.script.extend(faults)
    workers = [start(database_url, server, "once") for _ in range(3)]
    ends = {process.pid: process.wait(180) for process in workers}
    assert sorted(ends.values()) == [-signal.SIGKILL, 0, 0]
    assert ends[killed[0]] == -signal.SIGKILL
    # The processes ran by the machine's clock.
    clock.now = system_clock() + timedelta(minutes=3)
    work_for(worker, clock, 3 * LISTING_GAP)
    assert_each_once(server, sessions)
    assert states(sessions) == {S.SENT: 30}
