"""The real Twilio SDK asking for calls from a local server that keeps its own ledger."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from survey_app.config import SettingsError
from survey_app.integrations.voice.bridge import Accepted, BridgeCallRequest, Refused, Unclear
from survey_app.integrations.voice.choice import make_bridge
from survey_app.integrations.voice.twilio_bridge import TwilioBridge
from tests.databases import settings_for
from tests.fakes import twilio_server as fake
from tests.fakes.twilio_server import ACCOUNT, TOKEN, Step, TwilioServer

OFFICE = "+8637767220000"
URL = "https://hf.example/hooks/voice/0f9b"
REQUEST = BridgeCallRequest("+8613900000001", "+8637767230000", "801", URL)


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest.fixture
def bridge(server: TwilioServer) -> TwilioBridge:
    return TwilioBridge(ACCOUNT, TOKEN, OFFICE, server.base_url, timeout=0.4)


def test_both_sides_see_the_offices_number_and_nothing_is_recorded(
    server: TwilioServer, bridge: TwilioBridge
) -> None:
    outcome = bridge.call(REQUEST)
    [call] = server.calls
    assert outcome == Accepted(call.sid)
    assert (call.asked("To"), call.asked("From")) == ("+8613900000001", OFFICE)
    assert call.asked("StatusCallback") == f"{URL}/interviewer"
    assert "Record" not in call.form
    [dial] = ElementTree.fromstring(call.asked("Twiml"))
    assert (dial.tag, dial.get("callerId"), dial.get("record")) == ("Dial", OFFICE, "do-not-record")
    assert (dial.get("action"), dial.get("timeout")) == (f"{URL}/dialled", "30")
    [number] = dial
    assert (number.text, number.get("sendDigits")) == ("+8637767230000", "wwww801")
    assert number.get("statusCallback") == f"{URL}/enterprise"
    assert "13900000001" not in call.asked("Twiml")


@pytest.mark.parametrize(
    "step",
    [
        fake.ACCEPT_THEN_HANG,
        fake.ACCEPT_THEN_500,
        fake.ACCEPT_THEN_RESET,
        fake.ACCEPT_THEN_NONSENSE,
        fake.ERROR_500,
    ],
)
def test_what_may_have_been_taken_is_unclear_and_asked_once(
    server: TwilioServer, bridge: TwilioBridge, step: Step
) -> None:
    server.script.append(step)
    assert isinstance(bridge.call(REQUEST), Unclear)
    assert server.posts == 1


@pytest.mark.parametrize(
    ("step", "code"),
    [(fake.too_many(), "20429"), (fake.refuse(21215), "21215"), (fake.refuse(99999), "99999")],
)
def test_refusal_is_certain_and_says_why(
    server: TwilioServer, bridge: TwilioBridge, step: Step, code: str
) -> None:
    server.script.append(step)
    outcome = bridge.call(REQUEST)
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert "139" not in outcome.reason
    assert server.calls == []


def test_refused_connection_is_certain() -> None:
    outcome = TwilioBridge(ACCOUNT, TOKEN, OFFICE, "http://127.0.0.1:9", timeout=0.4).call(REQUEST)
    assert isinstance(outcome, Refused)


def test_choice(tmp_path: Path) -> None:
    assert make_bridge(settings_for("sqlite://", tmp_path)) is None
    with pytest.raises(SettingsError, match="请设为 tel 或 twilio"):
        make_bridge(settings_for("sqlite://", tmp_path, call_bridge="smoke"))
    given = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    with pytest.raises(SettingsError, match="CALL_BRIDGE=twilio 还缺少设置：TWILIO_VOICE_FROM"):
        make_bridge(settings_for("sqlite://", tmp_path, call_bridge="twilio", bridge_settings=given))
    given["TWILIO_VOICE_FROM"] = "0377-67220000"
    with pytest.raises(SettingsError, match="\\+8637767220000"):
        make_bridge(settings_for("sqlite://", tmp_path, call_bridge="twilio", bridge_settings=given))
