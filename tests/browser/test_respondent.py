"""The enterprise's page in a real Chromium, as wide as a phone, with JavaScript and without."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from survey_app.db import db
from survey_app.domain.round_state import RoundState
from survey_app.models.case import Case
from survey_app.models.response import Answer, Response
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.personal_links import redraw_link
from survey_app.services.throttle import CODE_BY_ADDRESS
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    SMALL_PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    follow,
)
from tests.builders import KEYS, build_case, build_round, build_unit, code_of, token_of
from tests.conftest import FakeClock

Open = Callable[..., Page]


@dataclass
class Link:
    """A case's address and code, and its units' ids."""

    url: str
    code: str
    units: list[int]


@pytest.fixture
def link(live_server: LiveServer, clock: FakeClock) -> Link:
    with live_server.app.app_context():
        session = db.session()
        units: list[Unit] = [
            build_unit(session, name)
            for name in ("县行政审批和政务信息管理局", "国家税务总局方城县税务局", "国网方城县供电公司")
        ]
        round_ = build_round(session, closes_at=clock.now + timedelta(days=5))
        case = build_case(session, round_, units)
        session.commit()
        return Link(f"{live_server.url}/s/{token_of(case)}", code_of(case), [unit.id for unit in units])


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    contexts = []

    def open_page(size: dict[str, int] = PHONE, script: bool = True) -> Page:
        context = browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            locale="zh-CN",
            java_script_enabled=script,
            bypass_csp=script,  # lets the accessibility checker in; without it the policy holds
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def choose(page: Page, unit: int, question: str, value: str) -> None:
    """Tap a row, as a thumb does."""
    page.locator(f'input[name="u{unit}-{question}"][value="{value}"] + label').click()


def question(page: Page, unit: int, name: str):  # type: ignore[no-untyped-def]
    return page.locator(f'[name="u{unit}-{name}"]').first


def answers(server: LiveServer) -> list[Answer]:
    with server.app.app_context():
        found = list(db.session.query(Answer).order_by(Answer.unit_id))
        db.session.commit()
    return found


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_enterprise_answers(open_page: Open, live_server: LiveServer, link: Link, script: bool) -> None:
    page = open_page(script=script)
    page.goto(link.url)
    first, second, third = link.units

    # Nothing is preselected, and nothing is asked before it is known that there were dealings.
    assert page.locator("input:checked").count() == 0
    expect(page.locator(f'label[for="u{first}-rating"]')).to_be_hidden()
    choose(page, first, "dealt", "yes")
    expect(page.locator(f'label[for="u{first}-rating"]')).to_be_visible()
    choose(page, second, "dealt", "yes")
    choose(page, second, "dealt", "no")
    expect(page.locator(f'label[for="u{second}-rating"]')).to_be_hidden()
    choose(page, third, "dealt", "yes")

    page.fill(f"#u{first}-duration", "３")
    choose(page, first, "duration-unit", "workdays")
    page.fill(f"#u{first}-documents", "4")
    choose(page, first, "visits", "1")
    choose(page, first, "cost-code", "no_charge")
    expect(page.locator(f'label[for="u{first}-reasons"]')).to_be_hidden()
    choose(page, first, "rating", "basically_satisfied")
    expect(page.locator(f'label[for="u{first}-reasons"]')).to_be_visible()
    choose(page, first, "reasons", "slow")
    expect(page.locator(f"#u{first}-reasons-text")).to_be_hidden()
    choose(page, first, "reasons", "other")
    page.fill(f"#u{first}-reasons-text", "窗口午休")
    choose(page, third, "rating", "dissatisfied")
    choose(page, third, "reasons", "fees")
    choose(page, third, "rating", "satisfied")
    expect(page.locator(f'label[for="u{third}-reasons"]')).to_be_hidden()

    page.get_by_role("button", name="提交回访").click()
    expect(page.locator("h1")).to_contain_text("已收到，谢谢您")
    receipt = page.locator(".receipt").inner_text()
    page.reload()
    assert page.locator(".receipt").inner_text() == receipt

    stored = answers(live_server)
    assert [(answer.dealt, answer.rating) for answer in stored] == [
        ("yes", "basically_satisfied"),
        ("no", None),
        ("yes", "satisfied"),
    ]
    assert stored[0].details == {
        "matter": "blank",
        "duration": {"value": "3", "unit": "workdays"},
        "documents": "4",
        "visits": "1",
        "cost": "no_charge",
        "agency": "blank",
        "reasons": ["slow", "other"],
        "reasons-text": "窗口午休",
        "callback": "blank",
    }
    assert stored[1].details == {}
    assert stored[2].details["reasons"] == "not_applicable"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_error_keeps_everything_and_leads_to_its_field(
    open_page: Open, live_server: LiveServer, link: Link, script: bool
) -> None:
    page = open_page(script=script)
    page.goto(link.url)
    first, second, third = link.units
    for unit in (second, third):
        choose(page, unit, "dealt", "no")
    choose(page, first, "dealt", "yes")
    choose(page, first, "rating", "dissatisfied")
    choose(page, first, "reasons", "other")
    page.fill(f"#u{first}-reasons-text", "说来话长")
    page.fill(f"#u{first}-cost", "五百")
    page.get_by_role("button", name="提交回访").click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("还没有提交，有 1 处需要修改")
    expect(page.locator(f"#u{first}-cost-error")).to_contain_text("请填 0 到")
    assert page.input_value(f"#u{first}-cost") == "五百"
    assert page.input_value(f"#u{first}-reasons-text") == "说来话长"
    assert page.locator("input:checked").count() == 5
    if script:
        assert_accessible(page)
    alert.get_by_role("link").click()
    assert page.url.endswith(f"#u{first}-cost")
    expect(page.locator(f"#u{first}-cost")).to_be_in_viewport()
    page.fill(f"#u{first}-cost", "500")
    page.get_by_role("button", name="提交回访").click()
    expect(page.locator("h1")).to_contain_text("已收到")
    assert answers(live_server)[0].details["cost"] == "500"


def test_one_request_and_no_word_from_the_console(open_page: Open, link: Link) -> None:
    page = open_page()
    seen: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    answer = page.goto(link.url, wait_until="networkidle")
    assert answer is not None
    assert seen == [link.url]
    assert said == []
    assert answer.header_value("content-encoding") == "gzip"
    assert answer.request.sizes()["responseBodySize"] <= 14 * 1024


def test_the_policy_lets_the_style_through(open_page: Open, link: Link) -> None:
    page = open_page(script=False)  # the policy is in force here
    page.goto(link.url)
    box = page.locator(".send").bounding_box()
    assert box is not None
    assert box["height"] >= 48
    assert box["width"] > 300


def set_device_font(page: Page, pixels: int) -> None:
    """Enlarge type as a reader's device does."""
    settings = page.context.new_cdp_session(page)
    settings.send("Page.enable")
    settings.send("Page.setFontSizes", {"fontSizes": {"standard": pixels, "fixed": pixels}})


