"""The gateway that writes a file a day, for staff to upload to a carrier's portal."""

import csv
import errno
import fcntl
import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from survey_app.clock import Clock
from survey_app.config import COUNTY_ZONE, Settings
from survey_app.domain.message import MessageState
from survey_app.domain.text import N_
from survey_app.integrations.sms.gateway import (
    Accepted,
    Ambiguous,
    Found,
    Lookup,
    LookupFailed,
    NotFound,
    OutgoingMessage,
    SendOutcome,
    StatusReport,
    Throttled,
)

HEADER = ("手机号码", "短信内容", "消息编号")
LINE_END = b"\r\n"
RETRY_AFTER = timedelta(minutes=1)
# What a spreadsheet would take for a formula, its full-width forms included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

log = logging.getLogger(__name__)


class CsvGateway:
    """Appends each message to `folder`/sms-YYYY-MM-DD.csv (UTF-8 with BOM), on the disk before it counts.

    The message's id is the last cell of its row and the row has one line, so that a row cut short by a crash
    is never taken for one that was written.
    """

    name = "csv"
    title = N_("文件：写成文件，由工作人员交运营商平台发送")

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Append the message's row to today's file."""
        day = self._clock().astimezone(COUNTY_ZONE).date()
        path = self._folder / f"sms-{day.isoformat()}.csv"
        row = _line((_local_number(message.phone), message.text, message.message_id))
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(path) as descriptor:
                size = _end_of_last_line(descriptor)
                if size == 0:
                    row = "\ufeff".encode() + _line(HEADER) + row
                # A torn row was never acknowledged; its message comes again under the same id.
                os.ftruncate(descriptor, size)
                try:
                    _write_all(descriptor, row)
                except OSError:
                    os.ftruncate(descriptor, size)
                    raise
                try:
                    os.fsync(descriptor)
                except OSError as error:
                    return Ambiguous(f"短信文件未能确认写入磁盘（{error.strerror}）")
        except OSError as error:
            log.error("the SMS file could not be written: %s", error.strerror)
            return Throttled(RETRY_AFTER, "file", f"短信文件写入失败（{error.strerror}），请检查磁盘和权限")
        return Accepted(message.message_id, MessageState.SENT)

    def find(self, message: OutgoingMessage) -> Lookup:
        """Look for the message's id in every day's file."""
        ending = f",{message.message_id}".encode() + LINE_END
        try:
            for path in sorted(self._folder.glob("sms-*.csv"), reverse=True):
                with path.open("rb") as file:
                    if any(line.endswith(ending) for line in file):
                        state = MessageState.SENT
                        return Found((StatusReport(message.message_id, state.value, state),))
        except OSError as error:
            return LookupFailed(f"短信文件无法读取（{error.strerror}）")
        return NotFound()


def from_settings(settings: Settings, clock: Clock) -> CsvGateway:
    """Return the gateway whose files are below the instance's folder."""
    return CsvGateway(settings.instance / "sms", clock)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open the file for appending, as the only writer among all workers of this machine."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _end_of_last_line(descriptor: int) -> int:
    """Return the size in bytes up to the end of the last whole line."""
    size = os.fstat(descriptor).st_size
    # No row is longer than a message of eight segments and its id.
    start = max(0, size - 8192)
    tail = os.pread(descriptor, size - start, start)
    end = tail.rfind(LINE_END)
    if end < 0 and start > 0:
        raise OSError(errno.EILSEQ, "文件末尾不是完整的短信行")
    return start + end + len(LINE_END) if end >= 0 else 0


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _line(cells: tuple[str, ...]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells])
    return buffer.getvalue().encode()


def _local_number(phone: str) -> str:
    """Return the number as a mainland carrier's portal wants it: 11 digits."""
    return phone.removeprefix("+86")
