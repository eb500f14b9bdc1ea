"""The real Twilio SDK against a local server that speaks its protocol and keeps its own ledger."""

import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from survey_app.domain.message import MessageState
from survey_app.integrations.sms.gateway import (
    Accepted,
    Ambiguous,
    CallbackReports,
    CallbackRequest,
    Found,
    LookupFailed,
    NotFound,
    OutgoingMessage,
    Rejected,
    StatusReport,
    Throttled,
)
from survey_app.integrations.sms.twilio_gateway import TwilioGateway
from tests.fakes import twilio_server as fake
from tests.fakes.twilio_server import ACCOUNT, SENDER, TOKEN, Step, TwilioServer

TEXT = "【方城营商办】邀您参加政务服务回访。请打开 https://hf.example/s/abc 。"
CALLBACK = "https://hf.example/hooks/sms/0f9b"
MESSAGE = OutgoingMessage(
    "0f9b", "13800138000", "invitation", {}, TEXT, CALLBACK, datetime(2022, 6, 15, tzinfo=UTC)
)


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest.fixture
def gateway(server: TwilioServer) -> TwilioGateway:
    return TwilioGateway(ACCOUNT, TOKEN, SENDER, server.base_url, timeout=0.4)


def test_message_arrives_whole(server: TwilioServer, gateway: TwilioGateway) -> None:
    outcome = gateway.send(MESSAGE)
    (entry,) = server.ledger
    assert outcome == Accepted(entry.sid, MessageState.SENT, 2)
    assert (entry.to, entry.body, entry.status_callback) == ("+8613800138000", TEXT, CALLBACK)


@pytest.mark.parametrize(
    "step",
    [
        fake.ACCEPT_THEN_HANG,
        fake.ACCEPT_THEN_500,
        fake.ACCEPT_THEN_RESET,
        fake.ACCEPT_THEN_NONSENSE,
        fake.ERROR_500,
        fake.RESET,
        Step(status=503),
    ],
)
def test_what_may_have_been_taken_is_ambiguous_and_never_sent_again(
    server: TwilioServer, gateway: TwilioGateway, step: Step
) -> None:
    server.script.append(step)
    assert isinstance(gateway.send(MESSAGE), Ambiguous)
    assert server.posts == 1


@pytest.mark.parametrize("seconds", [None, 7])
def test_too_many_requests_says_how_long_to_wait(
    server: TwilioServer, gateway: TwilioGateway, seconds: int | None
) -> None:
    server.script.append(fake.too_many(seconds))
    outcome = gateway.send(MESSAGE)
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after == (None if seconds is None else timedelta(seconds=seconds))
    assert server.ledger == []


def test_refused_connection_is_safe_to_try_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        outcome = TwilioGateway(ACCOUNT, TOKEN, SENDER, address, timeout=0.4).send(MESSAGE)
    assert isinstance(outcome, Throttled)
    assert outcome.code == "connect"


@pytest.mark.parametrize(
    ("step", "code", "reason"),
    [
        (fake.refuse(21211), "21211", "号码无效"),
        (fake.refuse(21610), "21610", "退订"),
        (fake.refuse(21408), "21408", "未开通"),
        (fake.refuse(21614), "21614", "不是手机号"),
        (fake.refuse(63038), "63038", "Twilio 错误 63038"),
        (Step(status=404), "HTTP 404", "HTTP 404"),
    ],
)
def test_refusal_has_its_reason_in_chinese(
    server: TwilioServer, gateway: TwilioGateway, step: Step, code: str, reason: str
) -> None:
    server.script.append(step)
    outcome = gateway.send(MESSAGE)
    assert isinstance(outcome, Rejected)
    assert outcome.code == code
    assert reason in outcome.reason
    assert "138001" not in outcome.reason


def test_wrong_token_is_refused_with_the_settings_to_mend(server: TwilioServer) -> None:
    outcome = TwilioGateway(ACCOUNT, "wrong", SENDER, server.base_url).send(MESSAGE)
    assert isinstance(outcome, Rejected)
    assert "TWILIO_AUTH_TOKEN" in outcome.reason


@pytest.mark.parametrize("phone", ["037767266959", "12345", "", "+86 138"])
def test_number_that_gets_no_sms_is_not_even_asked_for(
    server: TwilioServer, gateway: TwilioGateway, phone: str
) -> None:
    message = replace(MESSAGE, phone=phone)
    outcome = gateway.send(message)
    assert isinstance(outcome, Rejected)
    assert "不是手机号" in outcome.reason
    assert gateway.find(message) == NotFound()
    assert (server.posts, server.listings) == (0, 0)