@pytest.mark.parametrize(("font", "body"), [(16, "24px"), (24, "36px")])
def test_large_type_adds_to_the_devices_own(open_page: Open, link: Link, font: int, body: str) -> None:
    page = open_page(SMALL_PHONE, script=False)
    set_device_font(page, font)
    page.goto(link.url)
    follow(page.get_by_role("link", name="大字"))
    choose(page, link.units[0], "dealt", "yes")
    assert page.evaluate("getComputedStyle(document.body).fontSize") == body
    assert_no_sideways_scroll(page)
    page.get_by_role("button", name="提交回访").click()  # two units are not answered
    expect(page.get_by_role("alert")).to_contain_text("还没有提交")
    assert page.evaluate("getComputedStyle(document.body).fontSize") == body
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("language", ["", "?lang=en"], ids=["zh", "en"])
@pytest.mark.parametrize("size", [SMALL_PHONE, PHONE, DESKTOP], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("font", [16, 32], ids=["100%", "200%"])
def test_it_fits_and_every_target_is_large(
    open_page: Open, link: Link, size: dict[str, int], font: int, language: str
) -> None:
    page = open_page(size)
    set_device_font(page, font)
    page.goto(link.url + language)
    assert page.evaluate("getComputedStyle(document.body).fontSize") == f"{font * 1.125:g}px"
    first = link.units[0]
    choose(page, first, "dealt", "yes")
    choose(page, first, "rating", "dissatisfied")
    choose(page, first, "reasons", "other")
    page.locator("summary").click()
    assert_no_sideways_scroll(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll("main label.q-l, main button, .q-field input")]
            .filter(element => element.getClientRects().length && element.getBoundingClientRect().height < 48)
            .map(element => element.textContent || element.id)"""
    )
    assert small == []


def test_axe_finds_nothing(open_page: Open, live_server: LiveServer, link: Link, clock: FakeClock) -> None:
    page = open_page()
    page.goto(link.url)
    assert_accessible(page)
    first = link.units[0]
    choose(page, first, "dealt", "yes")
    choose(page, first, "rating", "dissatisfied")
    choose(page, first, "reasons", "other")
    page.locator("summary").click()
    assert_accessible(page)
    page.goto(link.url + "?lang=en")
    assert_accessible(page)
    for path in ("/s/nothing", "/notice", "/notice/fangcheng-2022/satisfaction/2022-1"):
        page.goto(live_server.url + path)
        assert_accessible(page)
    page.goto(live_server.url + "/s?size=large")
    for _ in range(CODE_BY_ADDRESS.failures + 1):
        page.fill("#code", "22222222")
        follow(page.locator("button"))
        assert_accessible(page)
        if page.locator("#code").count():
            expect(page.locator("#code")).to_be_focused()
    expect(page.locator("h1")).to_contain_text("请稍后再试")
    with live_server.app.app_context():
        session = db.session()
        case = session.query(Case).one()
        redraw_link(session, KEYS, case, clock.now)
        renewed = f"{live_server.url}/s/{token_of(case)}"
    page.goto(link.url)
    expect(page.locator("h1")).to_contain_text("已经换成了新的")
    assert_accessible(page)
    for state, words in ((RoundState.PREPARING, "还没有开始"), (RoundState.CLOSED, "已经截止")):
        with live_server.app.app_context():
            session = db.session()
            session.query(Round).one().state = state
            session.commit()
        page.goto(renewed + "?size=large")
        expect(page.locator("h1")).to_contain_text(words)
        assert_accessible(page)
        assert_no_sideways_scroll(page)


def test_by_keyboard_alone(open_page: Open, live_server: LiveServer, link: Link) -> None:
    page = open_page()
    page.goto(link.url)
    for place, unit in enumerate(link.units):
        question(page, unit, "dealt").focus()
        page.keyboard.press("Space")
        if place:
            page.keyboard.press("ArrowDown")  # 没办过
    question(page, link.units[0], "rating").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("已收到")
    assert_accessible(page)
    assert [answer.rating for answer in answers(live_server)] == ["satisfied", None, None]
    with live_server.app.app_context():
        assert db.session.query(Response).count() == 1
        db.session.commit()


def test_a_typed_code_and_its_errors(open_page: Open, live_server: LiveServer, link: Link) -> None:
    page = open_page(SMALL_PHONE)
    page.goto(live_server.url + "/s")
    assert_accessible(page)
    page.fill("#code", "abc")
    page.get_by_role("button", name="打开回访页面").click()
    expect(page.locator("#code-error")).to_contain_text("8 位")
    assert page.input_value("#code") == "abc"
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.fill("#code", f"{link.code[:4]} {link.code[4:]}".lower())
    page.get_by_role("button", name="打开回访页面").click()
    page.wait_for_url(link.url)
