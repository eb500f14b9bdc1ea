"""The gateways that need no provider, and the choice among all."""

import csv
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from survey_app.config import Settings, SettingsError
from survey_app.domain.message import MessageState
from survey_app.integrations.sms.choice import GATEWAYS, make_gateway
from survey_app.integrations.sms.csv_gateway import CsvGateway
from survey_app.integrations.sms.gateway import (
    Accepted,
    Ambiguous,
    CallbackGateway,
    Found,
    LookupFailed,
    NotFound,
    OutgoingMessage,
    StatusReport,
    Throttled,
)
from survey_app.integrations.sms.outbox_gateway import OutboxGateway
from tests.conftest import FakeClock

MESSAGE = OutgoingMessage(
    "m-1", "13800138000", "invitation", {}, "【方城营商办】请打开 https://hf.example 。", None,
    datetime(2022, 6, 15, tzinfo=UTC),
)  # fmt: skip
SENT = MessageState.SENT


@pytest.fixture
def gateway(tmp_path: Path, clock: FakeClock) -> CsvGateway:
    return CsvGateway(tmp_path / "sms", clock)


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_outbox_accepts_and_finds_again() -> None:
    gateway = OutboxGateway()
    assert gateway.send(MESSAGE) == Accepted("outbox-m-1", SENT)
    assert gateway.find(MESSAGE) == Found((StatusReport("outbox-m-1", "sent", SENT),))


def test_csv_file_is_what_a_spreadsheet_opens(gateway: CsvGateway, tmp_path: Path) -> None:
    assert gateway.send(MESSAGE) == Accepted("m-1", SENT)
    assert gateway.send(
        replace(MESSAGE, message_id="m-2", phone="+8613900139000", text='说"好",')
    ) == Accepted("m-2")
    path = tmp_path / "sms" / "sms-2022-06-15.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert rows(path) == [
        ["手机号码", "短信内容", "消息编号"],
        ["13800138000", MESSAGE.text, "m-1"],
        ["13900139000", '说"好",', "m-2"],
    ]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "＝1", "＋1", "－1", "＠a"])
def test_csv_cell_is_never_a_formula(gateway: CsvGateway, tmp_path: Path, text: str) -> None:
    gateway.send(replace(MESSAGE, text=text, phone="+1555"))
    assert rows(tmp_path / "sms" / "sms-2022-06-15.csv")[1] == ["'+1555", f"'{text}", "m-1"]


def test_csv_starts_a_file_at_midnight_in_the_county(
    gateway: CsvGateway, tmp_path: Path, clock: FakeClock
) -> None:
    clock.now = datetime(2022, 6, 15, 15, 59, tzinfo=UTC)
    gateway.send(MESSAGE)
    clock.advance(timedelta(minutes=1))
    gateway.send(replace(MESSAGE, message_id="m-2"))
    assert sorted(path.name for path in (tmp_path / "sms").iterdir()) == [
        "sms-2022-06-15.csv",
        "sms-2022-06-16.csv",
    ]
    for number in ("m-1", "m-2"):
        assert gateway.find(replace(MESSAGE, message_id=number)) == Found(
            (StatusReport(number, "sent", SENT),)
        )


def test_csv_find_knows_what_was_not_written(gateway: CsvGateway, tmp_path: Path) -> None:
    assert gateway.find(MESSAGE) == NotFound()
    gateway.send(MESSAGE)
    assert gateway.find(replace(MESSAGE, message_id="m-11")) == NotFound()
    assert gateway.find(replace(MESSAGE, message_id="1")) == NotFound()
    (tmp_path / "sms" / "sms-2022-06-14.csv").mkdir()
    assert isinstance(gateway.find(replace(MESSAGE, message_id="m-9")), LookupFailed)


@pytest.mark.parametrize("torn", [b'13900139000,"half a', b"13900139000,text,m-", b"13900139000,text,m-2\r"])
def test_csv_row_torn_by_a_crash_was_not_sent(gateway: CsvGateway, tmp_path: Path, torn: bytes) -> None:
    gateway.send(MESSAGE)
    path = tmp_path / "sms" / "sms-2022-06-15.csv"
    with path.open("ab") as file:
        file.write(torn)
    second = replace(MESSAGE, message_id="m-2")
    assert gateway.find(second) == NotFound()
    gateway.send(second)
    assert [row[2] for row in rows(path)[1:]] == ["m-1", "m-2"]


def test_csv_file_torn_in_its_first_line_begins_anew(gateway: CsvGateway, tmp_path: Path) -> None:
    (tmp_path / "sms").mkdir()
    path = tmp_path / "sms" / "sms-2022-06-15.csv"
    path.write_bytes(b"\xef\xbb")
    gateway.send(MESSAGE)
    assert [row[2] for row in rows(path)] == ["消息编号", "m-1"]


