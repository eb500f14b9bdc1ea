"""The table of entries as a spreadsheet in a real browser: keys, paste, faults, two people, a lost connection."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.models.item_entry import ItemEntry
from survey_app.services.accounts import add_account
from tests.browser.conftest import LiveServer, assert_accessible, assert_no_sideways_scroll, sign_in_at
from tests.builders import build_round, build_unit
from tests.conftest import PASSWORD, FakeClock

GRID = "/rounds/2022-Q2/items/grid"
PASTE = """(input, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  input.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def grid(page: Page, live_server: LiveServer, clock: FakeClock) -> Page:
    """The table of four units before the office's 王敏; 李军 may sign in as "li"."""
    with live_server.app.app_context():
        session = db.session()
        for number in range(1, 5):
            build_unit(session, f"单位{number}")
        build_round(session)
        add_account(session, "wang", "王敏", PASSWORD, Role.OFFICE, clock.now)
        add_account(session, "li", "李军", PASSWORD, Role.OFFICE, clock.now)
        session.commit()
        db.session.remove()
    _open(page, live_server, "wang")
    return page


def _open(page: Page, server: LiveServer, who: str) -> None:
    sign_in_at(page, server, who)
    page.goto(server.url + GRID)


def _cell(page: Page, item: str, unit: int, key: str = "points") -> Locator:
    return page.locator(f"[name={item}-{unit}-{key}]")


def _stored(server: LiveServer) -> dict[tuple[str, int, int], dict[str, str] | None]:
    with server.app.app_context():
        found = {(e.item, e.unit_id, e.version): e.data for e in db.session.query(ItemEntry)}
        db.session.remove()
    return found


def test_keys_move_as_in_a_spreadsheet_and_each_item_is_saved_as_it_is_left(
    grid: Page, live_server: LiveServer
) -> None:
    _cell(grid, "assigned_tasks", 1).focus()
    grid.keyboard.type("7.5")
    grid.keyboard.press("Enter")
    expect(_cell(grid, "assigned_tasks", 2)).to_be_focused()
    grid.keyboard.type("9")
    grid.keyboard.press("ArrowUp")
    expect(_cell(grid, "assigned_tasks", 1)).to_be_focused()
    grid.keyboard.press("ArrowLeft")
    expect(_cell(grid, "supervisors", 1)).to_be_focused()
    expect(grid.locator("[data-issues]")).to_contain_text("日常交办：9 不在 0 至 8 之内")
    assert _cell(grid, "assigned_tasks", 2).input_value() == "9"
    expect(grid.locator(".grid-line strong")).to_have_text("1 格有错")
    assert_accessible(grid)
    assert_no_sideways_scroll(grid)
    _cell(grid, "assigned_tasks", 2).fill("8")
    grid.keyboard.press("Tab")
    expect(grid.locator(".grid-line strong")).to_have_text("已保存")
    _cell(grid, "revisits", 1, "sampled").fill("10")
    grid.keyboard.press("Tab")
    expect(_cell(grid, "revisits", 1, "revisited")).to_be_focused()
    assert len(_stored(live_server)) == 2, "a pair that is being typed is not saved yet"
    grid.keyboard.type("8")
    grid.keyboard.press("ArrowDown")
    expect(grid.locator(".grid-line strong")).to_have_text("已保存")
    assert _stored(live_server)["revisits", 1, 1] == {"sampled": "10", "revisited": "8"}


def test_block_from_excel_fills_the_cells_and_can_be_taken_back(grid: Page, live_server: LiveServer) -> None:
    start = _cell(grid, "publicity", 1, "national")
    start.focus()
    block = "1\t2\t3\t\tx\r\n0\t\t5\t\r\n４\t5\t6\r\n" + "7\t8\t9\t" + "\t" * 5000
    start.evaluate(PASTE, block)
    expect(grid.locator("[data-message]")).to_have_text("粘贴：填入 11 格，另有 1 格超出表格，没有填")
    expect(grid.locator(".grid-line strong")).to_have_text("已保存")
    stored = _stored(live_server)
    assert stored["publicity", 2, 1] == {"national": "0", "municipal": "5"}
    assert stored["publicity", 3, 1] == {"national": "4", "provincial": "5", "municipal": "6"}
    grid.keyboard.press("Control+z")
    expect(start).to_have_value("")
    expect(grid.locator("[data-message]")).to_have_text("已撤销粘贴，恢复 11 格")
    expect(grid.locator(".grid-line strong")).to_have_text("已保存")
    assert _stored(live_server)["publicity", 3, 2] is None


def test_second_person_in_a_cell_is_shown_both_and_chooses(
    grid: Page, live_server: LiveServer, browser: Browser
) -> None:
    context = browser.new_context(locale="zh-CN")
    other = context.new_page()
    other.set_default_timeout(10_000)
    _open(other, live_server, "li")
    for unit in (1, 2):
        _cell(grid, "assigned_tasks", unit).fill("7.5")
        grid.keyboard.press("Enter")
    expect(grid.locator(".grid-line strong")).to_have_text("已保存")
    for unit in (1, 2):
        _cell(other, "assigned_tasks", unit).fill("8")
        other.keyboard.press("Enter")
    issues = other.locator("[data-issues] li")
    expect(issues).to_have_count(2)
    expect(issues.first).to_contain_text("王敏 10:00 填 7.5；您填 8")
    assert _cell(other, "assigned_tasks", 1).input_value() == "8"
    assert len(_stored(live_server)) == 2
    issues.first.get_by_text("用我的").click()
    expect(issues).to_have_count(1)
    issues.first.get_by_text("用对方的").click()
    expect(issues).to_have_count(0)
    expect(_cell(other, "assigned_tasks", 2)).to_have_value("7.5")
    expect(other.locator(".grid-line strong")).to_have_text("已保存")
    assert _stored(live_server)["assigned_tasks", 1, 2] == {"points": "8"}
    assert ("assigned_tasks", 2, 2) not in _stored(live_server)
    context.close()


def test_lost_connection_keeps_the_cells_and_saves_them_when_it_is_back(
    grid: Page, live_server: LiveServer, context: BrowserContext
) -> None:
    context.set_offline(True)
    _cell(grid, "assigned_tasks", 1).fill("7")
    grid.keyboard.press("Enter")
    expect(grid.locator("[data-message]")).to_contain_text("网络不通")
    expect(grid.locator(".grid-line strong")).to_have_text("1 格未保存")
    assert _cell(grid, "assigned_tasks", 1).input_value() == "7"
    context.set_offline(False)
    expect(grid.locator(".grid-line strong")).to_have_text("已保存")
    assert _stored(live_server)["assigned_tasks", 1, 1] == {"points": "7"}
