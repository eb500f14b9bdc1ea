"""Clients that each answer one link after another over a kept connection, as fast as they can."""

import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass
class Result:
    """How many answers were stored in how many seconds, and the requests' times in seconds, sorted."""

    answers: int
    seconds: float
    times: list[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time that `share` of the requests stayed within, in milliseconds."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))] * 1000


class Connection:
    """A kept HTTP connection with as little of a client as works, since it shares the machine with the server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Send a request and return the status and the body."""
        body = urlencode(form or {}).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n"
        if method == "POST":
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        request = head.encode() + b"\r\n" + (body if method == "POST" else b"")
        try:
            self.socket.sendall(request)
            return self._read()
        except (ConnectionError, IndexError):
            # A server closes a kept connection after a while; asked once more on a new one.
            self._open()
            self.socket.sendall(request)
            return self._read()

    def _read(self) -> tuple[int, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.socket.recv(65536)
            if not part:
                raise ConnectionError("closed")
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        match = _LENGTH.search(head)
        length = int(match[1]) if match else 0
        while len(body) < length:
            body += self.socket.recv(65536)
        if b"connection: close" in head.lower():
            self._open()
        return int(head.split(b" ", 2)[1]), body


Answer = Callable[[Connection, str], list[float]]


def run(port: int, tokens: Sequence[str], clients: int, answer: Answer) -> Result:
    """Let `clients` threads answer all `tokens`, each once; `answer` returns its requests' times."""
    waiting = list(tokens)
    lock = threading.Lock()
    times: list[float] = []
    faults: list[BaseException] = []

    def work() -> None:
        connection = Connection(port)
        mine: list[float] = []
        try:
            while True:
                with lock:
                    if not waiting:
                        break
                    token = waiting.pop()
                mine.extend(answer(connection, token))
        except BaseException as fault:
            faults.append(fault)
        with lock:
            times.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if faults:
        raise faults[0]
    return Result(len(tokens), seconds, sorted(times))
