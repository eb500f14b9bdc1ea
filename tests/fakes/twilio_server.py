"""A local server that speaks Twilio's protocol, keeps its own ledger, and misbehaves by script."""

import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

ACCOUNT = "AC" + "0" * 32
TOKEN = "fake-auth-token"
SENDER = "+15005550006"


@dataclass
class Entry:
    """A message that the server accepted."""

    sid: str
    to: str
    body: str
    status_callback: str | None
    status: str = "queued"
    error_code: int | None = None

    @property
    def message_id(self) -> str:
        """Our own id of the message, which its callback address ends with."""
        return (self.status_callback or "").rsplit("/", 1)[-1]

    def payload(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.to,
            "from": SENDER,
            "body": self.body,
            "status": self.status,
            "num_segments": "2",
            "error_code": self.error_code,
            "error_message": None,
            "direction": "outbound-api",
            "date_created": "Thu, 31 Mar 2022 02:00:00 +0000",
            "date_sent": None,
            "date_updated": "Thu, 31 Mar 2022 02:00:00 +0000",
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{self.sid}.json",
        }


@dataclass
class CallEntry:
    """A call that the server accepted, as it was asked for."""

    sid: str
    form: dict[str, list[str]]

    def asked(self, name: str) -> str:
        return self.form[name][0]

    def payload(self) -> dict[str, Any]:
        return {"sid": self.sid, "account_sid": ACCOUNT, "status": "queued", "direction": "outbound-api"}


@dataclass(frozen=True)
class Step:
    """What the server does with one POST: take it or not, then answer, hang up or hang."""

    accept: bool = False
    status: int | None = 201
    code: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    hang: bool = False
    # Called after the ledger has the message and before anything is answered.
    then: Callable[[Entry], None] | None = None


ACCEPT = Step(accept=True)
ACCEPT_THEN_HANG = Step(accept=True, hang=True)
ACCEPT_THEN_500 = Step(accept=True, status=500, code=20500)
ACCEPT_THEN_RESET = Step(accept=True, status=None)
ACCEPT_THEN_NONSENSE = Step(accept=True, text="<html>")
ERROR_500 = Step(status=500, code=20500)
RESET = Step(status=None)


def too_many(retry_after: int | None = None) -> Step:
    """Answer 429, perhaps saying for how many seconds."""
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Step(status=429, code=20429, headers=headers)


def refuse(code: int, status: int = 400) -> Step:
    """Answer with a Twilio error."""
    return Step(status=status, code=code)


def redirect(to: str) -> Step:
    """Answer with a redirect that keeps the method."""
    return Step(status=307, headers=(("Location", to),))


@dataclass
class TwilioServer:
    """The server and its ledger; every POST follows the next step of `script`, or is accepted."""

    script: deque[Step] = field(default_factory=deque)
    ledger: list[Entry] = field(default_factory=list)
    calls: list[CallEntry] = field(default_factory=list)
    # So many listings still leave out what was accepted.
    blind_listings: int = 0
    listing_status: int = 200
    page_size_limit: int = 1000
    posts: int = 0
    listings: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        server = self

        class Handler(_Handler):
            fake = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "TwilioServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def next_step(self) -> Step:
        with self._lock:
            self.posts += 1
            return self.script.popleft() if self.script else ACCEPT

    def accept(self, to: str, body: str, status_callback: str | None = None) -> Entry:
        with self._lock:
            entry = Entry(f"SM{len(self.ledger) + 1:032x}", to, body, status_callback)
            self.ledger.append(entry)
            return entry

    def accept_call(self, form: dict[str, list[str]]) -> CallEntry:
        with self._lock:
            call = CallEntry(f"CA{len(self.calls) + 1:032x}", form)
            self.calls.append(call)
            return call

    def list_to(self, to: str | None) -> list[Entry]:
        with self._lock:
            self.listings += 1
            if self.blind_listings > 0:
                self.blind_listings -= 1
                return []
            return [entry for entry in reversed(self.ledger) if to is None or entry.to == to]

    def wait_until_stopped(self) -> None:
        self._stopping.wait(60)


