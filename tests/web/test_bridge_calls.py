"""Calls by the bridge, from the button to the last report, against a server that speaks Twilio's protocol."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.integrations.voice.twilio_bridge import TwilioBridge
from survey_app.models.bridge_call import BridgeCall, BridgeReport
from survey_app.models.contact_attempt import ContactAttempt
from tests.builders import build_case, build_round, build_unit
from tests.conftest import FakeClock
from tests.fakes import twilio_server as fake
from tests.fakes.twilio_server import ACCOUNT, TOKEN, Callback, CallEntry, TwilioServer, call_report
from tests.web.calls import take

PUBLIC = "https://hf.example.gov.cn"
NUMBER, OWN = "13800138000", "13900000001"


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest.fixture
def bridged(app: Flask, server: TwilioServer) -> Flask:
    built = app.extensions["collaborators"]
    app.extensions["collaborators"] = replace(
        built,
        settings=replace(built.settings, public_base_url=PUBLIC),
        bridge=TwilioBridge(ACCOUNT, TOKEN, "+8637767220000", server.base_url, timeout=0.4),
    )
    return app


@pytest.fixture
def browser(bridged: Flask, session: Session, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    build_case(session, build_round(session), [build_unit(session)], phone=NUMBER)
    session.commit()
    return sign_in(Role.INTERVIEWER)


def press(browser: FlaskClient, address: str, own: str = OWN) -> int:
    return browser.post(f"{address}/bridge", data={"phone": 0, "own_phone": own}).status_code


def post(app: Flask, what: Callback) -> int:
    path = what.url.removeprefix(PUBLIC)
    return app.test_client().post(path, data=what.form, headers=what.headers).status_code


def seen(browser: FlaskClient, address: str) -> str:
    page = browser.get(f"{address}/bridge")
    assert page.status_code == 200
    return page.text


def count(session: Session, model: type) -> int:
    found = session.scalar(select(func.count()).select_from(model)) or 0
    session.rollback()
    return found


def whole_call(call: CallEntry) -> list[Callback]:
    return [
        call_report(call, "interviewer", "ringing"),
        call_report(call, "interviewer", "in-progress"),
        call_report(call, "enterprise", "ringing"),
        call_report(call, "enterprise", "in-progress"),
        call_report(call, "enterprise", "completed", 200),
        call_report(call, "dialled", "completed", 200),
        call_report(call, "interviewer", "completed", 230),
    ]


def test_call_from_the_button_to_its_end(
    bridged: Flask, browser: FlaskClient, server: TwilioServer, session: Session
) -> None:
    address = take(browser)
    assert NUMBER not in browser.get(address).text
    assert press(browser, address) == press(browser, address) == 303  # pressed twice
    [call] = server.calls
    assert (call.asked("To"), count(session, ContactAttempt)) == ("+86" + OWN, 1)
    texts = ["正在拨您", "正在拨您", "正在拨企业", "正在拨企业", "通话中", "通话已结束"]
    page = browser.get(address).text
    assert texts[0] in page
    assert NUMBER not in page
    assert OWN in page
    for what, text in zip(whole_call(call), texts[1:], strict=False):
        assert post(bridged, what) == 200
        assert text in seen(browser, address)
    for what in whole_call(call)[5:]:
        assert post(bridged, what) == 200
    text = seen(browser, address)
    assert "通话 200 秒" in text
    assert "data-live" not in text
    assert NUMBER not in text
    assert press(browser, address) == 303
    assert len(server.calls) == 1  # it went through: the outcome comes first


def test_reports_twice_and_shuffled_come_to_the_same(
    bridged: Flask, browser: FlaskClient, server: TwilioServer, session: Session
) -> None:
    address = take(browser)
    press(browser, address)
    reports = whole_call(server.calls[0]) * 2
    random.Random(5).shuffle(reports)
    assert {post(bridged, what) for what in reports} == {200}
    assert "通话 200 秒" in seen(browser, address)
    assert count(session, BridgeReport) == 6


def test_forged_reports_change_nothing(
    bridged: Flask, browser: FlaskClient, server: TwilioServer, session: Session
) -> None:
    address = take(browser)
    press(browser, address)
    [call] = server.calls
    right = call_report(call, "enterprise", "busy")
    forged = [
        call_report(call, "enterprise", "busy", token="guess"),
        replace(right, headers={}),
        replace(right, form=right.form | {"CallStatus": "completed"}),
        replace(right, url=right.url.replace("/enterprise", "/interviewer")),
    ]
    assert {post(bridged, what) for what in forged} == {403}
    other = CallEntry("CA" + "e" * 32, call.form)  # signed, but another of the provider's calls
    assert post(bridged, call_report(other, "enterprise", "busy")) == 200
    nobody = {"StatusCallback": [f"{PUBLIC}/hooks/voice/none/interviewer"]}
    assert post(bridged, call_report(CallEntry(call.sid, nobody), "interviewer", "busy")) == 404
    assert count(session, BridgeReport) == 0
    assert "正在拨您的电话" in seen(browser, address)


@pytest.mark.parametrize(
    ("part", "status", "text", "again", "number"),
    [
        ("interviewer", "busy", "您的电话占线", True, False),
        ("interviewer", "no-answer", "您的电话没有接听", True, False),
        ("enterprise", "busy", "对方占线", False, False),
        ("dialled", "no-answer", "对方没有接听", False, False),
        ("enterprise", "failed", "代拨接不通对方", False, True),
    ],
)
def test_calls_that_come_to_nothing(
    bridged: Flask,
    browser: FlaskClient,
    server: TwilioServer,
    part: str,
    status: str,
    text: str,
    again: bool,
    number: bool,
) -> None:
    address = take(browser)
    press(browser, address)
    assert post(bridged, call_report(server.calls[0], part, status)) == 200
    page = seen(browser, address)
    assert text in page
    assert (NUMBER in page) is number
    press(browser, address)
    assert len(server.calls) == (2 if again else 1)


@pytest.mark.parametrize("step", [fake.ACCEPT_THEN_HANG, fake.ACCEPT_THEN_500])
def test_unclear_asking_is_never_repeated_and_reports_settle_it(
    bridged: Flask, browser: FlaskClient, server: TwilioServer, step: fake.Step
) -> None:
    server.script.append(step)
    address = take(browser)
    press(browser, address)
    page = seen(browser, address)
    assert "不知道是否已拨出" in page
    assert f"tel:+86{NUMBER}" in page
    press(browser, address)
    [call] = server.calls
    assert post(bridged, call_report(call, "enterprise", "in-progress")) == 200
    assert "通话中" in seen(browser, address)


def test_refused_asking_may_be_repeated(browser: FlaskClient, server: TwilioServer) -> None:
    server.script.append(fake.too_many())
    address = take(browser)
    press(browser, address)
    assert "要求放慢" in seen(browser, address)
    press(browser, address)
    assert len(server.calls) == 1
    assert "正在拨您的电话" in seen(browser, address)


def test_process_that_died_between_asking_and_writing_down_the_answer(
    bridged: Flask, browser: FlaskClient, server: TwilioServer, session: Session, clock: FakeClock
) -> None:
    def die(_entry: object) -> None:
        raise SystemExit

    address = take(browser)
    bridge = bridged.extensions["collaborators"].bridge
    with pytest.MonkeyPatch.context() as patch:
        asked = bridge.call
        patch.setattr(bridge, "call", lambda request: die(asked(request)))
        with pytest.raises(SystemExit):
            press(browser, address)
    [call] = server.calls
    assert session.scalars(select(BridgeCall.provider_id)).one() is None
    session.rollback()
    assert "正在请求代拨" in seen(browser, address)
    clock.advance(timedelta(seconds=31))
    assert "不知道是否已拨出" in seen(browser, address)
    press(browser, address)
    assert len(server.calls) == 1
    assert post(bridged, call_report(call, "interviewer", "in-progress")) == 200
    assert "正在拨企业" in seen(browser, address)
    assert session.scalars(select(BridgeCall.provider_id)).one() == call.sid


def test_number_that_cannot_be_rung_stays_on_the_page(
    browser: FlaskClient, server: TwilioServer, session: Session
) -> None:
    address = take(browser)
    answer = browser.post(f"{address}/bridge", data={"phone": 0, "own_phone": "12345"})
    assert (answer.status_code, server.posts, count(session, ContactAttempt)) == (400, 0, 0)
    assert 'value="12345"' in answer.text
    assert "您接听的电话应是" in answer.text


def test_without_a_bridge_there_is_no_such_page(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    browser = sign_in(Role.INTERVIEWER)
    assert browser.get("/calls/x/bridge").status_code == press(browser, "/calls/x") == 404
    assert app.test_client().post("/hooks/voice/x/interviewer").status_code == 404
