"""The gateway that sends through Alibaba Cloud's SMS service: the one place that knows its SDK."""

import hmac
import json
import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest, SendSmsRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config
from darabonba.exceptions import RetryError
from darabonba.runtime import RuntimeOptions
from requests import exceptions as http
from Tea.exceptions import UnretryableException

from survey_app.clock import Clock
from survey_app.config import COUNTY_ZONE, Settings, SettingsError, base_url
from survey_app.domain.access_code import derive_key
from survey_app.domain.message import MessageState
from survey_app.domain.text import N_
from survey_app.integrations.connections import before_anything_was_sent
from survey_app.integrations.sms.aliyun_codes import OPTED_OUT, is_refusal, is_throttled, reason_for
from survey_app.integrations.sms.gateway import (
    Accepted,
    Ambiguous,
    CallbackReports,
    CallbackRequest,
    Found,
    Lookup,
    LookupFailed,
    NotFound,
    OutgoingMessage,
    Rejected,
    SendOutcome,
    StatusReport,
    Throttled,
)

TIMEOUT_SECONDS = 10.0
CONNECT_RETRY = timedelta(seconds=30)
PAGE_SIZE = 50
# The provider keeps its list for 30 days; a number gets a few messages a day.
MAX_DAYS = 30
MAX_PAGES = 4
MAX_REPORTS = 1000
# Carriers take no address in a variable: the template holds the county's own, where the code is typed.
NOT_SENT = "url"
RECEIVED = '{"code": 0, "msg": "成功"}'
WAITING, FAILED, DELIVERED = 1, 2, 3
STATES = {WAITING: MessageState.SENT, FAILED: MessageState.FAILED, DELIVERED: MessageState.DELIVERED}

# No second try by the SDK itself.
ONCE = RuntimeOptions(autoretry=False, max_attempts=1)

log = logging.getLogger(__name__)