def test_csv_file_of_something_else_is_left_alone(gateway: CsvGateway, tmp_path: Path) -> None:
    (tmp_path / "sms").mkdir()
    path = tmp_path / "sms" / "sms-2022-06-15.csv"
    path.write_bytes(b"x" * 10_000)
    assert isinstance(gateway.send(MESSAGE), Throttled)
    assert path.stat().st_size == 10_000


def test_csv_on_a_full_disk_leaves_no_half_row(
    gateway: CsvGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.send(MESSAGE)
    path = tmp_path / "sms" / "sms-2022-06-15.csv"
    before = path.read_bytes()
    write, calls = os.write, []

    def full(descriptor: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:5])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        outcome = gateway.send(replace(MESSAGE, message_id="m-2"))
    assert isinstance(outcome, Throttled)
    assert "No space left" in outcome.reason
    assert path.read_bytes() == before
    assert gateway.find(replace(MESSAGE, message_id="m-2")) == NotFound()


def test_csv_that_may_not_be_on_the_disk_is_ambiguous(
    gateway: CsvGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        assert isinstance(gateway.send(MESSAGE), Ambiguous)


def test_csv_takes_many_writers(gateway: CsvGateway, tmp_path: Path) -> None:
    numbers = [f"m-{number}" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: gateway.send(replace(MESSAGE, message_id=number)), numbers))
    written = rows(tmp_path / "sms" / "sms-2022-06-15.csv")
    assert written[0] == ["手机号码", "短信内容", "消息编号"]
    assert sorted(row[2] for row in written[1:]) == sorted(numbers)


SETTINGS = Settings(
    instance=Path("instance"),
    database_url="sqlite://",
    secret_key="x" * 40,
    public_base_url="https://hf.example",
    sms_gateway="twilio",
    gateway_settings={
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_FROM": "+15005550006",
        "ALIYUN_ACCESS_KEY_ID": "LTAI1",
        "ALIYUN_ACCESS_KEY_SECRET": "secret",
        "ALIYUN_SIGN_NAME": "方城营商办",
        "ALIYUN_TEMPLATES": "satisfaction.invitation=SMS_1",
    },
)


@pytest.mark.parametrize("name", GATEWAYS)
def test_gateway_is_chosen_by_name(name: str, clock: FakeClock) -> None:
    gateway = make_gateway(replace(SETTINGS, sms_gateway=name), clock)
    assert gateway.name == name
    assert isinstance(gateway, CallbackGateway) == (name in ("twilio", "aliyun"))


@pytest.mark.parametrize(
    ("gateway", "without", "sentence"),
    [
        ("pigeon", (), "SMS_GATEWAY 不能是 'pigeon'：请设为 outbox、csv、twilio 或 aliyun"),
        ("twilio", ("TWILIO_AUTH_TOKEN",), "SMS_GATEWAY=twilio 还缺少设置：TWILIO_AUTH_TOKEN"),
        (
            "twilio",
            ("TWILIO_ACCOUNT_SID", "TWILIO_FROM", "PUBLIC_BASE_URL"),
            "SMS_GATEWAY=twilio 还缺少设置：TWILIO_ACCOUNT_SID、TWILIO_FROM、PUBLIC_BASE_URL",
        ),
        ("aliyun", ("ALIYUN_TEMPLATES",), "SMS_GATEWAY=aliyun 还缺少设置：ALIYUN_TEMPLATES"),
    ],
)
def test_unusable_settings_refuse_to_start(
    gateway: str, without: tuple[str, ...], sentence: str, clock: FakeClock
) -> None:
    kept = {name: value for name, value in SETTINGS.gateway_settings.items() if name not in without}
    public = None if "PUBLIC_BASE_URL" in without else SETTINGS.public_base_url
    with pytest.raises(SettingsError) as caught:
        make_gateway(
            replace(SETTINGS, sms_gateway=gateway, gateway_settings=kept, public_base_url=public), clock
        )
    assert str(caught.value) == sentence


def test_templates_that_are_not_pairs_and_addresses_that_are_none(clock: FakeClock) -> None:
    for name, value in (("ALIYUN_TEMPLATES", "SMS_1"), ("ALIYUN_BASE_URL", "dysmsapi.aliyuncs.com")):
        wrong = {**SETTINGS.gateway_settings, name: value}
        with pytest.raises(SettingsError, match=name):
            make_gateway(replace(SETTINGS, sms_gateway="aliyun", gateway_settings=wrong), clock)
