"""One form, sent by twenty threads at once to two server processes on one database: one answer, one receipt."""

import re
import threading
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy.orm import Session

from survey_app.models.response import Answer, LaterSubmission, Response
from tests.builders import build_case, build_round, build_unit, token_of
from tests.cli.test_run import environment, free_port, server

THREADS = 20


def ask(port: int, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
    """Status, Location and text of what the server answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.getheader("Location", ""), text


@pytest.mark.slow
def test_twenty_threads_over_two_processes(session: Session, database_url: str, tmp_path: Path) -> None:
    unit = build_unit(session)
    address = f"/s/{token_of(build_case(session, build_round(session), [unit]))}"
    session.commit()
    ports = [free_port(), free_port()]
    start = threading.Barrier(THREADS)
    receipts: list[str] = []
    faults: list[object] = []

    def send(port: int, body: str) -> None:
        try:
            start.wait(60)
            status, location, text = ask(port, "POST", address, body)
            assert (status, location) == (303, address), text
            _, _, page = ask(port, "GET", location)
            receipts.extend(re.findall(r'<p class="receipt">([^<]+)</p>', page))
        except BaseException as fault:
            faults.append(fault)

    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(server(environment(database_url, tmp_path), port))
        _, _, form = ask(ports[0], "GET", address)
        stamp = re.search(r'name="form_stamp" value="([^"]+)"', form)
        assert stamp
        body = urlencode(
            {"form_stamp": stamp[1], f"u{unit.id}-dealt": "yes", f"u{unit.id}-rating": "satisfied"}
        )
        threads = [threading.Thread(target=send, args=(ports[n % 2], body)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert faults == []
    assert len(receipts) == THREADS
    assert len(set(receipts)) == 1
    assert [session.query(table).count() for table in (Response, Answer, LaterSubmission)] == [1, 1, 0]
    assert receipts[0].replace(" ", "") == session.query(Response.receipt_code).scalar()
