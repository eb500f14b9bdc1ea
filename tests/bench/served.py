"""Databases and servers for a measurement, the same for the product and for what it is measured against."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.databases import SECRET, SERVER, postgresql_runs

WORKERS, THREADS = 2, 4


def kinds() -> tuple[str, ...]:
    """Return the databases that can be measured on here."""
    return ("sqlite", "postgresql") if postgresql_runs() else ("sqlite",)


@contextmanager
def database(kind: str) -> Iterator[tuple[str, Path]]:
    """Give the URL of an empty database of `kind` and a folder, both gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="survey-bench-"))
    name = f"survey_bench_{uuid.uuid4().hex[:8]}"
    try:
        if kind == "sqlite":
            yield f"sqlite:///{folder / 'bench.db'}", folder
            return
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield SERVER.rsplit("/", 1)[0] + "/" + name, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if kind != "sqlite":
            with psycopg.connect(SERVER, autocommit=True) as connection:
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )


@contextmanager
def server(application: str, environment: dict[str, str]) -> Iterator[int]:
    """Serve `application` (module:call) by gunicorn as `survey run` does, and give its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", application, f"--bind=127.0.0.1:{port}", f"--workers={WORKERS}",
            f"--threads={THREADS}", "--worker-class=survey_app.cli.server_worker.PatientWorker",
            "--keep-alive=30", "--no-control-socket", "--log-level=warning",
        ],
        env={**os.environ, "SECRET_KEY": SECRET, "PUBLIC_BASE_URL": "http://localhost", **environment},
    )  # fmt: skip
    try:
        for _ in range(150):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(1.0)  # both workers
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)
