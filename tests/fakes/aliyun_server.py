"""A local server that speaks Alibaba Cloud's RPC protocol, keeps its own ledger, and misbehaves by script."""

import hashlib
import hmac
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.fakes.twilio_server import Step

KEY_ID = "LTAI-fake-key"
KEY_SECRET = "fake-key-secret"
SIGN_NAME = "方城营商办"
TEMPLATES = "satisfaction.invitation=SMS_100001,satisfaction.reminder=SMS_100002"
OK = 201  # the status that the shared steps have for "taken"


@dataclass
class AliyunEntry:
    """A message that the server accepted; the provider doesn't check `out_id` for repeats."""

    biz_id: str
    phone: str
    sign_name: str
    template_code: str
    variables: dict[str, str]
    out_id: str
    send_status: int = 1
    err_code: str = ""

    @property
    def message_id(self) -> str:
        """Our own id of the message."""
        return self.out_id

    def detail(self) -> dict[str, Any]:
        return {
            "PhoneNum": self.phone,
            "OutId": self.out_id,
            "SendStatus": self.send_status,
            "ErrCode": self.err_code,
            "TemplateCode": self.template_code,
            "Content": "【方城营商办】正文",
            "SendDate": "2022-06-15 10:00:00",
            "ReceiveDate": "",
        }


def turned_away(code: str, status: int = 200) -> Step:
    """Answer with one of the provider's codes: its own refusals come with 200."""
    return Step(status=status, text=json.dumps({"Code": code, "Message": "about 13800000000"}))


@dataclass
class AliyunServer:
    """The server and its ledger; every SendSms follows the next step of `script`, or is accepted."""

    script: deque[Step] = field(default_factory=deque)
    ledger: list[AliyunEntry] = field(default_factory=list)
    # So many listings still leave out what was accepted.
    blind_listings: int = 0
    listing_code: str = "OK"
    posts: int = 0
    listings: int = 0
    days_asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        server = self

        class Handler(_Handler):
            fake = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "AliyunServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def accept(self, query: dict[str, str]) -> AliyunEntry:
        with self.lock:
            entry = AliyunEntry(
                f"{len(self.ledger) + 1:018d}^0",
                query["PhoneNumbers"],
                query["SignName"],
                query["TemplateCode"],
                json.loads(query["TemplateParam"]),
                query["OutId"],
            )
            self.ledger.append(entry)
            return entry

    def list_to(self, phone: str) -> list[AliyunEntry]:
        with self.lock:
            self.listings += 1
            if self.blind_listings > 0:
                self.blind_listings -= 1
                return []
            return [entry for entry in self.ledger if entry.phone == phone]


class _Handler(BaseHTTPRequestHandler):
    fake: AliyunServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if not self._signed(query, body):
            self._answer(400, {"Code": "SignatureDoesNotMatch", "Message": "no", "RequestId": "R"})
        elif self.headers["x-acs-action"] == "SendSms":
            self._send(query)
        elif self.headers["x-acs-action"] == "QuerySendDetails":
            self._list(query)
        else:
            self._answer(404, {"Code": "InvalidAction.NotFound", "Message": "no", "RequestId": "R"})

    def _send(self, query: dict[str, str]) -> None:
        with self.fake.lock:
            self.fake.posts += 1
            step = self.fake.script.popleft() if self.fake.script else Step(accept=True)
        biz_id = ""
        if step.accept:
            entry = self.fake.accept(query)
            biz_id = entry.biz_id
            if step.then is not None:
                step.then(entry)  # type: ignore[arg-type]
        if step.hang:
            self.fake.stopping.wait(60)
        if step.hang or step.status is None:
            self.close_connection = True
            self.connection.close()
        elif step.status == OK:
            taken = {"Code": "OK", "Message": "OK", "BizId": biz_id, "RequestId": "R"}
            self._answer(200, taken, step.text)
        else:
            self._answer(step.status, {"Code": "InternalError", "Message": "", "RequestId": "R"}, step.text)

    def _list(self, query: dict[str, str]) -> None:
        if self.fake.listing_code != "OK":
            self._answer(200, {"Code": self.fake.listing_code, "Message": "", "RequestId": "R"})
            return
        self.fake.days_asked.append(query["SendDate"])
        found = self.fake.list_to(query["PhoneNumber"])
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        part = [entry.detail() for entry in found[(page - 1) * size : page * size]]
        details = {"SmsSendDetailDTO": part}
        self._answer(200, {"Code": "OK", "TotalCount": len(found), "SmsSendDetailDTOs": details})

    def _signed(self, query: dict[str, str], body: bytes) -> bool:
        """Check the signature as the provider documents it (ACS3-HMAC-SHA256), apart from the SDK."""
        algorithm, _, rest = self.headers.get("Authorization", "").partition(" ")
        given = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
        names = given.get("SignedHeaders", "").split(";")
        digest = hashlib.sha256(body).hexdigest()
        needed = {"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
        if algorithm != "ACS3-HMAC-SHA256" or given.get("Credential") != KEY_ID or not needed <= set(names):
            return False
        pairs = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items()))
        headers = "".join(f"{name}:{(self.headers[name] or '').strip()}\n" for name in names)
        canonical = "\n".join(["POST", "/", pairs, headers, ";".join(names), digest])
        text = f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        expected = hmac.new(KEY_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        return self.headers["x-acs-content-sha256"] == digest and expected == given.get("Signature")

    def _answer(self, status: int, payload: object, text: str | None = None) -> None:
        content = (json.dumps(payload) if text is None else text).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json;charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            self.close_connection = True  # whoever asked is gone, as some scripts want


def receipts(*reports: tuple[AliyunEntry, bool, str]) -> bytes:
    """Make the body of a call that reports whether messages were delivered, each with the code if not."""
    return json.dumps(
        [
            {
                "phone_number": entry.phone,
                "send_time": "2022-06-15 10:00:00",
                "report_time": "2022-06-15 10:00:05",
                "success": success,
                "err_code": code,
                "err_msg": "",
                "sms_size": "2",
                "biz_id": entry.biz_id,
                "out_id": entry.out_id,
            }
            for entry, success, code in reports
        ]
    ).encode()
