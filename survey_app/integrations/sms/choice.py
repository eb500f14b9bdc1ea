"""The choice of the gateway, by the setting SMS_GATEWAY."""

from survey_app.clock import Clock
from survey_app.config import Settings, SettingsError
from survey_app.integrations.sms.csv_gateway import CsvGateway
from survey_app.integrations.sms.gateway import SmsGateway
from survey_app.integrations.sms.outbox_gateway import OutboxGateway
from survey_app.integrations.sms.twilio_gateway import TwilioGateway


def make_gateway(settings: Settings, clock: Clock) -> SmsGateway:
    """Return the gateway that `settings` name.

    Raises SettingsError for a name that there is none of, and for settings that are missing.
    """
    match settings.sms_gateway:
        case "outbox":
            return OutboxGateway()
        case "csv":
            return CsvGateway(settings.instance / "sms", clock)
        case "twilio":
            return _twilio(settings)
    raise SettingsError(f"SMS_GATEWAY 不能是 {settings.sms_gateway!r}：请设为 outbox、csv 或 twilio")


def _twilio(settings: Settings) -> SmsGateway:
    sid, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from
    if not (sid and token and sender and settings.public_base_url):
        needed = {
            "TWILIO_ACCOUNT_SID": sid,
            "TWILIO_AUTH_TOKEN": token,
            "TWILIO_FROM": sender,
            "PUBLIC_BASE_URL": settings.public_base_url,
        }
        missing = "、".join(name for name, value in needed.items() if not value)
        raise SettingsError(f"SMS_GATEWAY=twilio 还缺少设置：{missing}")
    return TwilioGateway(sid, token, sender, settings.twilio_base_url)