class _Handler(BaseHTTPRequestHandler):
    fake: TwilioServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        if self._misdirected():
            return
        step = self.fake.next_step()
        entry: Entry | CallEntry
        if step.accept and self.path.endswith("/Calls.json"):
            entry = self.fake.accept_call(form)
        elif step.accept:
            callback = form.get("StatusCallback", [None])[0]
            entry = self.fake.accept(form["To"][0], form["Body"][0], callback)
            if step.then is not None:
                step.then(entry)
        if step.hang:
            self.fake.wait_until_stopped()
        if step.hang or step.status is None:
            self._reset()
        elif step.status == 201:
            self._answer(201, entry.payload(), step.headers, step.text)
        else:
            error = {"code": step.code, "message": f"about {form['To'][0]}", "status": step.status}
            self._answer(step.status, error, step.headers)

    def do_GET(self) -> None:
        if self._misdirected():
            return
        if self.fake.listing_status != 200:
            self._answer(self.fake.listing_status, {"code": 20500, "message": "", "status": 500})
            return
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        size = min(int(query.get("PageSize", ["50"])[0]), self.fake.page_size_limit)
        page = int(query.get("Page", ["0"])[0])
        entries = self.fake.list_to(query.get("To", [None])[0])
        more = len(entries) > (page + 1) * size
        following = {name: value[0] for name, value in query.items()} | {"Page": str(page + 1)}
        self._answer(
            200,
            {
                "messages": [entry.payload() for entry in entries[page * size : (page + 1) * size]],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + size - 1,
                "uri": self.path,
                "first_page_uri": address.path,
                "previous_page_uri": None,
                "next_page_uri": f"{address.path}?{urlencode(following)}" if more else None,
            },
        )

    def _misdirected(self) -> bool:
        expected = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if not hmac.compare_digest(self.headers.get("Authorization", ""), f"Basic {expected}"):
            self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
        elif urlsplit(self.path).path not in [
            f"/2010-04-01/Accounts/{ACCOUNT}/{kind}.json" for kind in ("Messages", "Calls")
        ]:
            self._answer(404, {"code": 20404, "message": "not found", "status": 404})
        else:
            return False
        return True

    def _answer(
        self, status: int, payload: object, headers: tuple[tuple[str, str], ...] = (), text: str | None = None
    ) -> None:
        body = (json.dumps(payload) if text is None else text).encode()
        try:
            self.send_response(status)
            for name, value in (*headers, ("Content-Type", "application/json")):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # whoever asked is gone, as some scripts want

    def _reset(self) -> None:
        """Close with a TCP reset, as a dying proxy does."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


@dataclass(frozen=True)
class Callback:
    """A status callback as Twilio would send it."""

    url: str
    form: dict[str, str]
    headers: dict[str, str]

    def post(self) -> int:
        """Send it over HTTP and return the answer's status."""
        request = urllib.request.Request(self.url, urlencode(self.form).encode(), self.headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """Sign as Twilio documents it, written apart from the SDK that will check it."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def callback(entry: Entry, status: str, error_code: int | None = None, token: str = TOKEN) -> Callback:
    """Make the callback that reports `status` of an accepted message; a wrong `token` signs it wrongly."""
    assert entry.status_callback is not None
    form = {"AccountSid": ACCOUNT, "MessageSid": entry.sid, "MessageStatus": status, "To": entry.to}
    if error_code is not None:
        form["ErrorCode"] = str(error_code)
    return _signed(entry.status_callback, form, token)


def call_report(
    call: CallEntry, part: str, status: str, seconds: int | None = None, token: str = TOKEN
) -> Callback:
    """Make the callback on one telephone of a call (`interviewer`, `enterprise`) or on the end of its <Dial>."""
    base = call.asked("StatusCallback").rsplit("/", 1)[0]
    form = {"AccountSid": ACCOUNT}
    if part == "enterprise":
        form |= {"CallSid": "CA" + "f" * 32, "ParentCallSid": call.sid, "CallStatus": status}
    elif part == "interviewer":
        form |= {"CallSid": call.sid, "CallStatus": status}
    else:
        form |= {"CallSid": call.sid, "DialCallStatus": status}
    if seconds is not None:
        form["DialCallDuration" if part == "dialled" else "CallDuration"] = str(seconds)
    return _signed(f"{base}/{part}", form, token)


def _signed(url: str, form: dict[str, str], token: str) -> Callback:
    return Callback(url, form, {"X-Twilio-Signature": sign(url, form, token)})
