"""The provider's callbacks over HTTP: signed over the public address, in any order, any number of times."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.app import create_app
from survey_app.db import db
from survey_app.domain.message import MessageState
from survey_app.integrations.sms.aliyun_gateway import receipt_secret
from survey_app.models.message import Message, MessageEvent
from survey_app.services.messages import callback_path, queue_message
from tests.applications import close
from tests.builders import build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.fakes.aliyun_server import AliyunEntry, receipts
from tests.fakes.twilio_server import ACCOUNT, SENDER, TOKEN, Callback, Entry, callback
from tests.fakes.worker_process import GATEWAY_SETTINGS

PUBLIC = "https://hf.example.gov.cn"


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: FakeClock) -> Iterator[Flask]:
    """An application behind a proxy: what it is called by inside is not its public address."""
    settings = replace(
        settings_for(database_url, tmp_path / "instance"),
        public_base_url=PUBLIC,
        sms_gateway="twilio",
        gateway_settings={
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
        },
    )
    app = create_app(settings, clock)
    yield app
    close(app)


@pytest.fixture
def entry(session: Session, clock: FakeClock) -> Entry:
    """A message that the provider has, whose row is queued still."""
    case = build_case(session, build_round(session), [build_unit(session)])
    message = queue_message(session, case, "invitation", "invitation", "13800138000", clock.now)
    assert message is not None
    session.commit()
    return Entry("SM1", "+8613800138000", "", PUBLIC + callback_path(message.id))


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client with CSRF protection on, as in production."""
    return app.test_client()


def post(browser: FlaskClient, what: Callback, path: str | None = None) -> int:
    path = path or what.url.removeprefix(PUBLIC)
    return browser.post(path, data=what.form, headers=what.headers).status_code


def state(session: Session) -> str:
    session.rollback()
    found = session.scalars(select(Message.state)).one()
    session.rollback()  # SQLite has one writer: let the next callback be it
    return found


def test_signed_callbacks_twice_and_shuffled(browser: FlaskClient, session: Session, entry: Entry) -> None:
    for status in ("delivered", "sent", "delivered", "queued", "sent"):
        assert post(browser, callback(entry, status)) == 204
        assert state(session) == MessageState.DELIVERED
    assert session.scalar(select(func.count()).select_from(MessageEvent)) == 3


def test_failure_is_stored_with_its_reason(browser: FlaskClient, session: Session, entry: Entry) -> None:
    assert post(browser, callback(entry, "undelivered", 30003)) == 204
    assert state(session) == MessageState.FAILED
    assert session.scalars(select(Message.error)).one() == "对方手机关机或不在服务区"


def test_wrong_or_missing_signature_changes_nothing(
    browser: FlaskClient, session: Session, entry: Entry
) -> None:
    right = callback(entry, "failed")
    other = replace(entry, status_callback=PUBLIC + callback_path(str(uuid4())))
    forged = [
        callback(entry, "failed", token="guess"),
        replace(right, headers={}),
        replace(right, headers={"X-Twilio-Signature": ""}),
        replace(right, form=right.form | {"MessageStatus": "delivered"}),
        replace(right, headers=callback(other, "failed").headers),
    ]
    for what in forged:
        assert post(browser, what) == 403
    inside = replace(entry, status_callback="http://localhost" + right.url.removeprefix(PUBLIC))
    assert post(browser, replace(right, headers=callback(inside, "failed").headers)) == 403
    assert state(session) == MessageState.QUEUED
    assert session.scalar(select(func.count()).select_from(MessageEvent)) == 0


def test_message_that_there_is_none_of(browser: FlaskClient, entry: Entry) -> None:
    other = replace(entry, status_callback=PUBLIC + callback_path(str(uuid4())))
    assert post(browser, callback(other, "sent")) == 404
    assert post(browser, callback(entry, "sent"), "/hooks/sms/not-an-id") == 403


def test_callback_without_a_report_is_taken_and_ignored(
    browser: FlaskClient, session: Session, entry: Entry
) -> None:
    assert post(browser, callback(entry, "")) == 204
    assert state(session) == MessageState.QUEUED


def test_receipts_of_the_second_provider_at_its_secret_address(
    database_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    settings = replace(
        settings_for(database_url, tmp_path / "instance"),
        public_base_url=PUBLIC,
        sms_gateway="aliyun",
        gateway_settings=GATEWAY_SETTINGS["aliyun"],
    )
    app = create_app(settings, clock)
    with app.app_context():
        case = build_case(db.session(), build_round(db.session()), [build_unit(db.session())])
        queued = queue_message(db.session(), case, "invitation", "invitation", "13800138000", clock.now)
        assert queued is not None
        db.session.commit()
        message_id = queued.id
        db.session.remove()
    known = AliyunEntry("1^0", "13800138000", "", "", {}, message_id)
    strange = replace(known, out_id=str(uuid4()))
    body = receipts((strange, True, ""), (known, False, "MOBILE_NOT_ON_SERVICE"))
    browser, right = app.test_client(), f"/hooks/sms/{receipt_secret(settings.secret_key)}"
    for wrong in (callback_path(message_id), "/hooks/sms/guess", right[:-1], right.upper()):
        assert browser.post(wrong, data=body).status_code in (403, 404)
    for _ in range(2):
        answer = browser.post(right, data=body, content_type="application/json")
        assert (answer.status_code, answer.get_json()["code"]) == (200, 0)
    assert browser.post(right, data=receipts((strange, True, ""))).status_code == 404
    with app.app_context():
        message = db.session.get_one(Message, message_id)
        assert (message.state, message.error) == (MessageState.FAILED, "对方手机关机或停机")
        assert db.session.scalar(select(func.count()).select_from(MessageEvent)) == 1
    close(app)


def test_gateway_without_callbacks_has_no_such_page(
    database_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    app = create_app(settings_for(database_url, tmp_path / "outbox"), clock)
    answer = app.test_client().post(f"/hooks/sms/{uuid4()}", data={"MessageSid": "SM1"})
    assert answer.status_code == 404
