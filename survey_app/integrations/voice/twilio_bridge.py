"""The bridge that calls through Twilio's SDK; nothing is recorded."""

import re
from collections.abc import Mapping

from requests import exceptions as http
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Dial, VoiceResponse

from survey_app.config import Settings, SettingsError, base_url
from survey_app.domain.call_bridge import RING_SECONDS, Leg, LegStatus
from survey_app.integrations.connections import before_anything_was_sent
from survey_app.integrations.twilio_client import TIMEOUT_SECONDS, TooManyRequestsError, make_client
from survey_app.integrations.voice.bridge import (
    Accepted,
    BridgeCallRequest,
    CallOutcome,
    LegReport,
    Refused,
    Unclear,
)

LONGEST_TALK_SECONDS = 3600
EVENTS = ("initiated", "ringing", "answered", "completed")
STATUSES = {
    **dict.fromkeys(("queued", "initiated", "ringing"), LegStatus.RINGING),
    **dict.fromkeys(("in-progress", "answered"), LegStatus.ANSWERED),
    "completed": LegStatus.COMPLETED,
    "busy": LegStatus.BUSY,
    "no-answer": LegStatus.NO_ANSWER,
    "failed": LegStatus.FAILED,
    "canceled": LegStatus.CANCELED,
}
# What the end of <Dial> reports, which says the same of the enterprise's telephone as the telephone's own reports.
DIALLED = "dialled"
REASONS = {
    "20003": "Twilio 账号或令牌不正确，请检查 TWILIO_ACCOUNT_SID 和 TWILIO_AUTH_TOKEN",
    "21210": "代拨显示的号码没有在 Twilio 验证，请检查 TWILIO_VOICE_FROM",
    "21211": "您接听的号码无效，请核对",
    "21212": "代拨显示的号码无效，请检查 TWILIO_VOICE_FROM",
    "21214": "您接听的号码打不通，请核对",
    "21215": "Twilio 账号未开通向该地区拨打，请在账号设置中开通",
    "21219": "Twilio 试用账号只能拨打已验证的号码",
    "21606": "代拨显示的号码不能拨打电话，请检查 TWILIO_VOICE_FROM",
}


class TwilioBridge:
    """Calls by the real SDK, against `base_url` where one is set; `shown` is the office's number in E.164."""

    answer = ("<Response/>", "text/xml")

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        shown: str,
        base_url: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        client = make_client(account_sid, auth_token, base_url, timeout)
        self._calls = client.api.v2010.account.calls
        self._validator = RequestValidator(auth_token)
        self._shown = shown

    def call(self, request: BridgeCallRequest) -> CallOutcome:
        """Create the call at Twilio, which has no idempotency key: what is unclear stays unclear."""
        try:
            created = self._calls.create(
                to=request.interviewer,
                from_=self._shown,
                twiml=self._instructions(request),
                timeout=RING_SECONDS,
                status_callback=f"{request.report_url}/{Leg.INTERVIEWER}",
                status_callback_event=list(EVENTS),
            )
        except TooManyRequestsError:
            return Refused("20429", "代拨服务商要求放慢，没有拨出，请稍后再点")
        except (TwilioRestException, TwilioServiceException) as error:
            if 400 <= error.status < 500:
                code = str(error.code) if error.code else f"HTTP {error.status}"
                return Refused(code, REASONS.get(code, f"代拨服务商未接受（Twilio 错误 {code}）"))
            return Unclear(f"代拨服务商出错（HTTP {error.status}），尚不知是否会拨出")
        except http.RequestException as error:
            if before_anything_was_sent(error):
                return Refused("connect", "连不上代拨服务商，没有拨出，请稍后再点")
            return Unclear("与代拨服务商的连接中断或超时，尚不知是否会拨出")
        except (TwilioException, ValueError):
            # A success whose body can't be read: it may well have been taken.
            return Unclear("代拨服务商的答复无法识别，尚不知是否会拨出")
        return Accepted(created.sid) if created.sid else Unclear("代拨服务商的答复没有编号，尚不知是否会拨出")

    def _instructions(self, request: BridgeCallRequest) -> str:
        """Return what Twilio does once the interviewer answers; `w` waits half a second before the extension."""
        dial = Dial(
            caller_id=self._shown,
            timeout=RING_SECONDS,
            time_limit=LONGEST_TALK_SECONDS,
            answer_on_bridge=True,
            record="do-not-record",
            action=f"{request.report_url}/{DIALLED}",
        )
        extension = {"send_digits": "wwww" + request.extension} if request.extension else {}
        dial.number(
            request.enterprise,
            status_callback=f"{request.report_url}/{Leg.ENTERPRISE}",
            status_callback_event=" ".join(EVENTS),
            **extension,
        )
        response = VoiceResponse()
        response.append(dial)
        return str(response)

    def is_genuine(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> bool:
        """Whether Twilio signed this call to the public address that it was given."""
        signature = headers.get("X-Twilio-Signature")
        return bool(signature and self._validator.validate(url, dict(form), signature))

    def read_report(self, part: str, form: Mapping[str, str]) -> LegReport | None:
        """Read the report of one telephone, or of the end of <Dial>; the call's id is the interviewer's leg's."""
        if part == DIALLED:
            leg, sid, word, length = Leg.ENTERPRISE, "CallSid", "DialCallStatus", "DialCallDuration"
        elif part == Leg.ENTERPRISE:
            leg, sid, word, length = Leg.ENTERPRISE, "ParentCallSid", "CallStatus", "CallDuration"
        elif part == Leg.INTERVIEWER:
            leg, sid, word, length = Leg.INTERVIEWER, "CallSid", "CallStatus", "CallDuration"
        else:
            return None
        status = STATUSES.get(form.get(word, "").lower())
        if status is None or not form.get(sid):
            return None
        seconds = form.get(length, "")
        return LegReport(
            form[sid], leg, status, int(seconds) if re.fullmatch(r"\d{1,6}", seconds, re.ASCII) else None
        )


def from_settings(settings: Settings) -> TwilioBridge:
    """Return the bridge that the TWILIO_ settings describe; raise SettingsError where any is missing or wrong."""
    sid, token, shown = settings.needed_by_bridge(
        "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_VOICE_FROM"
    )
    if not re.fullmatch(r"\+[1-9]\d{6,14}", shown, re.ASCII):
        raise SettingsError(
            f"TWILIO_VOICE_FROM 应写成 +8637767220000 的样子，并且已在 Twilio 验证，不是 {shown!r}"
        )
    address = "TWILIO_BASE_URL"
    return TwilioBridge(sid, token, shown, base_url(settings.bridge_settings.get(address), address))
