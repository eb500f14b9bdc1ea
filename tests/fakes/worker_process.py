"""A message worker as a process: `python -m tests.fakes.worker_process DATABASE PROVIDER [once]`."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from survey_app.clock import system_clock
from survey_app.domain.message import LISTING_GAP
from survey_app.integrations.sms.choice import make_gateway
from survey_app.jobs import Pace, Worker, run_worker, stop_on_signals, worker_name
from survey_app.models.message import Message
from survey_app.services.collaborators import Collaborators, Keys
from tests.databases import SECRET, settings_for
from tests.fakes.twilio_server import ACCOUNT, SENDER, TOKEN

PACE = Pace(
    poll=timedelta(milliseconds=50),
    lease=timedelta(seconds=2),
    sweep_every=timedelta(seconds=1),
    listing_gap=LISTING_GAP,
)


def variables_for(message: Message) -> Mapping[str, str]:
    """Return what a test's invitation says; the link is the case's own."""
    case = message.case
    return {"url": f"https://hf.example/s/{case.public_id}", "code": "7K3M9QXW", "deadline": "6月25日"}


def collaborators_for(database_url: str, provider: str) -> Collaborators:
    """Return collaborators whose gateway is Twilio's, at `provider`."""
    settings = replace(
        settings_for(database_url, Path("unused")),
        public_base_url="https://hf.example.gov.cn",
        sms_gateway="twilio",
        gateway_settings={
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
            "TWILIO_BASE_URL": provider,
        },
    )
    return Collaborators(
        settings, system_clock, make_gateway(settings, system_clock), Keys.from_secret(SECRET)
    )


def main(database_url: str, provider: str, once: str = "") -> None:
    """Work until told to stop, or with `once` until the queue is empty."""
    sessions = sessionmaker(create_engine(database_url), expire_on_commit=False)
    worker = Worker(collaborators_for(database_url, provider), sessions, variables_for, worker_name(), PACE)
    run_worker(worker, once == "once", stop_on_signals())


if __name__ == "__main__":
    main(*sys.argv[1:])
