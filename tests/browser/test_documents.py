"""The report and the annual summary in a real browser: accessible, on any screen, under the strict policy."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from survey_app.db import db
from survey_app.domain.roles import Role
from survey_app.services.accounts import add_account
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    LiveServer,
    assert_accessible,
    assert_no_sideways_scroll,
    sign_in_at,
)
from tests.builders import build_case, build_unit
from tests.conftest import PASSWORD
from tests.domain.bundles import bundle, unit
from tests.score_builders import build_answers, finalise_and_publish, load_bundle

NOW = datetime(2022, 6, 15, 2, 0, tzinfo=UTC)
PAGES = {
    Role.OFFICE: (
        "/rounds/2022-Q2/scores/1/report",
        "/rounds/annual/2022",
        "/rounds",
        "/promises",
        "/promises/1",
    ),
    Role.UNIT: ("/result/2022-Q2/report", "/result"),
}


def _prepare(server: LiveServer) -> None:
    """Two published quarters; in the second six answers give reasons."""
    with server.app.app_context():
        session = db.session()
        rated, other = build_unit(session, "税务局"), build_unit(session, "供电公司")
        for role in PAGES:
            add_account(
                session, str(role), str(role), PASSWORD, role, NOW, rated.name if role is Role.UNIT else None
            )
        session.commit()
        for quarter in ("2022-Q1", "2022-Q2"):
            round_ = load_bundle(
                session, bundle(unit(rated.name), unit(other.name)) | {"round": quarter}, NOW
            )
            for _ in range(6 if quarter == "2022-Q2" else 0):
                details = {"reasons": ["slow", "papers"], "duration": {"value": "3", "unit": "workdays"}}
                case = build_case(session, round_, [rated])
                build_answers(session, case, {rated.id: "basically_satisfied"}, NOW, **details)
            finalise_and_publish(session, round_, NOW)
        db.session.remove()


@pytest.mark.parametrize("role", PAGES, ids=str)
def test_pages_are_accessible_and_their_charts_are_drawn(
    page: Page, live_server: LiveServer, role: Role
) -> None:
    _prepare(live_server)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    sign_in_at(page, live_server, role)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path in PAGES[role]:
            page.goto(live_server.url + path)
            assert page.locator("h1").count() == 1, path
            assert_accessible(page)
            assert_no_sideways_scroll(page)
            if path.endswith("report"):
                drawn = page.locator(".charts img").evaluate_all("all => all.map(i => i.naturalWidth > 0)")
                assert drawn == [True] * 4, path
                assert (
                    page.locator(".charts img").first.get_attribute("alt") == "总分：2022-Q1 100，2022-Q2 94"
                )
    assert complaints == []
