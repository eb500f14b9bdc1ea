"""The worker: sends messages, settles what is unknown, lets reserves step in, draws interviews to check."""

import logging
import os
import random
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey_app.domain.message import LISTING_GAP, backoff
from survey_app.domain.message_text import TemplateError
from survey_app.integrations.sms.gateway import (
    Ambiguous,
    Lookup,
    LookupFailed,
    OutgoingMessage,
    Rejected,
    SendOutcome,
)
from survey_app.models.message import Message
from survey_app.services import message_reports, messages, replacements
from survey_app.services.back_check_draws import check_interviews
from survey_app.services.collaborators import Collaborators
from survey_app.services.errors import ServiceError
from survey_app.services.messages import VariablesFor

# The worker is back this soon after the database is.
DATABASE_CAP = timedelta(seconds=8)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How long things take; `lease` must outlast a provider call, whose time-out is 10 s."""

    poll: timedelta = timedelta(seconds=1)
    lease: timedelta = timedelta(minutes=2)
    sweep_every: timedelta = timedelta(seconds=30)
    check_every: timedelta = timedelta(minutes=1)
    replace_every: timedelta = timedelta(seconds=10)
    listing_gap: timedelta = LISTING_GAP


@dataclass(frozen=True)
class Worker:
    """One worker and what it works with; several may share the queue."""

    collaborators: Collaborators
    sessions: Callable[[], Session]
    variables_for: VariablesFor
    name: str
    pace: Pace = Pace()
    jitter: Callable[[], float] = random.random

    def send_next(self) -> bool:
        """Send the next message that is due; returns whether there was one."""
        now, gateway = self.collaborators.clock, self.collaborators.gateway
        with self.sessions() as session:
            message = messages.claim_next(session, self.name, gateway.name, now(), self.pace.lease)
            if message is None:
                return False
            message_id, attempts = message.id, message.attempts
            outgoing = self._compose(message)
        # No transaction is open while the provider is called.
        outcome = outgoing if isinstance(outgoing, Rejected) else self._send(outgoing)
        text = "" if isinstance(outgoing, Rejected) else outgoing.text
        with self.sessions() as session:
            messages.record_outcome(session, message_id, attempts, outcome, text, now(), self.jitter())
        return True

    def sweep(self) -> None:
        """Make what dead workers left unknown."""
        with self.sessions() as session:
            swept = messages.sweep_expired(session, self.collaborators.clock())
        if swept:
            log.warning("%d messages were left by a worker and are unknown now", swept)

    def check_interviews(self) -> None:
        """Note the interviews that were completed, and draw those that another person calls back."""
        with self.sessions() as session:
            keys = self.collaborators.keys
            added = check_interviews(session, keys.back_checks, self.collaborators.clock())
        if added:
            log.info("%d interviews are to be called back", added)

    def replace(self) -> None:
        """Let reserves step in where the system is to do it."""
        with self.sessions() as session:
            called_in = replacements.replace_due(session, self.collaborators.keys, self.collaborators.clock())
        if called_in:
            log.info("%d reserves stepped in", called_in)

    def look_up_next(self) -> bool:
        """Look for the next unknown message that is due; returns whether there was one."""
        now, gateway = self.collaborators.clock, self.collaborators.gateway
        with self.sessions() as session:
            message = message_reports.claim_lookup(session, gateway.name, now(), self.pace.listing_gap)
            if message is None:
                return False
            message_id, attempts = message.id, message.attempts
            outgoing = self._compose(message)
        if isinstance(outgoing, Rejected):
            lookup: Lookup = LookupFailed(outgoing.reason)
        else:
            try:
                lookup = gateway.find(outgoing)
            except Exception as error:
                log.error("the gateway broke on a look-up: %s", type(error).__name__)
                lookup = LookupFailed("查询短信发送记录时程序出错")
        with self.sessions() as session:
            message_reports.record_lookup(session, message_id, attempts, lookup, now())
        return True

    def _compose(self, message: Message) -> OutgoingMessage | Rejected:
        settings = self.collaborators.settings
        path = messages.callback_path(message.id)
        callback_url = settings.link(path) if settings.public_base_url else None
        try:
            return messages.compose(message, self.variables_for, callback_url)
        except (TemplateError, ServiceError) as error:
            return Rejected("not-composed", str(error))

    def _send(self, outgoing: OutgoingMessage) -> SendOutcome:
        try:
            return self.collaborators.gateway.send(outgoing)
        except Exception as error:
            # Whatever broke, it may have broken after the provider took the message. The error's own text may
            # hold the phone number.
            log.error("the gateway broke on a message: %s", type(error).__name__)
            return Ambiguous("发送短信时程序出错，尚不知是否已发出")


def run_worker(worker: Worker, once: bool = False, stop: threading.Event | None = None) -> None:
    """Work until `stop` is set; with `once`, until nothing is due any more.

    A database that is away is waited for, longer each time.
    """
    stop = stop or threading.Event()
    clock, pace = worker.collaborators.clock, worker.pace
    swept_at, replaced_at, checked_at, failures = None, None, None, 0
    while not stop.is_set():
        try:
            if swept_at is None or abs(clock() - swept_at) >= pace.sweep_every:
                worker.sweep()
                swept_at = clock()
            if checked_at is None or abs(clock() - checked_at) >= pace.check_every:
                worker.check_interviews()
                checked_at = clock()
            if replaced_at is None or abs(clock() - replaced_at) >= pace.replace_every:
                worker.replace()
                replaced_at = clock()
            # One of each in turn: a provider that is slow to be listed must not hold up what is due.
            looked_up, sent = worker.look_up_next(), worker.send_next()
            failures = 0
        except DBAPIError as error:
            if once:
                raise
            failures += 1
            log.error("the database doesn't answer: %s", type(error.orig).__name__)
            wait = backoff(failures, worker.jitter(), base=pace.poll, cap=DATABASE_CAP)
            stop.wait(wait.total_seconds())
            continue
        if looked_up or sent:
            continue
        if once:
            return
        stop.wait(pace.poll.total_seconds())


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, so that a worker ends after the message in its hands."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def worker_name() -> str:
    """Return a name that tells this process from others."""
    return f"{socket.gethostname()}:{os.getpid()}"[:100]
