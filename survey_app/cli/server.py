"""gunicorn, set up for the product and run in the command's own process."""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from survey_app.cli.server_log import ServerLog
from survey_app.cli.server_worker import PatientWorker


class Server(BaseApplication):  # type: ignore[misc]
    """The web server of an application that is built already, which its worker processes share by forking."""

    def __init__(self, app: Flask, host: str, port: int, workers: int, threads: int) -> None:
        self._app = app
        address = f"[{host}]" if ":" in host else host
        self._settings: dict[str, Any] = {
            "bind": f"{address}:{port}",
            "workers": workers,
            "threads": threads,
            "worker_class": PatientWorker,
            # Below the 1024 files that a process may usually have open.
            "worker_connections": 800,
            "timeout": 60,
            "graceful_timeout": 20,
            "control_socket_disable": True,
            # Paths hold personal tokens, so there is no access log, and no warning that quotes a broken request.
            "loglevel": "error",
            "logger_class": ServerLog,
        }
        super().__init__()

    def load_config(self) -> None:
        """Set what the product needs; everything else is gunicorn's default."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self._app