def test_redirect_is_not_followed(server: TwilioServer, gateway: TwilioGateway) -> None:
    with TwilioServer() as stranger:
        server.script.append(fake.redirect(stranger.base_url))
        assert isinstance(gateway.send(MESSAGE), Ambiguous)
        assert (stranger.posts, stranger.ledger) == (0, [])


def test_find_sees_every_page_and_only_its_own_text(server: TwilioServer, gateway: TwilioGateway) -> None:
    mine = server.accept("+8613800138000", TEXT)
    mine.status = "delivered"
    wrapped = server.accept("+8613800138000", f"{TEXT}[CEG]")
    wrapped.status, wrapped.error_code = "undelivered", 30003
    for number in range(6):
        server.accept("+8613800138000", f"另一条 {number}")
    server.accept("+8613900139000", TEXT)
    server.page_size_limit = 3
    assert gateway.find(MESSAGE) == Found(
        (
            StatusReport(
                wrapped.sid, "undelivered", MessageState.FAILED, "30003", "对方手机关机或不在服务区"
            ),
            StatusReport(mine.sid, "delivered", MessageState.DELIVERED),
        )
    )
    assert server.listings == 3


def test_find_tells_absence_from_not_knowing(
    server: TwilioServer, gateway: TwilioGateway, caplog: pytest.LogCaptureFixture
) -> None:
    assert gateway.find(MESSAGE) == NotFound()
    for status in (429, 500, 301):
        server.listing_status = status
        assert isinstance(gateway.find(MESSAGE), LookupFailed)
    server.listing_status = 200
    for number in range(30):
        server.accept("+8613800138000", f"另一条 {number}")
    server.page_size_limit = 1
    assert isinstance(gateway.find(MESSAGE), LookupFailed)
    assert "138001" not in caplog.text


def test_nothing_personal_is_logged_at_any_level(
    server: TwilioServer, gateway: TwilioGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script.extend([fake.ACCEPT, fake.refuse(21211), fake.ERROR_500])
    for _ in range(3):
        gateway.send(MESSAGE)
    gateway.find(MESSAGE)
    logging.getLogger("test").debug("the capture works")
    assert "the capture works" in caplog.text
    for secret in ("138001", "回访", "s/abc", TOKEN):
        assert secret not in caplog.text


def test_signature_vector_of_the_protocol() -> None:
    gateway = TwilioGateway(ACCOUNT, "12345", SENDER)
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    right = signed(url, params, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert gateway.read_callback(right) == CallbackReports(())
    assert gateway.read_callback(replace(right, form=params | {"Digits": "1235"})) is None
    assert gateway.read_callback(replace(right, url=url + "3")) is None
    assert gateway.read_callback(replace(right, headers={})) is None
    for missing in ("", "签名"):
        assert gateway.read_callback(replace(right, headers={"X-Twilio-Signature": missing})) is None


def signed(url: str, form: dict[str, str], signature: str) -> CallbackRequest:
    return CallbackRequest("0f9b", url, {"X-Twilio-Signature": signature}, form, b"")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", MessageState.SENT),
        ("sent", MessageState.SENT),
        ("delivered", MessageState.DELIVERED),
        ("read", MessageState.DELIVERED),
        ("undelivered", MessageState.FAILED),
        ("failed", MessageState.FAILED),
        ("canceled", MessageState.FAILED),
        ("a-new-word", None),
    ],
)
def test_callback_is_read_into_our_states(status: str, state: MessageState | None) -> None:
    gateway = TwilioGateway(ACCOUNT, TOKEN, SENDER)
    form = {"MessageSid": "SM1", "MessageStatus": status}
    read = gateway.read_callback(signed(CALLBACK, form, fake.sign(CALLBACK, form)))
    assert read == CallbackReports((("0f9b", StatusReport("SM1", status, state)),))


def test_callback_that_reports_nothing() -> None:
    gateway = TwilioGateway(ACCOUNT, TOKEN, SENDER)
    for form in ({}, {"MessageSid": "SM1"}):
        assert gateway.read_callback(signed(CALLBACK, form, fake.sign(CALLBACK, form))) == CallbackReports(())
