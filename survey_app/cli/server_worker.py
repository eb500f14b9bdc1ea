"""The web server's worker: a thread gets a request that has arrived, so that a slow client costs none."""

import errno
import selectors
import socket
import struct
import time
from collections import deque
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from survey_app.cli.request_arrival import has_arrived

ARRIVAL_SECONDS = 60
# How long a thread waits for the next bytes of an upload, or for room to send more of an answer.
STALL_SECONDS = 20
_AT_ONCE = 16 * 1024
_PASSING = (errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE)


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, whose own threads would each wait for the rest of a slow client's request.

    Here the one loop that also accepts connections collects what comes, and closes a connection whose request
    takes longer than ARRIVAL_SECONDS. Not for TLS, whose handshake would hold up that loop.
    """

    pending_conns: deque[Any]

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection and wait for its first request."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in _PASSING:
                return
            raise
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            client.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", STALL_SECONDS, 0))
        self.nr_conns += 1
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.init()  # makes its parser, whose buffer takes what comes
        self.enqueue_req(conn)

    def enqueue_req(self, conn: Any) -> None:
        """Give a thread a connection whose next request is there; wait for it otherwise."""
        if has_arrived(conn.parser.unreader.buf.getvalue()):
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + ARRIVAL_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Take what came over a connection that is waited for."""
        try:
            received = client.recv(_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            received = b""
        buffer = conn.parser.unreader.buf
        buffer.seek(0, 2)
        buffer.write(received)
        if received and not has_arrived(buffer.getvalue()):
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        super().enqueue_req(conn)  # also where the client has gone: its end is tidied up as any other

    def _cap_keepalive(self, deadline: float) -> None:
        """On stopping, don't wait for connections over which nothing came, as browsers keep them ready."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            if not conn.parser.unreader.buf.getvalue():
                conn.timeout = min(conn.timeout, deadline)
        self.pending_conns = deque(sorted(self.pending_conns, key=lambda conn: conn.timeout))
