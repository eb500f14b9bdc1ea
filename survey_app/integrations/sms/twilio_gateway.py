"""The gateway that sends SMS through Twilio's SDK."""

import logging
import re
from datetime import timedelta

from requests import exceptions as http
from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.request_validator import RequestValidator

from survey_app.clock import Clock
from survey_app.config import Settings, base_url
from survey_app.domain.text import N_
from survey_app.integrations.connections import before_anything_was_sent
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
from survey_app.integrations.sms.twilio_codes import OPTED_OUT, STATES, reason_for
from survey_app.integrations.twilio_client import TIMEOUT_SECONDS, TooManyRequestsError, make_client

PAGE_SIZE = 100
# A number gets a few messages a round; a list longer than this is no longer worth reading to its end.
MAX_PAGES = 20
CONNECT_RETRY = timedelta(seconds=30)

log = logging.getLogger(__name__)


class TwilioGateway:
    """Sends the rendered text by the real SDK, against `base_url` where one is set.

    `sender` is a number in E.164 or a Messaging Service's id (MG…).
    """

    name = "twilio"
    title = N_("短信服务商 Twilio：直接发到手机")
    fixed_tail = ""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        base_url: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        client = make_client(account_sid, auth_token, base_url, timeout)
        self._messages = client.api.v2010.account.messages
        self._validator = RequestValidator(auth_token)
        service = sender.startswith("MG")
        self._from: dict[str, str] = {"messaging_service_sid" if service else "from_": sender}

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Create the message at Twilio, which has no idempotency key: what is unclear stays unclear."""
        to = _e164(message.phone)
        if to is None:
            return Rejected("not-mobile", reason_for("21614"))
        try:
            created = self._messages.create(
                to=to,
                body=message.text,
                status_callback=message.status_callback_url or values.unset,
                **self._from,
            )
        except TooManyRequestsError as error:
            return Throttled(error.retry_after, "20429", "短信服务商要求放慢，稍后自动重试")
        except (TwilioRestException, TwilioServiceException) as error:
            if 400 <= error.status < 500:
                code = str(error.code) if error.code else f"HTTP {error.status}"
                return Rejected(code, reason_for(code), code in OPTED_OUT)
            return Ambiguous(f"短信服务商出错（HTTP {error.status}），尚不知是否已发出")
        except http.RequestException as error:
            if before_anything_was_sent(error):
                return Throttled(CONNECT_RETRY, "connect", "连不上短信服务商，稍后自动重试")
            return Ambiguous("与短信服务商的连接中断或超时，尚不知是否已发出")
        except (TwilioException, ValueError):
            # A success whose body can't be read: it may well have been taken.
            return Ambiguous("短信服务商的答复无法识别，尚不知是否已发出")
        if not created.sid:
            return Ambiguous("短信服务商的答复没有编号，尚不知是否已发出")
        report = _report(created.sid, created.status, created.error_code)
        return Accepted(created.sid, report.state or STATES["accepted"], _number(created.num_segments))

    def find(self, message: OutgoingMessage) -> Lookup:
        """List all that was sent to the number: a queued message has no date of sending yet."""
        to = _e164(message.phone)
        if to is None:
            return NotFound()
        reports: list[StatusReport] = []
        try:
            page = self._messages.page(to=to, page_size=PAGE_SIZE)
            for _ in range(MAX_PAGES):
                for found in page:
                    # Twilio may put a notice around the text, which holds this case's own code.
                    if message.text in (found.body or "") and found.sid:
                        reports.append(_report(found.sid, found.status, found.error_code))
                page = page.next_page()
                if page is None:
                    return Found(tuple(reports)) if reports else NotFound()
        except (TwilioException, http.RequestException, ValueError) as error:
            log.error("Twilio's messages could not be listed: %s", type(error).__name__)
            return LookupFailed("无法查询短信服务商的发送记录")
        return Found(tuple(reports)) if reports else LookupFailed("该号码在短信服务商处的记录过多，未能查完")

    def read_callback(self, call: CallbackRequest) -> CallbackReports | None:
        """Return what a status callback reports; None unless Twilio signed the public address it was given."""
        signature = call.headers.get("X-Twilio-Signature")
        if not signature or not self._validator.validate(call.url, dict(call.form), signature):
            return None
        sid = call.form.get("MessageSid") or call.form.get("SmsSid")
        status = call.form.get("MessageStatus") or call.form.get("SmsStatus")
        if not (sid and status):
            return CallbackReports(())
        return CallbackReports(((call.tail, _report(sid, status, call.form.get("ErrorCode"))),))


def from_settings(settings: Settings, clock: Clock) -> TwilioGateway:
    """Return the gateway that the TWILIO_ settings describe; raise SettingsError where any is missing."""
    sid, token, sender = settings.needed_by_gateway("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
    address = "TWILIO_BASE_URL"
    return TwilioGateway(sid, token, sender, base_url(settings.gateway_settings.get(address), address))


def _report(sid: str, status: str | None, error_code: object) -> StatusReport:
    word = str(status or "").lower()
    code = str(error_code) if error_code else None
    return StatusReport(
        sid, word, STATES.get(word), code, reason_for(code) if code else None, code in OPTED_OUT
    )


def _e164(phone: str) -> str | None:
    """Return a mainland mobile number, or one in E.164 already, as Twilio wants it; None for others."""
    if re.fullmatch(r"1[3-9]\d{9}", phone, re.ASCII):
        return f"+86{phone}"
    return phone if re.fullmatch(r"\+[1-9]\d{6,14}", phone, re.ASCII) else None


def _number(text: object) -> int:
    return int(str(text)) if re.fullmatch(r"\d{1,3}", str(text), re.ASCII) else 0
