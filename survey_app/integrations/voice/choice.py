"""The choice of the call bridge, by the setting CALL_BRIDGE."""

from importlib import import_module

from survey_app.config import Settings, SettingsError
from survey_app.integrations.voice.bridge import CallBridge

# The interviewers' own telephones, which need nothing here.
NONE = "tel"
# Each is a module beside this one, NAME_bridge, with a function `from_settings`; only the chosen one is imported.
BRIDGES = ("twilio",)


def make_bridge(settings: Settings) -> CallBridge | None:
    """Return the bridge that `settings` name, None for the interviewers' own telephones.

    Raises SettingsError for a name that there is none of, and for settings that are missing.
    """
    name = settings.call_bridge
    if name == NONE:
        return None
    if name not in BRIDGES:
        raise SettingsError(f"CALL_BRIDGE 不能是 {name!r}：请设为 {NONE} 或 {'、'.join(BRIDGES)}")
    bridge: CallBridge = import_module(f"{__package__}.{name}_bridge").from_settings(settings)
    return bridge
