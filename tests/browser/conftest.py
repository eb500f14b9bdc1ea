"""A real Chromium before a real server."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from werkzeug.serving import make_server

from tests.applications import lent_application
from tests.conftest import PASSWORD, FakeClock
from tests.databases import Databases

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 375, "height": 812}
SMALL_PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}


class LiveServer:
    """The application on a free port of this machine, with its database to look into."""

    def __init__(self, app: Flask, url: str) -> None:
        self.app = app
        self.url = url


@pytest.fixture
def live_server(databases: Databases, tmp_path: Path, clock: FakeClock) -> Iterator[LiveServer]:
    """A running server on SQLite; write with `with live_server.app.app_context(): …` and commit."""
    with databases.lend("sqlite") as url, lent_application(url, tmp_path / "instance", clock) as app:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        # How often it looks whether it should end, in seconds.
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield LiveServer(app, f"http://localhost:{server.server_port}")
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A desktop browser with nothing in it; `bypass_csp` lets the accessibility checker in."""
    context = browser.new_context(viewport=DESKTOP, locale="zh-CN", bypass_csp=True)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def sign_in_at(page: Page, server: LiveServer, username: str) -> None:
    """Sign in through the page, as a person does; the account has the tests' password."""
    page.goto(server.url + "/sign-in")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("main button")


def follow(link: Locator) -> None:
    """Click what leads to another page, and wait for that page: a click alone may return before it."""
    with link.page.expect_navigation():
        link.click()


def assert_accessible(page: Page) -> None:
    """Require that axe finds nothing on the page as it stands."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def assert_no_sideways_scroll(page: Page) -> None:
    """Require that the page is no wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
