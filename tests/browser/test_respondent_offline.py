"""A bad line in a real Chromium: what was typed stays on the device, and is sent once, however often it is tried."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from survey_app.db import db
from survey_app.models.response import LaterSubmission, Response
from tests.browser.conftest import PHONE, LiveServer, assert_accessible
from tests.builders import build_case, build_round, build_unit, token_of
from tests.conftest import FakeClock

# What browsers since 2018 may lack, and a localStorage that refuses: the page must do without.
OLD_ENGINE = """
for (const name of ["fetch", "Promise", "Symbol", "Map", "Set", "Proxy", "FormData", "URLSearchParams",
                    "AbortController", "IntersectionObserver", "structuredClone"]) {
  try { delete window[name]; } catch (error) { /* not deletable: then the page can't miss it */ }
}
for (const name of ["closest", "append", "prepend", "remove", "replaceWith", "matches", "toggleAttribute"]) {
  delete Element.prototype[name];
}
delete NodeList.prototype.forEach;
for (const name of ["find", "findIndex", "includes", "flat", "at"]) delete Array.prototype[name];
for (const name of ["includes", "startsWith", "padStart", "replaceAll"]) delete String.prototype[name];
delete Object.assign; delete Object.entries; delete Object.fromEntries; delete Array.from;
"""
NO_STORE = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } });"


@dataclass
class Link:
    url: str
    unit: int


@pytest.fixture
def link(live_server: LiveServer, clock: FakeClock) -> Link:
    with live_server.app.app_context():
        session = db.session()
        unit = build_unit(session, "县税务局")
        # Real browsers have the real time, by which what they keep grows old.
        closes_at = clock.now + timedelta(days=36_500)
        case = build_case(session, build_round(session, closes_at=closes_at), [unit])
        session.commit()
        return Link(f"{live_server.url}/s/{token_of(case)}", unit.id)


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A phone with the policy in force."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    yield context
    context.close()


def fill_in(page: Page, link: Link, remark: str = "排了很久") -> None:
    for question, value in (("dealt", "yes"), ("rating", "dissatisfied"), ("reasons", "other")):
        page.locator(f'input[name="u{link.unit}-{question}"][value="{value}"] + label').click()
    page.fill(f"#u{link.unit}-reasons-text", remark)
    page.fill(f"#u{link.unit}-cost", "120")


def typed(page: Page, link: Link) -> tuple[int, str, str]:
    return (
        page.locator("input:checked").count(),
        page.input_value(f"#u{link.unit}-reasons-text"),
        page.input_value(f"#u{link.unit}-cost"),
    )


def send(page: Page) -> None:
    page.get_by_role("button", name="提交回访").click()


def stored(server: LiveServer) -> tuple[list[str], int]:
    """The receipts, and how many later submissions."""
    with server.app.app_context():
        session = db.session()
        found = (
            [response.receipt_code for response in session.query(Response)],
            session.query(LaterSubmission).count(),
        )
        session.commit()
    return found


def on_device(page: Page) -> list[str]:
    return page.evaluate("Object.keys(localStorage)")  # type: ignore[no-any-return]


def answering(page: Page, *answers: Callable[[Route], None]) -> list[str]:
    """Answer the next posts so, later ones as the server does; return what is posted, as it comes."""
    waiting, bodies = list(answers), []

    def handle(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        bodies.append(route.request.post_data or "")
        if waiting:
            waiting.pop(0)(route)
        else:
            route.continue_()

    page.route("**/s/*", handle)
    return bodies


def busy(route: Route) -> None:
    route.fulfill(status=503, body="busy")


def portal(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<html><main>请先登录无线网</main></html>")


def lost(route: Route) -> None:
    """The server takes the answers, and its answer gets lost."""
    route.fetch(max_redirects=0)
    route.abort("connectionreset")


def swallowed(route: Route) -> None:
    """The server takes the answers, and something before it says that it didn't."""
    route.fetch(max_redirects=0)
    route.fulfill(status=502, body="bad gateway")


def assert_receipt(page: Page, server: LiveServer) -> None:
    expect(page.locator("h1")).to_contain_text("已收到，谢谢您")
    [receipt], later = stored(server)
    assert page.locator(".receipt").inner_text().replace(" ", "") == receipt
    assert later == 0
    assert on_device(page) == []


def test_offline_in_the_middle(phone: BrowserContext, live_server: LiveServer, link: Link) -> None:
    page = phone.new_page()
    page.goto(link.url)
    fill_in(page, link)
    before = typed(page, link)
    phone.set_offline(True)
    send(page)
    expect(page.locator("#sending")).to_contain_text("秒后自动再发")
    assert typed(page, link) == before
    assert stored(live_server) == ([], 0)
    assert page.url == link.url
    # The phone was switched off meanwhile: another page of the same device, when there is a line again.
    page.close()
    phone.set_offline(False)
    page = phone.new_page()
    page.goto(link.url)
    assert typed(page, link) == before
    expect(page.locator("#restored")).to_contain_text("已经替您填回")
    [key] = on_device(page)
    assert link.url.rpartition("/")[2] not in key + page.evaluate(f"localStorage['{key}']")
    phone.set_offline(True)
    send(page)
    expect(page.locator("#sending")).to_contain_text("秒后自动再发")
    phone.set_offline(False)  # noticed at once, without a press
    assert_receipt(page, live_server)
    assert page.title().startswith("已收到")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.reload()
    assert_receipt(page, live_server)


