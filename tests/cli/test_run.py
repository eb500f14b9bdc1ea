"""`survey run`: what it refuses to start with, and a real server that slow clients can't hold up."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey_app.cli.main import main
from tests.databases import SECRET

# What a slow client has sent so far: nothing, half a head, half a form.
SLOW = (
    b"",
    b"GET /s HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    b"POST /s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000\r\n\r\ncode=",
)


def environment(database_url: str, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "SURVEY_INSTANCE": str(folder / "instance"),
        "SECRET_KEY": SECRET,
        "PUBLIC_BASE_URL": "http://localhost",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refused(environment: dict[str, str], *arguments: str) -> Result:
    result = CliRunner().invoke(main, ["run", *arguments], env=environment)
    assert result.exit_code == 2
    assert result.stdout == ""
    return result


def test_a_port_in_use_is_named(database_url: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert port in refused(environment(database_url, tmp_path), "--port", port).stderr


def test_a_port_that_is_none_is_refused(database_url: str, tmp_path: Path) -> None:
    assert "99999" in refused(environment(database_url, tmp_path) | {"PORT": "99999"}).stderr


def test_a_database_without_tables_is_refused(tmp_path: Path) -> None:
    empty = environment(f"sqlite:///{tmp_path}/empty.db", tmp_path)
    assert "survey migrate" in refused(empty, "--port", str(free_port())).stderr


def test_a_public_address_is_needed(database_url: str, tmp_path: Path) -> None:
    unset = environment(database_url, tmp_path) | {"PUBLIC_BASE_URL": ""}
    assert "PUBLIC_BASE_URL" in refused(unset).stderr


@contextmanager
def server(environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", "from survey_app.cli.main import main; main()"]
    arguments = ["run", f"--port={port}", "--workers=1", "--threads=2"]
    with subprocess.Popen([*command, *arguments], env={**os.environ, **environment}) as process:
        try:
            for _ in range(300):
                assert process.poll() is None
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield process
        finally:
            process.kill()


def ask(port: int, method: str = "GET", body: str | None = None) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, "/s", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.slow
def test_slow_clients_hold_nobody_up(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    with server(environment(database_url, tmp_path), port) as process, ExitStack() as stack:
        assert ask(port) == 200
        for sent in SLOW * 100:
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            slow.sendall(sent)
        began = time.monotonic()
        assert ask(port) == 200
        assert ask(port, "POST", "code=ABCD2345") < 500
        assert time.monotonic() - began < 2
        stack.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0


@pytest.mark.slow
def test_a_request_that_comes_in_pieces_is_answered(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with (
        server(environment(database_url, tmp_path), port),
        socket.create_connection(("127.0.0.1", port), timeout=30) as client,
    ):
        for place in range(len(whole)):
            client.sendall(whole[place : place + 1])
            time.sleep(0.002)
        assert client.recv(12) == b"HTTP/1.1 200"
