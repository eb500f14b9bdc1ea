"""The real Alibaba Cloud SDK against a local server that speaks its protocol and keeps its own ledger."""

import json
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from survey_app.domain.message import MessageState
from survey_app.integrations.sms.aliyun_gateway import AliyunGateway
from survey_app.integrations.sms.gateway import (
    Accepted,
    Ambiguous,
    CallbackRequest,
    Found,
    LookupFailed,
    NotFound,
    OutgoingMessage,
    Rejected,
    StatusReport,
    Throttled,
)
from tests.conftest import FakeClock
from tests.fakes import twilio_server as fake
from tests.fakes.aliyun_server import KEY_ID, KEY_SECRET, SIGN_NAME, AliyunServer, receipts, turned_away
from tests.fakes.twilio_server import Step

SECRET = "s" * 32
VARIABLES = {"url": "https://hf.example/s/abc", "code": "7K3M9QXW", "deadline": "6月25日"}
MESSAGE = OutgoingMessage(
    "0f9b", "13800138000", "satisfaction.invitation", VARIABLES, "正文", None,
    datetime(2022, 6, 14, 3, 0, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[AliyunServer]:
    with AliyunServer() as server:
        yield server


@pytest.fixture
def gateway(server: AliyunServer, clock: FakeClock) -> AliyunGateway:
    return make(server.base_url, clock)


def make(address: str, clock: FakeClock, secret: str = KEY_SECRET) -> AliyunGateway:
    templates = {"satisfaction.invitation": "SMS_1"}
    return AliyunGateway(KEY_ID, secret, SIGN_NAME, templates, SECRET, clock, address, timeout=0.4)


def test_message_arrives_as_template_and_variables_without_an_address(
    server: AliyunServer, gateway: AliyunGateway
) -> None:
    outcome = gateway.send(MESSAGE)
    (entry,) = server.ledger
    assert outcome == Accepted(entry.biz_id)
    assert (entry.phone, entry.sign_name, entry.template_code, entry.out_id) == (
        "13800138000", SIGN_NAME, "SMS_1", "0f9b",
    )  # fmt: skip
    assert entry.variables == {"code": "7K3M9QXW", "deadline": "6月25日"}


@pytest.mark.parametrize(
    "step",
    [
        fake.ACCEPT_THEN_HANG,
        fake.ACCEPT_THEN_500,
        fake.ACCEPT_THEN_RESET,
        fake.ACCEPT_THEN_NONSENSE,
        fake.ERROR_500,
        fake.RESET,
        turned_away("isp.SYSTEM_ERROR"),
        turned_away("isv.MOBILE_NUMBER_ILLEGAL", 500),
        turned_away("SomethingNew"),
        Step(accept=True, text="null"),
        Step(accept=True, text='{"Code": "OK"}'),
    ],
)
def test_what_is_not_certain_stays_open_and_is_posted_once(
    server: AliyunServer, gateway: AliyunGateway, step: Step
) -> None:
    server.script.append(step)
    assert isinstance(gateway.send(MESSAGE), Ambiguous)
    assert server.posts == 1


@pytest.mark.parametrize(
    "step",
    [
        turned_away("isv.BUSINESS_LIMIT_CONTROL"),
        turned_away("Throttling.User", 400),
        turned_away("Throttling", 503),
        turned_away("", 429),
    ],
)
def test_throttling_was_not_sent(server: AliyunServer, gateway: AliyunGateway, step: Step) -> None:
    server.script.append(step)
    assert isinstance(gateway.send(MESSAGE), Throttled)
    assert (server.posts, server.ledger) == (1, [])


@pytest.mark.parametrize(
    ("step", "code", "words"),
    [
        (turned_away("isv.MOBILE_NUMBER_ILLEGAL"), "isv.MOBILE_NUMBER_ILLEGAL", "号码不是手机号"),
        (turned_away("isv.SMS_TEMPLATE_ILLEGAL"), "isv.SMS_TEMPLATE_ILLEGAL", "短信模板不存在"),
        (turned_away("isv.NEVER_HEARD_OF"), "isv.NEVER_HEARD_OF", "阿里云错误 isv.NEVER_HEARD_OF"),
        (turned_away("InvalidAccessKeyId.NotFound", 404), "InvalidAccessKeyId.NotFound", "访问密钥不存在"),
    ],
)
def test_refusals_have_their_reason_and_nothing_personal(
    server: AliyunServer, gateway: AliyunGateway, step: Step, code: str, words: str
) -> None:
    server.script.append(step)
    outcome = gateway.send(MESSAGE)
    assert isinstance(outcome, Rejected)
    assert outcome.code == code[:30]
    assert words in outcome.reason
    assert "138" not in outcome.reason


def test_wrong_key_and_missing_template(
    server: AliyunServer, gateway: AliyunGateway, clock: FakeClock
) -> None:
    wrong = make(server.base_url, clock, "another secret").send(MESSAGE)
    assert wrong == Rejected("SignatureDoesNotMatch", "访问密钥不正确，请检查 ALIYUN_ACCESS_KEY_SECRET")
    other = gateway.send(replace(MESSAGE, template_key="mass_appraisal.invitation"))
    assert isinstance(other, Rejected)
    assert "没有模板 mass_appraisal.invitation 的代码" in other.reason
    assert server.ledger == []


def test_nobody_listening_is_certainly_not_sent(clock: FakeClock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert isinstance(make(f"http://127.0.0.1:{port}", clock).send(MESSAGE), Throttled)


def test_list_is_searched_for_our_own_id_on_every_day_since(
    server: AliyunServer, gateway: AliyunGateway
) -> None:
    assert gateway.find(MESSAGE) == NotFound()
    assert server.days_asked == ["20220614", "20220615"]
    gateway.send(replace(MESSAGE, message_id="another"))
    assert gateway.find(MESSAGE) == NotFound()
    gateway.send(MESSAGE)
    assert gateway.find(MESSAGE) == Found((StatusReport("", "1", MessageState.SENT),) * 2)
    server.ledger[1].send_status, server.ledger[1].err_code = 2, "MOBILE_NOT_ON_SERVICE"
    found = gateway.find(MESSAGE)
    assert isinstance(found, Found)
    assert (found.reports[0].state, found.reports[0].reason) == (MessageState.FAILED, "对方手机关机或停机")


def test_a_list_is_read_page_by_page_to_its_end(server: AliyunServer, gateway: AliyunGateway) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            server.accept(
                {
                    "PhoneNumbers": MESSAGE.phone,
                    "OutId": "other",
                    "TemplateParam": "{}",
                    "SignName": "",
                    "TemplateCode": "",
                }
            )

    add(60)
    gateway.send(MESSAGE)
    assert isinstance(gateway.find(MESSAGE), Found)
    add(150)
    assert isinstance(gateway.find(replace(MESSAGE, message_id="never")), LookupFailed)


def test_a_list_that_can_not_be_read_says_nothing(
    server: AliyunServer, gateway: AliyunGateway, clock: FakeClock
) -> None:
    server.listing_code = "isp.SYSTEM_ERROR"
    assert isinstance(gateway.find(MESSAGE), LookupFailed)
    clock.advance(timedelta(days=40))
    assert isinstance(gateway.find(MESSAGE), LookupFailed)
    assert server.listings == 0


def call(body: bytes, tail: str = SECRET) -> CallbackRequest:
    return CallbackRequest(tail, f"https://hf.example/hooks/sms/{tail}", {}, {}, body)


def test_receipts_count_only_at_the_secret_address(server: AliyunServer, gateway: AliyunGateway) -> None:
    gateway.send(MESSAGE)
    gateway.send(replace(MESSAGE, message_id="second"))
    one, two = server.ledger
    body = receipts((one, True, "DELIVERED"), (two, False, "MOBILE_IN_BLACK"))
    assert gateway.read_callback(call(body, "guess")) is None
    assert gateway.read_callback(call(body, "")) is None
    assert gateway.read_callback(call(body, "密" * 32)) is None
    read = gateway.read_callback(call(body))
    assert read is not None
    assert json.loads(read.answer)["code"] == 0
    assert read.reports == (
        ("0f9b", StatusReport(one.biz_id, "delivered", MessageState.DELIVERED)),
        (
            "second",
            StatusReport(
                two.biz_id,
                "failed",
                MessageState.FAILED,
                "MOBILE_IN_BLACK",
                "对方已退订短信，请改用电话联系",
                opted_out=True,
            ),
        ),
    )
    for nonsense in (b"", b"{}", b"[1, {}]", b'[{"out_id": "a\\u0000", "biz_id": "1", "success": true}]'):
        read = gateway.read_callback(call(nonsense))
        assert read is not None
        assert read.reports == ()


def test_nothing_personal_is_logged(
    server: AliyunServer, gateway: AliyunGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script.extend([fake.ACCEPT, fake.ACCEPT_THEN_500, turned_away("isv.MOBILE_NUMBER_ILLEGAL")])
    for _ in range(3):
        gateway.send(MESSAGE)
    gateway.find(MESSAGE)
    for secret in ("1380013", "7K3M9QXW", KEY_SECRET):
        assert secret not in caplog.text
