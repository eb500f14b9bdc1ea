"""A message worker as a process: `python -m tests.fakes.worker_process DATABASE GATEWAY PROVIDER [once]`."""

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
from tests.fakes.aliyun_server import KEY_ID, KEY_SECRET, SIGN_NAME, TEMPLATES
from tests.fakes.twilio_server import ACCOUNT, SENDER, TOKEN

GATEWAY_SETTINGS = {
    "twilio": {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_FROM": SENDER},
    "aliyun": {
        "ALIYUN_ACCESS_KEY_ID": KEY_ID,
        "ALIYUN_ACCESS_KEY_SECRET": KEY_SECRET,
        "ALIYUN_SIGN_NAME": SIGN_NAME,
        "ALIYUN_TEMPLATES": TEMPLATES,
    },
}

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


def collaborators_for(database_url: str, gateway: str, provider: str) -> Collaborators:
    """Return collaborators whose gateway is twilio's or aliyun's, at `provider`."""
    settings = replace(
        settings_for(database_url, Path("unused")),
        public_base_url="https://hf.example.gov.cn",
        sms_gateway=gateway,
        gateway_settings=GATEWAY_SETTINGS[gateway] | {f"{gateway.upper()}_BASE_URL": provider},
    )
    return Collaborators(
        settings, system_clock, make_gateway(settings, system_clock), Keys.from_secret(SECRET)
    )


def main(database_url: str, gateway: str, provider: str, once: str = "") -> None:
    """Work until told to stop, or with `once` until the queue is empty."""
    sessions = sessionmaker(create_engine(database_url), expire_on_commit=False)
    built = collaborators_for(database_url, gateway, provider)
    worker = Worker(built, sessions, variables_for, worker_name(), PACE)
    run_worker(worker, once == "once", stop_on_signals())


if __name__ == "__main__":
    main(*sys.argv[1:])
