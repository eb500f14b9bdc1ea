"""The choice of the gateway, by the setting SMS_GATEWAY."""

from importlib import import_module

from survey_app.clock import Clock
from survey_app.config import Settings, SettingsError
from survey_app.integrations.sms.gateway import SmsGateway

# Each is a module beside this one, NAME_gateway, with a function `from_settings`. Only the chosen one is
# imported: a vendor's SDK takes a second to load and tens of megabytes, in every process.
GATEWAYS = ("outbox", "csv", "twilio", "aliyun")


def make_gateway(settings: Settings, clock: Clock) -> SmsGateway:
    """Return the gateway that `settings` name.

    Raises SettingsError for a name that there is none of, and for settings that are missing.
    """
    name = settings.sms_gateway
    if name not in GATEWAYS:
        known = "、".join(GATEWAYS[:-1])
        raise SettingsError(f"SMS_GATEWAY 不能是 {name!r}：请设为 {known} 或 {GATEWAYS[-1]}")
    gateway: SmsGateway = import_module(f"{__package__}.{name}_gateway").from_settings(settings, clock)
    return gateway