class AliyunGateway:
    """Sends a template's code and its variables by the real SDK, against `address` where one is set.

    `templates` gives the provider's code for each of our templates; `secret` is the last part of the address
    that receipts come to, which the provider doesn't sign. `timeout` in seconds is for connecting and for reading.
    """

    name = "aliyun"
    title = N_("短信服务商阿里云：直接发到手机，正文以服务商处报备的模板为准")

    def __init__(
        self,
        key_id: str,
        key_secret: str,
        sign_name: str,
        templates: Mapping[str, str],
        secret: str,
        clock: Clock,
        address: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        # At DEBUG it would write the address it calls, which holds the phone number.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        parts = urlsplit(address or "https://dysmsapi.aliyuncs.com")
        milliseconds = int(timeout * 1000)
        self._client = Client(
            Config(
                access_key_id=key_id,
                access_key_secret=key_secret,
                endpoint=parts.netloc,
                protocol=parts.scheme,
                connect_timeout=milliseconds,
                read_timeout=milliseconds,
            )
        )
        self._sign_name = sign_name
        self._templates = templates
        self.fixed_tail = secret
        self._clock = clock

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand the message over under its own id, which the provider echoes but doesn't check for repeats."""
        code = self._templates.get(message.template_key)
        if code is None:
            return Rejected(
                "no-template", f"ALIYUN_TEMPLATES 里没有模板 {message.template_key} 的代码，请补上"
            )
        variables = {name: value for name, value in message.variables.items() if name != NOT_SENT}
        request = SendSmsRequest(
            phone_numbers=message.phone,
            sign_name=self._sign_name,
            template_code=code,
            template_param=json.dumps(variables, ensure_ascii=False),
            out_id=message.message_id,
        )
        try:
            body = self._client.send_sms_with_options(request, ONCE).body
            answer, provider_id = str(body.code or ""), str(body.biz_id or "")
        except AlibabaCloudException as error:
            return _refusal(str(error.code or ""), int(error.status_code or 0))
        except UnretryableException as error:
            if _no_connection(error):
                return Throttled(CONNECT_RETRY, "connect", "连不上短信服务商，稍后自动重试")
            return Ambiguous("与短信服务商的连接中断或答复无法识别，尚不知是否已发出")
        except (AttributeError, TypeError, ValueError):
            return Ambiguous("短信服务商的答复无法识别，尚不知是否已发出")
        if answer != "OK":
            return _refusal(answer, 200)
        if not provider_id:
            return Ambiguous("短信服务商的答复没有编号，尚不知是否已发出")
        return Accepted(provider_id)

    def find(self, message: OutgoingMessage) -> Lookup:
        """Look through what was sent to the number on each day since the message was queued, for its id."""
        day = message.queued_at.astimezone(COUNTY_ZONE).date()
        today = self._clock().astimezone(COUNTY_ZONE).date()
        if (today - day).days >= MAX_DAYS:
            return LookupFailed("短信排队已超过服务商保存记录的天数，查不到是否已发出")
        reports: list[StatusReport] = []
        try:
            while day <= today:
                if not self._read_day(message, day, reports):
                    return LookupFailed("该号码在短信服务商处的记录过多，未能查完")
                day += timedelta(days=1)
        except (AlibabaCloudException, UnretryableException, _UnreadableError) as error:
            log.error("Alibaba Cloud's messages could not be listed: %s", type(error).__name__)
            return LookupFailed("无法查询短信服务商的发送记录")
        return Found(tuple(reports)) if reports else NotFound()

    def _read_day(self, message: OutgoingMessage, day: date, reports: list[StatusReport]) -> bool:
        """Add a day's reports on the message; returns whether the day's list was read to its end."""
        seen = 0
        for page in range(1, MAX_PAGES + 1):
            request = QuerySendDetailsRequest(
                phone_number=message.phone,
                send_date=f"{day:%Y%m%d}",
                page_size=PAGE_SIZE,
                current_page=page,
            )
            body = self._client.query_send_details_with_options(request, ONCE).body
            if body is None or body.code != "OK":
                raise _UnreadableError
            try:
                total = int(body.total_count or 0)
                found = body.sms_send_detail_dtos.sms_send_detail_dto if body.sms_send_detail_dtos else []
            except (AttributeError, TypeError, ValueError) as error:
                raise _UnreadableError from error
            # The list gives no number of its own for a message, only the id that we gave.
            reports += [_listed(each) for each in found if each.out_id == message.message_id]
            seen += len(found)
            if seen >= total:
                return True
            if not found:
                raise _UnreadableError
        return False

    def read_callback(self, call: CallbackRequest) -> CallbackReports | None:
        """Return what a list of receipts reports; None unless it came to the address that only we were told."""
        if not hmac.compare_digest(call.tail.encode(), self.fixed_tail.encode()):
            return None
        try:
            receipts = json.loads(call.body)
        except ValueError:
            receipts = None
        if not isinstance(receipts, list):
            return CallbackReports((), RECEIVED)
        read = (_receipt(each) for each in receipts[:MAX_REPORTS] if isinstance(each, dict))
        return CallbackReports(tuple(each for each in read if each is not None), RECEIVED)


class _UnreadableError(Exception):
    """A page of the provider's list that can't be read, so that absence from it means nothing."""


def from_settings(settings: Settings, clock: Clock) -> AliyunGateway:
    """Return the gateway that the ALIYUN_ settings describe; raise SettingsError where any is missing or wrong."""
    key_id, key_secret, sign_name, templates = settings.needed_by_gateway(
        "ALIYUN_ACCESS_KEY_ID", "ALIYUN_ACCESS_KEY_SECRET", "ALIYUN_SIGN_NAME", "ALIYUN_TEMPLATES"
    )
    address = base_url(settings.gateway_settings.get("ALIYUN_BASE_URL"), "ALIYUN_BASE_URL")
    secret = receipt_secret(settings.secret_key)
    return AliyunGateway(key_id, key_secret, sign_name, _templates(templates), secret, clock, address)


def receipt_secret(secret_key: str) -> str:
    """Return the last part of the address for receipts, 128 bits in hex."""
    return derive_key(secret_key, "aliyun-receipts").hex()[:32]


def _templates(given: str) -> dict[str, str]:
    """Read `satisfaction.invitation=SMS_1,satisfaction.reminder=SMS_2`."""
    pairs = [part.partition("=") for part in given.split(",")]
    if not all(name.strip() and code.strip() for name, _, code in pairs):
        raise SettingsError(
            "ALIYUN_TEMPLATES 应写成 satisfaction.invitation=SMS_1,satisfaction.reminder=SMS_2 的样子"
        )
    return {name.strip(): code.strip() for name, _, code in pairs}


def _refusal(code: str, status: int) -> SendOutcome:
    """Return what came of a call that was answered with a code instead of OK."""
    if is_throttled(code) or status == 429:
        return Throttled(None, code[:30], "短信服务商要求放慢，稍后自动重试")
    if status < 500 and (is_refusal(code) or status >= 400):
        return Rejected(code[:30] or f"HTTP {status}", reason_for(code), code in OPTED_OUT)
    return Ambiguous(f"短信服务商出错（{code[:30] or status}），尚不知是否已发出")


def _no_connection(error: UnretryableException) -> bool:
    """Whether the SDK's error stands for a connection that was never made; it keeps only the cause's text."""
    inner = error.inner_exception
    cause = inner.__context__ if isinstance(inner, RetryError) else None
    return isinstance(cause, http.RequestException) and before_anything_was_sent(cause)


def _listed(detail: Any) -> StatusReport:
    state = STATES.get(detail.send_status, MessageState.SENT)
    code = str(detail.err_code) if state is MessageState.FAILED and detail.err_code else None
    return StatusReport(
        "", str(detail.send_status), state, code, reason_for(code) if code else None, code in OPTED_OUT
    )


def _receipt(receipt: Mapping[str, Any]) -> tuple[str, StatusReport] | None:
    message_id, provider_id = receipt.get("out_id"), receipt.get("biz_id")
    success = receipt.get("success")
    if not (isinstance(message_id, str) and isinstance(provider_id, str) and isinstance(success, bool)):
        return None
    if not (message_id + provider_id).isprintable():  # a null would break the database's question
        return None
    if success:
        return message_id, StatusReport(provider_id, "delivered", MessageState.DELIVERED)
    code = str(receipt.get("err_code") or "UNKNOWN")[:30]
    return message_id, StatusReport(
        provider_id, "failed", MessageState.FAILED, code, reason_for(code), code in OPTED_OUT
    )