def test_a_server_that_is_busy_twice(phone: BrowserContext, live_server: LiveServer, link: Link) -> None:
    page = phone.new_page()
    page.goto(link.url)
    fill_in(page, link)
    bodies = answering(page, busy, portal)
    send(page)
    assert_receipt(page, live_server)
    assert len(bodies) == 3
    assert len(set(bodies)) == 1  # the stamp too: the same submission each time


def test_the_servers_answer_is_lost(phone: BrowserContext, live_server: LiveServer, link: Link) -> None:
    page = phone.new_page()
    page.goto(link.url)
    fill_in(page, link)
    bodies = answering(page, lost)
    send(page)
    assert_receipt(page, live_server)
    assert len(bodies) == 2


def test_two_tabs(phone: BrowserContext, live_server: LiveServer, link: Link) -> None:
    first, second = phone.new_page(), phone.new_page()
    first.goto(link.url)
    fill_in(first, link)
    second.goto(link.url)
    assert typed(second, link) == typed(first, link)
    send(first)
    assert_receipt(first, live_server)
    assert_receipt(second, live_server)  # which learns of it by itself


def test_an_error_and_a_change_while_waiting(
    phone: BrowserContext, live_server: LiveServer, link: Link
) -> None:
    page = phone.new_page()
    page.goto(link.url)
    fill_in(page, link)
    page.fill(f"#u{link.unit}-cost", "很多")
    send(page)
    expect(page.locator("#faults")).to_be_focused()
    assert page.title().startswith("有 1 处要改")
    assert typed(page, link) == (3, "排了很久", "很多")
    page.fill(f"#u{link.unit}-cost", "120")
    phone.set_offline(True)
    send(page)
    expect(page.locator("#sending")).to_contain_text("秒后自动再发")
    page.fill(f"#u{link.unit}-cost", "130")
    expect(page.locator("#sending")).to_contain_text("您改动了内容")
    phone.set_offline(False)
    page.wait_for_timeout(300)
    assert stored(live_server) == ([], 0)  # nothing is sent that was not asked for
    send(page)
    assert_receipt(page, live_server)


def test_what_is_kept_can_be_cleared_and_grows_old(
    phone: BrowserContext, live_server: LiveServer, link: Link
) -> None:
    page = phone.new_page()
    page.goto(link.url)
    expect(page.locator("#forget")).to_be_hidden()
    fill_in(page, link)
    [key] = on_device(page)
    kept = json.loads(page.evaluate(f"localStorage['{key}']"))
    assert 0 < kept["until"] / 1000 - page.evaluate("Date.now()") / 1000 <= 7 * 24 * 3600
    page.get_by_role("button", name="清除已填内容").click()
    assert on_device(page) == []
    assert typed(page, link) == (0, "", "")
    expect(page.locator("#forget")).to_be_hidden()
    fill_in(page, link)
    page.evaluate(
        "([key, kept]) => { localStorage[key] = kept; localStorage['answers:other'] = kept; }",
        [key, json.dumps({**kept, "until": 1})],
    )
    page.reload()
    assert on_device(page) == []
    assert typed(page, link) == (0, "", "")


@pytest.mark.parametrize("script", [OLD_ENGINE, OLD_ENGINE + NO_STORE], ids=["old", "old-no-store"])
def test_an_old_engine(phone: BrowserContext, live_server: LiveServer, link: Link, script: str) -> None:
    phone.add_init_script(script)
    page = phone.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(link.url)
    fill_in(page, link)
    answering(page, busy)
    send(page)
    expect(page.locator("h1")).to_contain_text("已收到，谢谢您")
    assert faults == []
    assert len(stored(live_server)[0]) == 1


def test_without_script_sending_again_is_harmless(
    browser: Browser, live_server: LiveServer, link: Link
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(link.url)
    fill_in(page, link)
    bodies = answering(page, busy, swallowed)
    send(page)
    for _ in range(2):
        page.reload()  # the browser sends what it had sent
    expect(page.locator("h1")).to_contain_text("已收到，谢谢您")
    [receipt], later = stored(live_server)
    assert page.locator(".receipt").inner_text().replace(" ", "") == receipt
    assert later == 0
    assert len(bodies) == 3
    assert len(set(bodies)) == 1
    context.close()


def test_what_a_screen_reader_is_told(browser: Browser, live_server: LiveServer, link: Link) -> None:
    context = browser.new_context(viewport=PHONE, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(link.url)
    fill_in(page, link)
    told = page.locator("main").aria_snapshot()
    for line in (
        '- heading "企业办事回访" [level=1]',
        '- heading "县税务局" [level=2]',
        '- group "本季度（4月—6月）贵单位是否到县税务局办过业务或接受过服务？":',
        '- radio "办过" [checked]',
        '- checkbox "其他" [checked]',
        '- button "提交回访"',
        '- button "清除已填内容"',
    ):
        assert line in told, told
    page.fill(f"#u{link.unit}-cost", "很多")
    send(page)
    expect(page.locator("#faults")).to_be_focused()
    expect(page.locator(f"#u{link.unit}-cost")).to_have_accessible_description(re.compile("请填 0 到"))
    assert_accessible(page)
    context.close()
