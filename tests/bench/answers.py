"""Answers stored a second: the product's whole way against a bare route, on the same server and database."""

import os
import re
import statistics
import time
from urllib.parse import quote

from flask import Flask

from survey_app.app import create_app
from survey_app.db import db
from survey_app.services import schema
from tests.bench import bare, served
from tests.bench.load import Connection, Result, run
from tests.builders import build_case, build_round, build_unit, token_of
from tests.databases import settings_for

TARGET = 0.6
CLIENTS = (1, 8, 32)
_STAMP = re.compile(rb'name="form_stamp"[^>]*value="([^"]+)"')
_UNIT = re.compile(rb'name="u(\d+)-rating"')


def measure(count: int, series: int) -> bool:
    """Print rates and ratios for each database and number of clients; True when each ratio reaches the target."""
    print(
        f"\nAnswers stored a second (GET the personal page, POST the form, committed), {count} answers a series, "
        f"median of {series}; gunicorn gthread, {served.WORKERS} processes of {served.THREADS} threads; "
        "the client shares the machine"
    )
    print(
        f"{'database':<12}{'clients':>8}{'product':>10}{'bare':>10}{'ratio':>8}{'p99 ms':>9}{'bare p99':>10}"
    )
    kept = True
    for kind in served.kinds():
        for clients in CLIENTS:
            pairs = [(_product(kind, count, clients), _bare(kind, count, clients)) for _ in range(series)]
            ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)
            ours, theirs = (
                statistics.median(result.rate for result in column) for column in zip(*pairs, strict=True)
            )
            tails = [
                statistics.median(result.percentile(0.99) for result in column)
                for column in zip(*pairs, strict=True)
            ]
            kept &= ratio >= TARGET
            mark = "" if ratio >= TARGET else "  !"
            print(
                f"{kind:<12}{clients:>8}{ours:>10.0f}{theirs:>10.0f}{ratio:>8.2f}{tails[0]:>9.1f}{tails[1]:>10.1f}{mark}"
            )
    return kept


def _product(kind: str, count: int, clients: int) -> Result:
    with served.database(kind) as (url, folder):
        app = create_app(settings_for(url, folder))
        with app.app_context():
            schema.migrate()
            tokens = prepare(app, count + 20)
            db.session.remove()
            db.engine.dispose()
        environment = {"DATABASE_URL": url, "SURVEY_INSTANCE": str(folder)}
        with served.server("survey_app.app:create_app()", environment) as port:
            run(port, tokens[:20], 2, _answer)  # compiled templates, opened connections
            return run(port, tokens[20:], clients, _answer)


def prepare(app: Flask, count: int) -> list[str]:
    """Fill the database with an open round and `count` cases of one unit each; return their tokens."""
    session = db.session()
    units = [build_unit(session) for _ in range(28)]
    current = build_round(session)
    tokens = [token_of(build_case(session, current, [units[n % 28]])) for n in range(count)]
    session.commit()
    return tokens


def _answer(connection: Connection, token: str) -> list[float]:
    path = f"/s/{token}"
    start = time.perf_counter()
    status, page = connection.ask("GET", path)
    seen = time.perf_counter()
    stamp, unit = _STAMP.search(page), _UNIT.search(page)
    assert status == 200
    assert stamp
    assert unit
    name = f"u{unit[1].decode()}-"
    form = {
        "form_stamp": stamp[1].decode(),
        f"{name}dealt": "yes",
        f"{name}rating": "satisfied",
        f"{name}duration": "3",
        f"{name}duration-unit": "workdays",
        f"{name}documents": "4",
        f"{name}cost": "0",
    }
    sending = time.perf_counter()
    status, _ = connection.ask("POST", path, form)
    assert status == 303, status
    return [seen - start, time.perf_counter() - sending]


def _bare(kind: str, count: int, clients: int) -> Result:
    with served.database(kind) as (url, _folder):
        os.environ["BARE_DATABASE_URL"] = url
        app = bare.create_app()
        tokens = [f"person{n:018}" for n in range(count + 20)]
        with app.app_context():
            bare.db.create_all()
            bare.db.session.add_all(bare.Person(token=token, name="百盛建材厂") for token in tokens)
            bare.db.session.commit()
            bare.db.session.remove()
            bare.db.engine.dispose()
        with served.server("tests.bench.bare:create_app()", {"BARE_DATABASE_URL": url}) as port:
            run(port, tokens[:20], 2, _answer_bare)
            return run(port, tokens[20:], clients, _answer_bare)


def _answer_bare(connection: Connection, token: str) -> list[float]:
    path = f"/p/{quote(token)}"
    start = time.perf_counter()
    assert connection.ask("GET", path)[0] == 200
    seen = time.perf_counter()
    form = {"dealt": "yes", "rating": "satisfied", "days": "3", "documents": "4", "cost": "0"}
    sending = time.perf_counter()
    assert connection.ask("POST", path, form)[0] == 200
    return [seen - start, time.perf_counter() - sending]
