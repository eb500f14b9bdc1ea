"""The sign-in page in a real browser."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    SMALL_PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    follow,
)


@pytest.mark.parametrize("size", [SMALL_PHONE, PHONE, DESKTOP], ids=lambda size: str(size["width"]))
def test_sign_in_page_is_accessible_and_fits(
    page: Page, live_server: LiveServer, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.goto(live_server.url + "/sign-in")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.click("main button")
    page.wait_for_selector("[role=alert]")
    assert_accessible(page)


def test_page_speaks_english_when_asked(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/sign-in")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    follow(page.get_by_text("English"))
    assert page.locator("html").get_attribute("lang") == "en"
