"""A county at its browsers: who signs in, answers and works, and what a look at every page changes."""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import sessionmaker

from survey_app.cli.main import main
from survey_app.db import Base
from survey_app.integrations.sms.gateway import OutgoingMessage, SendOutcome
from survey_app.integrations.sms.outbox_gateway import OutboxGateway
from survey_app.jobs import Worker, run_worker
from survey_app.services.invitations import message_variables
from tests.conftest import FakeClock
from tests.pages import Browser, Page, Value
from tests.quarter.figures import NONE, ROUND, UNSURE

Link = dict[str, str]
FIRST_PASSWORD = "correct horse battery"


class Ledger(OutboxGateway):
    """The outbox, with a note of every message that it was handed."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: OutgoingMessage) -> SendOutcome:
        self.sent.append(message.message_id)
        return super().send(message)


@dataclass
class County:
    """The people of the county at their browsers, and what they hold in their hands."""

    app: Flask
    clock: FakeClock
    engine: Engine
    environment: dict[str, str | None]
    ledger: Ledger = field(default_factory=Ledger)
    passwords: dict[str, str] = field(default_factory=lambda: {"chief": FIRST_PASSWORD})
    unit_ids: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    reached: set[tuple[str, str]] = field(default_factory=set)

    def run(self, *arguments: str, typed: str = "") -> str:
        """Run `survey` with these arguments; what it prints."""
        result = CliRunner().invoke(main, arguments, input=typed, env=self.environment)
        assert result.exit_code == 0, result.output
        return result.stdout

    def person(self, username: str) -> Browser:
        """Somebody at a browser, freshly signed in."""
        browser = Browser(self.app.test_client())
        fields = {"username": username, "password": self.passwords[username]}
        home = browser.send(browser.open("/sign-in"), "登录", fields)
        assert any("退出登录" in button.text for form in home.forms for button in form.buttons)
        return browser

    def stranger(self) -> Browser:
        """An enterprise at its phone: it has nothing but its link."""
        return Browser(self.app.test_client())

    def work(self) -> int:
        """Let the worker send what is due; returns how many messages it handed over."""
        built = self.app.extensions["collaborators"]
        before = len(self.ledger.sent)
        sessions = sessionmaker(self.engine, expire_on_commit=False)
        worker = Worker(replace(built, gateway=self.ledger), sessions, message_variables(built), "worker")
        run_worker(worker, once=True)
        return len(self.ledger.sent) - before

    def links(self) -> list[Link]:
        """The round's links as the office's file has them."""
        office = self.person("office")
        file = office.send(office.open(f"{ROUND}/cases"), "下载全部链接")
        assert "attachment" in file.answer.headers["Content-Disposition"]
        return list(csv.DictReader(io.StringIO(file.answer.data.decode("utf-8-sig"))))

    def fill(self, ratings: Mapping[str, str], **more: str | list[str]) -> dict[str, Value]:
        """The fields of a questionnaire about units; `more` goes to each of them, __ for a dash."""
        fields: dict[str, Value] = {}
        for unit, rating in ratings.items():
            place = f"u{self.unit_ids[unit]}"
            fields[f"{place}-dealt"] = rating if rating in (NONE, UNSURE) else "yes"
            if rating not in (NONE, UNSURE):
                fields[f"{place}-rating"] = rating
            fields |= {f"{place}-{name.replace('__', '-')}": value for name, value in more.items()}
        return fields

    def answer(self, link: Link, rating: str, channel: str = "", **more: str | list[str]) -> None:
        """Open a link and send its form, every unit rated alike."""
        browser = self.stranger()
        fields = self.fill(dict.fromkeys(link["units"].split("、"), rating), **more)
        self.keep(link, browser.send(browser.open(link["url"] + channel), "提交回访", fields))

    def keep(self, link: Link, receipt: Page) -> None:
        """Note the receipt that is shown; a link has one, however often it is sent and opened."""
        assert "已收到，谢谢您" in receipt.text
        shown = receipt.text.partition('class="receipt">')[2].partition("<")[0].replace(" ", "")
        assert self.receipts.setdefault(link["url"], shown) == shown

    def crawl(self, username: str) -> None:
        """Open every page that this person can reach, and note its endpoint; no row may have changed."""
        browser = self.person(username)
        before = tables(self.engine)
        adapter = self.app.url_map.bind("localhost")
        for page in browser.crawl("/"):
            for answer in (*page.answer.history, page.answer):
                self.reached.add((username, adapter.match(answer.request.path)[0]))
        assert tables(self.engine) == before


def tables(engine: Engine) -> dict[str, tuple[int, str]]:
    """Every table's number of rows and the digest of their content, but for when a session was last seen."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [
                column
                for column in table.columns
                if (table.name, column.name) != ("sign_in_session", "seen_at")
            ]
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
            found[table.name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found
