"""The bytes and requests of an enterprise's first view, as a browser on a phone makes them."""

import gzip
import shutil

from playwright.sync_api import sync_playwright

from survey_app.app import create_app
from survey_app.db import db
from survey_app.services import schema
from tests.bench import served
from tests.browser.conftest import CHROMIUM_ARGS, PHONE
from tests.builders import build_case, build_round, build_unit, token_of
from tests.databases import settings_for

MOST_BYTES = 14 * 1024


def measure() -> bool:
    """Print requests, body bytes gzipped and raw for one, three and six units; True when within the promise."""
    print(f"\nFirst view of the respondent's page (at most one request and {MOST_BYTES} bytes gzipped)")
    print(f"{'units':>5}{'requests':>10}{'on the wire':>13}{'gzip -9':>9}{'raw':>8}")
    kept = True
    with served.database("sqlite") as (url, folder):
        app = create_app(settings_for(url, folder))
        with app.app_context():
            schema.migrate()
            session = db.session()
            units = [build_unit(session) for _ in range(6)]
            current = build_round(session)
            tokens = {n: token_of(build_case(session, current, units[:n])) for n in (1, 3, 6)}
            session.commit()
            db.session.remove()
        environment = {"DATABASE_URL": url, "SURVEY_INSTANCE": str(folder)}
        with (
            served.server("survey_app.app:create_app()", environment) as port,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_ARGS)
            for count, token in tokens.items():
                page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
                requests: list[str] = []
                page.on("request", lambda request, seen=requests: seen.append(request.url))
                answer = page.goto(f"http://127.0.0.1:{port}/s/{token}", wait_until="networkidle")
                assert answer is not None
                body = answer.body()
                wire = answer.request.sizes()["responseBodySize"]
                good = len(requests) == 1 and wire <= MOST_BYTES
                kept &= good
                print(
                    f"{count:>5}{len(requests):>10}{wire:>13}{len(gzip.compress(body)):>9}{len(body):>8}{'' if good else '  !'}"
                )
            browser.close()
    return kept
